"""A command that says in one line why it cannot do its work on the site's data."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError

from campaign.embedded import lock


class DatabaseCommand(BaseCommand):
    #: Whether it mails or publishes: then it must have the settings of the site that is running.
    speaks_for_the_site = False

    def execute(self, *args: Any, **options: Any) -> str | None:
        names = " and ".join(lock.differing(settings.ENVIRONMENT))
        if self.speaks_for_the_site and names:
            raise CommandError(
                f"{names} not as the running site has it: mails and pages would be wrong. "
                "Give this command the same settings; in .env every command finds them."
            )
        try:
            return super().execute(*args, **options)
        except OperationalError as error:
            reason = " ".join(str(error).split())
            raise CommandError(f"the database does not answer: {reason}") from error
