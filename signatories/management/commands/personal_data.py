"""personal_data ADDRESS [--erase [--withdraw]]: what is held about an address, or its erasure."""

import json
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.core.serializers.json import DjangoJSONEncoder

from campaign.management.database_command import DatabaseCommand
from signatories.privacy import subject


class Command(DatabaseCommand):
    help = "Print, as JSON, all that is held about an e-mail address; --erase deletes it for good."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("address", help="the person's e-mail address")
        parser.add_argument("--erase", action="store_true", help="erase it; signatures stay")
        parser.add_argument(
            "--withdraw", action="store_true", help="with --erase: withdraw the signatures too"
        )

    def handle(self, *args: Any, address: str, erase: bool, withdraw: bool, **options: Any) -> None:
        if "@" not in address:
            raise CommandError("give an e-mail address, such as name@example.org")
        if withdraw and not erase:
            raise CommandError("--withdraw goes with --erase")
        if erase:
            count = subject.erase(address, withdraw=withdraw)
            self.stdout.write(f"erased: {count} rows" if count else "nothing to erase")
            return
        found = subject.held(address)
        told = json.dumps(found, cls=DjangoJSONEncoder, indent=2, ensure_ascii=False)
        self.stdout.write(told)
