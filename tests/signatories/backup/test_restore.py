"""A backup on its way into another, empty database."""

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client

from campaign.models import Letter, OutgoingMail, Publication
from signatories.backup.make import make
from signatories.editions import publisher
from signatories.editions.pdf import TypesettingError
from signatories.services import moderation
from tests.factories import StaffFactory
from tests.signatories.backup.elsewhere import Elsewhere, confirmed
from tests.signatories.editions.test_publisher import publish

pytestmark = pytest.mark.django_db(transaction=True)


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
