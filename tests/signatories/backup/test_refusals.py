"""What cannot be restored is said in one line, and leaves nothing."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from campaign.backup import sealing
from campaign.backup.archive import FORMAT, Writer, as_json
from campaign.models import Letter
from signatories.backup.make import make
from tests.signatories.backup.elsewhere import EMPTY, Elsewhere, files_in
from tests.site import eventually

pytestmark = pytest.mark.django_db(transaction=True)


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
