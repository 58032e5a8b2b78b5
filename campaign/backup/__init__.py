"""What backups are made of: sealed files, archives, PostgreSQL's dump, rotation."""


class BackupError(Exception):
    """A backup cannot be made or restored; the message is one line for the operator."""
