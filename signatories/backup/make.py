"""Making a backup: everything of one moment, into one sealed file."""

import contextlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import structlog
from django.conf import settings
from django.db.migrations.recorder import MigrationRecorder
from psycopg import sql

from campaign import VERSION
from campaign.backup import BackupError, postgres, sealing
from campaign.backup.archive import DUMP, FORMAT, HEAD, MANIFEST, Manifest, Writer, as_json
from signatories.backup import stores

log = structlog.get_logger(__name__)

KEYS = {"SECRET_KEY": "keys/secret-key", "TOKEN_KEY": "keys/token-key"}
#: The first administrator's, on one machine; without the file nobody could get in again.
PASSWORD_FILE = "admin-password"  # noqa: S105 - the name of a file


def _nothing() -> None:
    return


def make(
    path: Path,
    *,
    to: Sequence[str] = (),
    passphrase: str = "",
    beat: Callable[[], None] = _nothing,
) -> Manifest:
    """Write the whole site to `path`, encrypted; it appears there when all of it is on the disk.

    `beat` is called at least for every few megabytes. Raises BackupError; nothing is left then.
    """
    where = postgres.database()
    try:
        with (
            sealing.sealed(path, to=to, passphrase=passphrase) as stream,
            contextlib.closing(Writer(stream, beat)) as writer,
        ):
            manifest = _write(writer, where)
    except OSError as error:
        raise BackupError(f"{path} cannot be written: {error.strerror or error}.") from error
    except psycopg.Error as error:
        raise BackupError(f"the database failed: {' '.join(str(error).split())}") from error
    log.info("backup.made", file=path.name, size=path.stat().st_size)
    return manifest


def _write(writer: Writer, where: postgres.Database) -> Manifest:
    # Before the snapshot: an edition is stored before it is shown, so what is shown by now is in
    # the snapshot. Private files after it: those that its rows refer to are all there by then.
    places = stores.place_manifests()
    manifests = list(stores.manifest_files())
    with postgres.snapshot(where) as (opened, name):
        made_at = datetime.now(UTC)
        writer.add(HEAD, as_json({"format": FORMAT, "software": VERSION}))
        del writer.members[HEAD]  # read before there are digests to compare with
        for key, member in KEYS.items():
            writer.add(member, f"{getattr(settings, key)}\n".encode())
        password = Path(settings.DATA_DIR) / PASSWORD_FILE
        if password.is_file():
            writer.add_file(PASSWORD_FILE, password)
        for file in [*manifests, *stores.private_files()]:
            with contextlib.suppress(FileNotFoundError):  # purged meanwhile
                writer.add_file(file.name, file.path)
        server = postgres.server_version(opened)
        client = postgres.check_client("pg_dump", server)
        with postgres.dump(where, name) as dumped:
            writer.add_parts(DUMP, dumped)
        manifest = Manifest(
            format=FORMAT,
            software=VERSION,
            made_at=made_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            server=server,
            client=client,
            migrations=_migrations(opened),
            tables=postgres.counts(opened),
            places=[place for place in places if place["head"]],
            members=writer.members,
        )
    writer.add(MANIFEST, as_json(manifest))
    return manifest


def _migrations(opened: psycopg.Connection[Any]) -> list[str]:
    table = sql.Identifier(MigrationRecorder.Migration._meta.db_table)
    query = sql.SQL("SELECT app || '.' || name FROM {} ORDER BY 1").format(table)
    return [name for (name,) in opened.execute(query).fetchall()]
