"""A backup of one moment, and its way into another, empty database of the same server."""

import io
import json
import os
import subprocess
import sys
import tarfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pyrage
import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from psycopg import sql

from campaign.backup import BackupError, postgres, sealing
from campaign.backup.archive import FORMAT, Writer, as_json
from campaign.models import Letter, OutgoingMail, Publication
from signatories.backup.make import make
from signatories.editions import publisher
from signatories.editions.pdf import TypesettingError
from signatories.services import moderation
from tests.factories import StaffFactory
from tests.signatories.editions.test_publisher import publish
from tests.signatories.test_signing import confirm, sign
from tests.site import eventually

pytestmark = pytest.mark.django_db(transaction=True)
EMPTY = "restored"


@pytest.fixture
def key(tmp_path: Path) -> tuple[Path, str]:
    identity = pyrage.x25519.Identity.generate()
    path = tmp_path / "key.txt"
    path.write_text(f"{identity}\n")
    return path, str(identity.to_public())


@pytest.fixture
def signed(listed: Letter) -> Letter:
    """A public letter with an edition, and a sign-on of each kind."""
    approved, withdrawn = (confirmed(listed, name) for name in ("Quiet Skies", "Loud Bells"))
    moderation.approve(sign_on=approved)
    publish()
    moderation.approve(sign_on=withdrawn)
    publish()
    moderation.withdraw(sign_on=withdrawn)
    sign(listed, "Waiting Body")
    publish()
    evidence = Path(settings.PRIVATE_DIR) / "evidence" / "1" / "letter.pdf"
    evidence.parent.mkdir(parents=True)
    evidence.write_bytes(b"%PDF of the director's yes")
    return listed


def confirmed(letter: Letter, name: str) -> Any:
    sign_on = sign(letter, name)
    confirm(sign_on)
    return sign_on


@dataclass
class Elsewhere:
    """A second, empty database with a DATA_DIR of its own, and the commands there."""

    data_dir: Path
    parameters: dict[str, str]
    environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        place = "&".join(f"{key}={self.parameters[key]}" for key in ("host", "user"))
        self.environment = {
            **os.environ,
            "DATA_DIR": str(self.data_dir),
            "DATABASE_URL": f"postgres:///{EMPTY}?{place}",
            "EDITIONS_URL": "",
            "PRIVATE_FILES_URL": "",
        }

    def restore(self, path: Path, key: Path, *words: str, **environment: str) -> Any:
        return subprocess.run(
            [sys.executable, "manage.py", "restore", path, "--identity", key, *words],
            cwd=settings.BASE_DIR,
            env={**self.environment, **environment},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def refusal(self, path: Path, key: Path, **environment: str) -> str:
        """The one line that it ends with; nothing is there then."""
        result = self.restore(path, key, **environment)
        assert result.returncode == 1
        lines = result.stderr.strip().splitlines()
        assert len(lines) == 1, result.stderr
        assert result.stdout == ""
        return str(lines[0])

    def query(self, statement: str) -> list[Any]:
        with self.connect() as opened:
            return opened.execute(statement).fetchall() if statement else []

    def connect(self) -> psycopg.Connection[Any]:
        return psycopg.connect(**{**self.parameters, "dbname": EMPTY})

    def tables(self) -> list[tuple[str, str]]:
        with self.connect() as opened:
            return postgres.tables(opened)


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Elsewhere]:
    parameters = postgres.database().parameters
    maintenance = {**parameters, "dbname": "postgres"}
    name = sql.Identifier(EMPTY)
    with psycopg.connect(**maintenance, autocommit=True) as opened:
        opened.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(name))
        opened.execute(sql.SQL("CREATE DATABASE {}").format(name))
    yield Elsewhere(tmp_path / "elsewhere", parameters)
    with psycopg.connect(**maintenance, autocommit=True) as opened:
        opened.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


def files_in(path: Path, key: Path) -> dict[str, bytes]:
    """Everything that a backup holds, as the ordinary tools would unpack it."""
    with sealing.opened(path, identity=key) as stream:
        content = stream.read()
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        return {info.name: tar.extractfile(info).read() for info in tar}  # type: ignore[union-attr]


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


def test_restored_elsewhere_everything_agrees(
    signed: Letter, key: tuple[Path, str], tmp_path: Path, elsewhere: Elsewhere
) -> None:
    make(tmp_path / "a.age", to=[key[1]])
    result = elsewhere.restore(tmp_path / "a.age", key[0])
    assert result.returncode == 0, result.stderr + result.stdout
    assert "DIFFERS" not in result.stdout
    assert "letters/ours: edition 3, 8 files, digest by digest" in result.stdout

    here, there = Path(settings.EDITIONS_DIR), elsewhere.data_dir / "editions"
    for place in ("letters/ours", "site"):
        shown = {p.name: p.read_bytes() for p in (here / place).iterdir() if p.is_file()}
        assert {p.name: p.read_bytes() for p in (there / place).iterdir() if p.is_file()} == shown
    private = elsewhere.data_dir / "private"
    assert (private / "evidence/1/letter.pdf").read_bytes() == b"%PDF of the director's yes"
    assert (private / "evidence/1/letter.pdf").stat().st_mode & 0o077 == 0
    statuses = "SELECT listed_name, status FROM signatories_signon ORDER BY 1"
    with connection.cursor() as cursor:
        cursor.execute(statuses)
        assert elsewhere.query(statuses) == cursor.fetchall()


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


def test_a_backup_made_before_the_pdf_was_there_is_completed(
    listed: Letter,
    key: tuple[Path, str],
    tmp_path: Path,
    elsewhere: Elsewhere,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object) -> None:
        raise TypesettingError("not yet")

    monkeypatch.setattr(publisher, "typeset", fail)
    publisher.run(overdue=timedelta(0))
    make(tmp_path / "a.age", to=[key[1]])
    result = elsewhere.restore(tmp_path / "a.age", key[0])
    assert result.returncode == 0, result.stderr + result.stdout
    place = elsewhere.data_dir / "editions" / "letters" / "ours"
    assert json.loads((place / "manifest.json").read_text())["complete"]
    assert (place / "letter.pdf").read_bytes().startswith(b"%PDF")


def test_a_restored_site_holds_nobody_signed_in_and_no_lease(
    signed: Letter, key: tuple[Path, str], tmp_path: Path, elsewhere: Elsewhere
) -> None:
    Client().force_login(StaffFactory())
    Publication.objects.update(lease_owner="somebody", lease_expires_at="2099-01-01T00:00Z")
    assert Session.objects.exists()
    make(tmp_path / "a.age", to=[key[1]])
    assert elsewhere.restore(tmp_path / "a.age", key[0]).returncode == 0
    assert elsewhere.query("SELECT count(*) FROM django_session") == [(0,)]
    leases = "SELECT count(*) FROM campaign_publication WHERE lease_owner <> ''"
    assert elsewhere.query(leases) == [(0,)]
    assert User.objects.count() == elsewhere.query("SELECT count(*) FROM auth_user")[0][0]


def test_mails_that_were_queued_stay_queued_with_their_message_ids(
    signed: Letter, key: tuple[Path, str], tmp_path: Path, elsewhere: Elsewhere
) -> None:
    make(tmp_path / "a.age", to=[key[1]])
    result = elsewhere.restore(tmp_path / "a.age", key[0])
    ids = sorted(OutgoingMail.objects.filter(state="queued").values_list("message_id", flat=True))
    assert ids
    assert f"{len(ids)} mails were queued" in result.stdout
    queued = "SELECT message_id FROM campaign_outgoingmail WHERE state = 'queued'"
    assert sorted(id_ for (id_,) in elsewhere.query(queued)) == ids


def test_a_database_that_is_not_empty_is_refused_and_left_alone(
    signed: Letter, key: tuple[Path, str], tmp_path: Path, elsewhere: Elsewhere
) -> None:
    make(tmp_path / "a.age", to=[key[1]])
    elsewhere.query("")
    with elsewhere.connect() as opened:
        opened.execute("CREATE TABLE theirs AS SELECT 42 AS answer")
    assert "is not empty: it has 1 tables, such as theirs" in elsewhere.refusal(
        tmp_path / "a.age", key[0]
    )
    assert elsewhere.query("SELECT answer FROM theirs") == [(42,)]


def test_another_token_key_in_the_environment_is_refused_with_what_to_do(
    signed: Letter, key: tuple[Path, str], tmp_path: Path, elsewhere: Elsewhere
) -> None:
    make(tmp_path / "a.age", to=[key[1]])
    line = elsewhere.refusal(tmp_path / "a.age", key[0], TOKEN_KEY="another " * 6)
    assert "TOKEN_KEY is set to another value than the site had" in line
    assert elsewhere.tables() == []
    printed = elsewhere.restore(tmp_path / "a.age", key[0], "--keys", TOKEN_KEY="another " * 6)
    assert f"TOKEN_KEY={settings.TOKEN_KEY}\n" in printed.stdout
    assert elsewhere.tables() == []


def test_keys_go_to_the_data_directory_unless_the_environment_has_them(
    signed: Letter, key: tuple[Path, str], tmp_path: Path, elsewhere: Elsewhere
) -> None:
    make(tmp_path / "a.age", to=[key[1]])
    keys = elsewhere.data_dir / "keys"
    keys.mkdir(parents=True)
    (keys / "secret-key").write_text("a key that somebody has put here before, in advance")
    result = elsewhere.restore(tmp_path / "a.age", key[0], SECRET_KEY="", TOKEN_KEY="")
    assert result.returncode == 0, result.stderr
    assert (keys / "token-key").read_text().strip() == settings.TOKEN_KEY
    assert (keys / "secret-key").read_text().strip() == settings.SECRET_KEY
    # What this restore made itself is gone; what was there before is not.
    assert [path.name for path in keys.glob("*.before-restore")] == ["secret-key.before-restore"]
    assert all(path.stat().st_mode & 0o077 == 0 for path in keys.glob("*-key"))


def test_a_truncated_file_leaves_everything_empty(
    signed: Letter, key: tuple[Path, str], tmp_path: Path, elsewhere: Elsewhere
) -> None:
    make(tmp_path / "a.age", to=[key[1]])
    os.truncate(tmp_path / "a.age", (tmp_path / "a.age").stat().st_size - 1)
    assert "is damaged, or not whole" in elsewhere.refusal(tmp_path / "a.age", key[0])
    assert elsewhere.tables() == []


def test_a_restore_that_fails_on_its_way_leaves_nothing_and_can_be_repeated(
    signed: Letter, key: tuple[Path, str], tmp_path: Path, elsewhere: Elsewhere
) -> None:
    make(tmp_path / "a.age", to=[key[1]])
    # Where the editions should go stands a file: found out after the database was loaded.
    elsewhere.data_dir.mkdir()
    blocked = elsewhere.data_dir / "editions"
    blocked.write_text("in the way")
    assert str(blocked) in elsewhere.refusal(tmp_path / "a.age", key[0])
    assert elsewhere.tables() == []
    assert not [path for path in (elsewhere.data_dir / "private").rglob("*") if path.is_file()]
    blocked.unlink()
    result = elsewhere.restore(tmp_path / "a.age", key[0])
    assert result.returncode == 0, result.stderr


def test_a_restore_that_is_killed_while_it_loads_leaves_nothing(
    signed: Letter, key: tuple[Path, str], tmp_path: Path, elsewhere: Elsewhere
) -> None:
    make(tmp_path / "a.age", to=[key[1]])
    dump = tmp_path / "dump"
    dump.write_bytes(files_in(tmp_path / "a.age", key[0])["database/00001"])
    script = (
        "import os, signal, sys, time, django; django.setup()\n"
        "from pathlib import Path; from campaign.backup import postgres\n"
        "content = Path(sys.argv[1]).read_bytes()\n"
        "with postgres.loading(postgres.database()) as loader:\n"
        "    loader.write(content[: -len(content) // 4]); loader.flush()\n"
        "    print('written', flush=True); time.sleep(60)\n"
    )
    environment = {**elsewhere.environment, "DJANGO_SETTINGS_MODULE": "campaign.settings"}
    with subprocess.Popen(
        [sys.executable, "-c", script, dump],
        cwd=settings.BASE_DIR,
        env=environment,
        stdout=subprocess.PIPE,
    ) as loading:
        assert loading.stdout
        assert loading.stdout.readline() == b"written\n"
        session = (
            f"SELECT 1 FROM pg_stat_activity WHERE datname = '{EMPTY}' AND pid <> pg_backend_pid()"
        )
        eventually("psql is at it", lambda: elsewhere.query(session))
        loading.kill()
    eventually("psql is gone", lambda: not elsewhere.query(session))
    assert elsewhere.tables() == []


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
            eventually("pg_dump", lambda: _children(backup.pid, "pg_dump"))
            backup.kill()
    left = [path for path in tmp_path.rglob("*") if path.is_file() and path != key[0]]
    assert not [path for path in left if settings.TOKEN_KEY.encode() in path.read_bytes()]
    assert (tmp_path / "a.age.part").stat().st_mode & 0o077 == 0
    # What is left does not hinder the next one.
    make(tmp_path / "a.age", to=[key[1]])
    assert not (tmp_path / "a.age.part").exists()


def url_of_the_test_database(more: str = "") -> str:
    parameters = postgres.database().parameters
    place = "&".join(f"{name}={parameters[name]}" for name in ("host", "user"))
    return f"postgres:///{parameters['dbname']}?{place}{more}"


def changed(path: Path, key: tuple[Path, str], to: Path, **files: bytes) -> Path:
    """A backup with some of its members replaced, sealed anew as anybody could."""
    members = {**files_in(path, key[0]), **files}
    with sealing.sealed(to, to=[key[1]]) as stream:
        writer = Writer(stream, lambda: None)
        for name, content in members.items():
            writer.add(name, content)
        writer.close()
    return to


def test_a_newer_format_names_the_version_that_it_needs(
    signed: Letter, key: tuple[Path, str], tmp_path: Path, elsewhere: Elsewhere
) -> None:
    make(tmp_path / "a.age", to=[key[1]])
    head = as_json({"format": FORMAT + 1, "software": "9.9"})
    newer = changed(tmp_path / "a.age", key, tmp_path / "b.age", **{"format.json": head})
    line = elsewhere.refusal(newer, key[0])
    assert f"has format {FORMAT + 1}, of Undersigned 9.9" in line


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"migrations": ["campaign.0099_later"]}, "does not know (campaign.0099_later)"),
        ({"server": 99}, "the backup is of PostgreSQL 99"),
        ({"client": 99}, "was made by pg_dump 99"),
        ({"members": {}}, "its parts are not those that its manifest names"),
    ],
)
def test_what_this_place_cannot_take_is_said_in_one_line(
    signed: Letter,
    key: tuple[Path, str],
    tmp_path: Path,
    elsewhere: Elsewhere,
    change: dict[str, Any],
    says: str,
) -> None:
    make(tmp_path / "a.age", to=[key[1]])
    manifest = json.loads(files_in(tmp_path / "a.age", key[0])["manifest.json"])
    told = as_json({**manifest, **change})
    other = changed(tmp_path / "a.age", key, tmp_path / "b.age", **{"manifest.json": told})
    assert says in elsewhere.refusal(other, key[0])
    assert elsewhere.tables() == []


def test_rows_that_are_missing_are_told_and_the_exit_status_says_so(
    signed: Letter, key: tuple[Path, str], tmp_path: Path, elsewhere: Elsewhere
) -> None:
    make(tmp_path / "a.age", to=[key[1]])
    manifest = json.loads(files_in(tmp_path / "a.age", key[0])["manifest.json"])
    manifest["tables"]["public.signatories_signon"] += 1
    told = {"manifest.json": as_json(manifest)}
    other = changed(tmp_path / "a.age", key, tmp_path / "b.age", **told)
    result = elsewhere.restore(other, key[0])
    assert result.returncode == 1
    assert "public.signatories_signon 5 for 6" in result.stderr
    assert "DIFFERS" in result.stdout


def test_a_member_that_leads_out_of_its_place_is_refused(
    signed: Letter, key: tuple[Path, str], tmp_path: Path, elsewhere: Elsewhere
) -> None:
    make(tmp_path / "a.age", to=[key[1]])
    evil = {"private/../../../evil": b"x"}
    other = changed(tmp_path / "a.age", key, tmp_path / "b.age", **evil)
    assert "holds what no backup holds" in elsewhere.refusal(other, key[0])
    assert not list(tmp_path.parent.rglob("evil"))


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
            dumping = eventually("pg_dump", lambda: _children(command.pid, "pg_dump"))
            for process in [psutil.Process(command.pid), *dumping]:
                assert "open-sesame" not in " ".join(process.cmdline())
        finally:
            command.kill()
            command.wait()
    assert not (tmp_path / "a.age").exists()


def _children(pid: int, name: str) -> list[psutil.Process]:
    return [p for p in psutil.Process(pid).children(recursive=True) if name in p.name()]


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


def test_what_is_ahead_in_a_surviving_store_is_kept_and_numbered_above(
    signed: Letter, key: tuple[Path, str], tmp_path: Path, elsewhere: Elsewhere
) -> None:
    make(tmp_path / "a.age", to=[key[1]])
    late = confirmed(signed, "Late Comers")
    moderation.approve(sign_on=late)
    publish()
    # The database is lost, the public files are not.
    stores = {
        "EDITIONS_URL": f"file://{settings.EDITIONS_DIR}",
        "PRIVATE_FILES_URL": f"file://{settings.PRIVATE_DIR}",
    }
    result = elsewhere.restore(tmp_path / "a.age", key[0], **stores)
    assert result.returncode == 0, result.stderr + result.stdout
    assert "letters/ours: numbers 4 were published and are not in the database" in result.stdout
    assert "the next edition is 5 or later" in result.stdout
    kept = next((elsewhere.data_dir / "backups" / "public-before-restore").glob("*/letters-ours"))
    assert "Late Comers" in (kept / "signatories.csv").read_text()
    # Readers keep what they saw, until the next edition.
    assert publisher.place_of(signed, public=True).head == 4
    subprocess.run(
        [sys.executable, "manage.py", "publish", "ours"],
        cwd=settings.BASE_DIR,
        env={**elsewhere.environment, **stores, "DATA_DIR": str(settings.DATA_DIR)},
        check=True,
        capture_output=True,
    )
    page = json.loads((Path(settings.EDITIONS_DIR) / "letters/ours/signatories.json").read_text())
    assert page["letter"]["edition"] == 5
    assert "Late Comers" not in str(page)
