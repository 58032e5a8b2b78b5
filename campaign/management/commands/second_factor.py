"""second_factor USERNAME [--remove]: whether somebody has a second factor; or take it away."""

from typing import Any

import pghistory
from django.contrib.auth.models import User
from django.core.management.base import CommandError, CommandParser

from campaign.management.database_command import DatabaseCommand
from campaign.people import second_factor


class Command(DatabaseCommand):
    help = "Say whether a person has a second factor; --remove takes it away when all is lost."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username", help="the name that the person signs in with")
        parser.add_argument(
            "--remove", action="store_true", help="remove the app and the recovery codes"
        )

    def handle(self, *args: Any, username: str, remove: bool, **options: Any) -> None:
        account = User.objects.filter(username=username).first()
        if account is None:
            raise CommandError(f"there is no account {username!r}")
        if not remove:
            has = second_factor.has(account)
            self.stdout.write(f"{username} has {'a' if has else 'no'} second factor")
            return
        with pghistory.context(action="second_factor"):
            removed = second_factor.remove(account=account)
        if not removed:
            raise CommandError(f"{username} has no second factor")
        self.stdout.write(f"removed: {username} signs in with the password, and can set up another")
