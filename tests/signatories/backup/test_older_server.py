"""The oldest server that is supported: our newer pg_dump and pg_restore serve it too."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pyrage
import pytest
from django.conf import settings

from campaign.backup.postgres import version_of
from campaign.embedded.identity import Identity, launched, reaching
from campaign.embedded.process import Running, Service

pytestmark = pytest.mark.processes
NOBODY = 65534


def older_programs() -> Path | None:
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/postgres")]
    older = [path for path in found if 15 <= version_of(str(path / "postgres")) < 17]
    return min(older, default=None)


@pytest.fixture
def older() -> Iterator[Path]:
    """The directory of the socket of a PostgreSQL before 17, with two empty databases."""
    programs = older_programs()
    if programs is None:
        pytest.skip("no PostgreSQL 15 or 16 is installed here")
    place = Path(tempfile.mkdtemp(prefix="undersigned-older-"))
    identity: Identity | None = None
    if os.geteuid() == 0:
        identity = reaching(NOBODY, place, programs)
        os.chown(place, NOBODY, NOBODY)
    data = place / "data"
    make = [str(programs / "initdb"), "-D", str(data), "-U", "site", "--auth=trust", "-E", "UTF8"]
    subprocess.run(
        launched([*make, "--locale=C"], identity=identity), check=True, capture_output=True
    )
    logs = Path(tempfile.mkdtemp(prefix="undersigned-older-log-"))
    words = ["-D", str(data), "-c", "listen_addresses=", "-k", str(place), "-c", "fsync=off"]
    server = Running(
        Service(
            name="older",
            command=[str(programs / "postgres"), *words],
            ready=lambda: answers(place),
            identity=identity,
        ),
        logs,
    )
    try:
        server.wait_ready()
        with connect(place, "postgres") as opened:
            for name in ("lost", "found"):
                opened.execute(f"CREATE DATABASE {name}")
        yield place
    finally:
        server.stop()
        for directory in (place, logs):
            shutil.rmtree(directory)


def connect(place: Path, name: str) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(host=str(place), user="site", dbname=name, autocommit=True)


def answers(place: Path) -> bool:
    try:
        connect(place, "postgres").close()
    except psycopg.OperationalError:
        return False
    return True


def manage(place: Path, name: str, data_dir: Path, *words: str) -> str:
    return subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=settings.BASE_DIR,
        env={
            **os.environ,
            "DATABASE_URL": f"postgres:///{name}?host={place}&user=site",
            "DATA_DIR": str(data_dir),
        },
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    ).stdout


def test_a_site_on_an_older_server_is_backed_up_and_restored_there(
    older: Path, tmp_path: Path
) -> None:
    identity = pyrage.x25519.Identity.generate()
    key, file = tmp_path / "key", str(tmp_path / "site.age")
    key.write_text(str(identity))
    manage(older, "lost", tmp_path / "lost", "migrate", "--verbosity=0")
    sample = ("sample/letter.md", "--signatories", "sample/signatories.csv", "--open")
    manage(older, "lost", tmp_path / "lost", "load_letter", *sample)
    to = str(identity.to_public())
    manage(older, "lost", tmp_path / "lost", "backup", file, "--to", to)
    report = manage(older, "found", tmp_path / "found", "restore", file, "--identity", str(key))
    assert "DIFFERS" not in report
    with connect(older, "found") as opened:
        count = opened.execute("SELECT count(*) FROM signatories_signon").fetchone()
    assert count == (36,)
