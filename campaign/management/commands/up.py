"""up: everything on one machine, until Ctrl-C."""

import contextlib
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from campaign.redaction import redact


class Command(BaseCommand):
    help = "Run everything on this machine: servers, web, worker, scheduler. Ctrl-C stops it all."
    # They would cost a second at each start; `make lint` and the tests run them.
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            from campaign.embedded import up
            from campaign.embedded.errors import CannotStartError
        except ModuleNotFoundError as error:
            sys.exit(
                f"Undersigned cannot start: the package {error.name} is not installed. "
                "Install requirements/embedded.txt."
            )
        try:
            up.run(settings.ENVIRONMENT, self._say)
        except CannotStartError as error:
            sys.exit(redact(f"Undersigned cannot start: {error}"))

    def _say(self, line: str) -> None:
        # A full disk under the file that this goes to must not end the site.
        with contextlib.suppress(OSError):
            self.stdout.write(redact(line))
            self.stdout.flush()
