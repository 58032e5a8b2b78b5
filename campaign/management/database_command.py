"""A command that says in one line that the database cannot be reached."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError


class DatabaseCommand(BaseCommand):
    def execute(self, *args: Any, **options: Any) -> str | None:
        try:
            return super().execute(*args, **options)
        except OperationalError as error:
            reason = " ".join(str(error).split())
            raise CommandError(f"the database does not answer: {reason}") from error
