"""A backup of one moment: what is in it, and what cannot be seen of it."""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import psutil
import psycopg
import pytest
from django.conf import settings
from django.db import connection

from campaign.backup import BackupError, postgres
from campaign.models import Letter, OutgoingMail
from signatories.backup.make import make
from tests.signatories.backup.elsewhere import Elsewhere, files_in, url_of_the_test_database
from tests.signatories.test_signing import sign
from tests.site import eventually

pytestmark = pytest.mark.django_db(transaction=True)


def test_it_holds_database_keys_private_files_and_manifests(
    signed: Letter, key: tuple[Path, str], tmp_path: Path
) -> None:
    make(tmp_path / "a.age", to=[key[1]])
    files = files_in(tmp_path / "a.age", key[0])
    assert next(iter(files)) == "format.json"
    assert list(files)[-1] == "manifest.json"
    assert files["keys/token-key"].decode().strip() == settings.TOKEN_KEY
    assert files["private/evidence/1/letter.pdf"] == b"%PDF of the director's yes"
    assert files["database/00001"].startswith(b"PGDMP")
    numbers = {f"editions/.versions/letters/ours/.manifests/{number}.json" for number in (1, 2, 3)}
    assert numbers <= set(files)
    assert not [name for name in files if name.endswith("index.html")]


def test_its_manifest_says_what_is_in_it(
    signed: Letter, key: tuple[Path, str], tmp_path: Path
) -> None:
    make(tmp_path / "a.age", to=[key[1]])
    manifest = json.loads(files_in(tmp_path / "a.age", key[0])["manifest.json"])
    assert manifest["tables"]["public.signatories_signon"] == 5
    ours = next(place for place in manifest["places"] if place["place"] == "letters/ours")
    assert ours["head"] == 3
    assert ours["current"]["edition"] == 3
    assert set(ours["current"]["files"]) >= {"index.html", "letter.pdf", "signatories.json"}


def test_it_is_of_one_moment_while_the_site_goes_on(
    signed: Letter, key: tuple[Path, str], tmp_path: Path, elsewhere: Elsewhere
) -> None:
    stopped = threading.Event()

    def go_on() -> None:
        number = 0
        while not stopped.is_set():
            number += 1
            sign(signed, f"Body number {number}")
        connection.close()

    signing = threading.Thread(target=go_on)
    signing.start()
    try:
        eventually("sign-ons", lambda: OutgoingMail.objects.count() > 20)
        make(tmp_path / "a.age", to=[key[1]])
    finally:
        stopped.set()
        signing.join()
    result = elsewhere.restore(tmp_path / "a.age", key[0])
    assert result.returncode == 0, result.stderr + result.stdout
    assert elsewhere.query(
        "SELECT count(*) FROM signatories_signon s LEFT JOIN signatories_contact c "
        "ON c.sign_on_id = s.id WHERE s.source = 'form' AND c.id IS NULL"
    ) == [(0,)]


def test_a_backup_that_is_killed_leaves_nothing_in_plain(
    signed: Letter, key: tuple[Path, str], tmp_path: Path
) -> None:
    private = tmp_path / "var"
    command = [sys.executable, "manage.py", "backup", tmp_path / "a.age", "--to", key[1]]
    with psycopg.connect(**postgres.database().parameters) as opened:
        # pg_dump waits for this table: the rest of the archive is written already.
        opened.execute("LOCK TABLE signatories_contact IN ACCESS EXCLUSIVE MODE")
        environment = {**os.environ, "DATABASE_URL": url_of_the_test_database()}
        environment |= {"TMPDIR": str(tmp_path), "PRIVATE_FILES_URL": f"file://{private}"}
        with subprocess.Popen(command, cwd=settings.BASE_DIR, env=environment) as backup:
            eventually("pg_dump", lambda: _dumps_of(backup.pid))
            backup.kill()
    left = [path for path in tmp_path.rglob("*") if path.is_file() and path != key[0]]
    assert not [path for path in left if settings.TOKEN_KEY.encode() in path.read_bytes()]
    assert (tmp_path / "a.age.part").stat().st_mode & 0o077 == 0
    # What is left does not hinder the next one.
    make(tmp_path / "a.age", to=[key[1]])
    assert not (tmp_path / "a.age.part").exists()


def test_an_older_client_than_the_server_is_said_in_one_line(
    signed: Letter, key: tuple[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "version_of", lambda path: 14)
    with pytest.raises(BackupError, match=r"pg_dump is of version 14, and the server of version"):
        make(tmp_path / "a.age", to=[key[1]])
    assert not list(tmp_path.glob("a.age*"))


def test_the_password_of_the_database_is_on_no_command_line(
    signed: Letter, key: tuple[Path, str], tmp_path: Path
) -> None:
    url = url_of_the_test_database("&password=open-sesame")
    with psycopg.connect(**postgres.database().parameters) as opened:
        # pg_dump waits for this table, so that it can be looked at.
        opened.execute("LOCK TABLE signatories_contact IN ACCESS EXCLUSIVE MODE")
        command = subprocess.Popen(
            [sys.executable, "manage.py", "backup", tmp_path / "a.age", "--to", key[1]],
            cwd=settings.BASE_DIR,
            env={**os.environ, "DATABASE_URL": url, "BACKUP_DATABASE_URL": url},
            stderr=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        try:
            dumping = eventually("pg_dump", lambda: _dumps_of(command.pid))
            for process in [psutil.Process(command.pid), *dumping]:
                assert "open-sesame" not in " ".join(process.cmdline())
        finally:
            command.kill()
            command.wait()
    assert not (tmp_path / "a.age").exists()


def _dumps_of(pid: int) -> list[psutil.Process]:
    """Not the pg_dump that is only asked for its version."""
    children = psutil.Process(pid).children(recursive=True)
    return [child for child in children if "--format=custom" in child.cmdline()]


def test_behind_a_pooler_another_address_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    pooled = replace(settings.ENVIRONMENT, behind_pooler=True)
    monkeypatch.setattr(settings, "ENVIRONMENT", pooled)
    with pytest.raises(BackupError, match="set BACKUP_DATABASE_URL to PostgreSQL itself"):
        postgres.database()
    direct = replace(pooled, backup_database_url="postgres://me:secret@db/site")
    monkeypatch.setattr(settings, "ENVIRONMENT", direct)
    where = postgres.database()
    assert (where.parameters["host"], where.password) == ("db", "secret")
    assert "secret" not in where.conninfo
