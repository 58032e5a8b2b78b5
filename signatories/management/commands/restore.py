"""restore FILE (--identity FILE | --passphrase-file FILE): a site from a backup, and a check."""

import contextlib
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser

from campaign.backup import BackupError, sealing
from campaign.management.database_command import DatabaseCommand
from signatories.backup import keys
from signatories.backup.restore import Source, restore


class Command(DatabaseCommand):
    help = "Restore a backup into an empty database, and check it. Nothing else may be running."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="a file that backup wrote")
        how = parser.add_mutually_exclusive_group(required=True)
        how.add_argument("--identity", type=Path, help="the private key, of age-keygen or ssh")
        how.add_argument(
            "--passphrase-file", type=Path, help="a file whose first line is the passphrase"
        )
        parser.add_argument(
            "--keys",
            action="store_true",
            help="only print SECRET_KEY and TOKEN_KEY, as they stand in .env",
        )

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        secret, identity = options["passphrase_file"], options["identity"]
        try:
            passphrase = sealing.passphrase_in(secret) if secret else ""
            source = Source(file, identity=identity, passphrase=passphrase)
            manifest, kept = source.read()
            if options["keys"]:
                self.stdout.write("\n".join(keys.lines(kept)))
                return
            with _database():
                report = restore(source, manifest, kept)
        except BackupError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"Restored {file}, made {manifest['made_at']} by Undersigned {manifest['software']}."
        )
        self.stdout.write("\n".join(report.lines()))
        if report.differs:
            raise CommandError(
                "the restored site does not agree with the backup: " + report.differs[0]
            )
        self.stdout.write("All that can be checked agrees.")


@contextlib.contextmanager
def _database() -> Any:
    """The database; the embedded one runs for as long as it is needed, alone."""
    if not settings.ENVIRONMENT.embedded_postgres:
        yield
        return
    from campaign.embedded import alone
    from campaign.embedded.errors import CannotStartError

    try:
        with alone.database(settings.ENVIRONMENT):
            yield
    except CannotStartError as error:
        raise BackupError(str(error)) from error
