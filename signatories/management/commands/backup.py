"""backup FILE [--to KEY …] [--passphrase-file FILE]: the whole site in one encrypted file."""

import contextlib
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser

from campaign.backup import BackupError, postgres, sealing
from campaign.management.database_command import DatabaseCommand
from signatories.backup.make import make


class Command(DatabaseCommand):
    help = "Write database, private files and keys to one file that only a key can open (age)."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="a new file; it is never overwritten")
        parser.add_argument(
            "--to",
            action="append",
            default=[],
            metavar="KEY",
            help="a public key, age1… or ssh-ed25519 …; several can open it (else BACKUP_TO)",
        )
        parser.add_argument(
            "--passphrase-file",
            type=Path,
            help="a file whose first line is the passphrase (else BACKUP_PASSPHRASE_FILE)",
        )

    def handle(self, *args: Any, file: Path, to: list[str], **options: Any) -> None:
        passphrase_file = options["passphrase_file"]
        if not to and passphrase_file is None:
            to, passphrase_file = list(settings.BACKUP_TO), settings.BACKUP_PASSPHRASE_FILE
        try:
            passphrase = sealing.passphrase_in(passphrase_file) if passphrase_file else ""
            with _database():
                manifest = make(file, to=to, passphrase=passphrase)
        except BackupError as error:
            raise CommandError(str(error)) from error
        rows, size = sum(manifest["tables"].values()), file.stat().st_size
        self.stdout.write(
            f"{file}: {rows:,} rows, {len(manifest['places'])} places, {size:,} bytes"
        )


@contextlib.contextmanager
def _database() -> Any:
    """The database; the embedded one is started for as long as it is needed, if it is not there."""
    try:
        postgres.database().connect().close()
    except BackupError:
        if not settings.ENVIRONMENT.embedded_postgres:
            raise
        from campaign.embedded import alone
        from campaign.embedded.errors import CannotStartError

        try:
            with alone.database(settings.ENVIRONMENT):
                yield
        except CannotStartError as error:
            raise BackupError(str(error)) from error
    else:
        yield
