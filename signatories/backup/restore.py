"""Restoring into an empty place: all of it, or nothing."""

import contextlib
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import psycopg
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import DatabaseError, connections
from django.db.migrations.loader import MigrationLoader

from campaign.backup import BackupError, postgres, sealing
from campaign.backup.archive import DUMP, Manifest, members, verified
from campaign.models import Publication, ScheduledBackup
from signatories.backup import again, check, keys, stores


@dataclass(frozen=True)
class Source:
    """A sealed file, and what opens it."""

    path: Path
    identity: Path | None = None
    passphrase: str = ""

    def opened(self) -> contextlib.AbstractContextManager[IO[bytes]]:
        return sealing.opened(self.path, identity=self.identity, passphrase=self.passphrase)

    def read(self) -> tuple[Manifest, dict[str, bytes]]:
        """The manifest and the keys, once every byte has been checked. Raises BackupError."""
        with self.opened() as stream:
            return verified(stream, keys.wanted)


def restore(source: Source, manifest: Manifest, kept: dict[str, bytes]) -> check.Report:
    """Restore what `source.read()` has shown to be whole, and check it.

    Raises BackupError, with the database as empty as before, and the files as they were.
    """
    check_software(manifest)
    keys.check(kept)
    where = postgres.database()
    with where.connect() as opened:
        _check_database(opened, manifest)
    report = check.Report()
    ahead = check.ahead_of(manifest)
    survivors = check.keep_survivors(ahead)
    with contextlib.ExitStack() as undo:
        undo.callback(_clear, where)
        undo.callback(connections.close_all)
        made: list[Path] = []
        undo.callback(_remove, made)
        if survivors:
            undo.callback(shutil.rmtree, survivors)
        try:
            _load(source, where, made)
            with where.connect() as opened:
                check.check_rows(report, manifest, postgres.counts(opened))
            call_command("migrate", verbosity=0, interactive=False)
            _let_go()
            report.notes += again.publish_again()
            again.ask_for_all()
            check.check_files(report, manifest)
            check.check_editions(report, manifest)
            check.tell_gap(report, manifest, ahead, survivors)
            report.notes += keys.write(kept)
        except OSError as error:
            raise BackupError(f"{error.filename or 'a file'}: {error.strerror or error}") from error
        except (DatabaseError, psycopg.Error) as error:
            raise BackupError(f"the database failed: {' '.join(str(error).split())}") from error
        undo.pop_all()
    return report


def check_software(manifest: Manifest) -> None:
    """Raises BackupError for a database that is newer than this software knows."""
    known = MigrationLoader(None).disk_migrations
    ours = {app for app, _ in known}
    unknown = [
        name
        for name in manifest["migrations"]
        if name.partition(".")[0] in ours and tuple(name.split(".", 1)) not in known
    ]
    if unknown:
        raise BackupError(
            f"the backup is of Undersigned {manifest['software']} with tables that this version "
            f"does not know ({unknown[0]}): install that version or a newer one."
        )


def _check_database(opened: psycopg.Connection[Any], manifest: Manifest) -> None:
    found = postgres.tables(opened)
    if found:
        raise BackupError(
            f"the database {opened.info.dbname} is not empty: it has {len(found)} tables, such as "
            f"{found[0][1]}. Restore into a new database."
        )
    server = postgres.server_version(opened)
    if server < manifest["server"]:
        raise BackupError(
            f"the backup is of PostgreSQL {manifest['server']}, and the server is {server}: "
            "use one that is as new."
        )
    client = postgres.version_of(postgres.program("pg_restore"))
    if client < manifest["client"]:
        raise BackupError(
            f"the dump was made by pg_dump {manifest['client']}, and pg_restore is {client}: "
            f"install PostgreSQL's client {manifest['client']} or newer."
        )


def _load(source: Source, where: postgres.Database, made: list[Path]) -> None:
    """The database in one transaction, and each file that is not there already."""
    with source.opened() as stream, postgres.loading(where) as loader:
        for name, file in members(stream):
            if name.startswith(DUMP):
                shutil.copyfileobj(file, loader)
            elif target := stores.target_of(name):
                _place(target, file, made, private=name.startswith(f"{stores.PRIVATE}/"))


def _place(target: Path, file: IO[bytes], made: list[Path], *, private: bool) -> None:
    """Write one file where there is none; what is there survived, and is checked later."""
    if target.exists():
        return
    for directory in reversed([target.parent, *target.parent.parents]):
        if not directory.exists():
            directory.mkdir(mode=0o700 if private else 0o755)
            made.append(directory)
    target.touch(mode=0o600 if private else 0o644)
    made.append(target)
    with target.open("wb") as output:
        shutil.copyfileobj(file, output)


def _let_go() -> None:
    """Nobody holds what was held at the time of the backup, and nobody is signed in.

    A session that was ended since, because somebody left or a laptop was lost, must not live again.
    """
    Session.objects.all().delete()
    Publication.objects.update(lease_owner="", lease_expires_at=None)
    ScheduledBackup.objects.update(lease_owner="", lease_expires_at=None)


def _clear(where: postgres.Database) -> None:
    with where.connect() as opened:
        postgres.clear(opened)


def _remove(made: list[Path]) -> None:
    for path in reversed(made):
        with contextlib.suppress(OSError):
            path.rmdir() if path.is_dir() else path.unlink()
