"""What backups are made of: sealed files, archives, PostgreSQL's dump, rotation."""

from django.conf import settings

_NONE_IS_MADE = "No backup is made: set BACKUP_TO or BACKUP_PASSPHRASE_FILE (docs/operators.md)."


def backup_is_asked_for() -> bool:
    """Whether there is somebody to encrypt scheduled backups for."""
    return bool(settings.BACKUP_TO or settings.BACKUP_PASSPHRASE_FILE)


def missing() -> str:
    """What operators and staff are told where none is asked for; a trial needs none."""
    return "" if settings.ENVIRONMENT.loopback or backup_is_asked_for() else _NONE_IS_MADE


class BackupError(Exception):
    """A backup cannot be made or restored; the message is one line for the operator."""
