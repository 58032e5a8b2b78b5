"""Pointers: what the stores show is what the database says, or is asked for again."""

import json
import os
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django.fixtures import DjangoAssertNumQueries, Settings

from campaign import publication
from campaign.letters import make_unlisted
from campaign.models import Letter, Publication
from signatories.editions import pointers, publisher, tidy
from signatories.editions.pdf import TypesettingError
from signatories.models import Edition, SignOn
from signatories.services import moderation
from tests.factories import LetterFactory

NOW = timedelta(0)


@pytest.fixture
def place(listed: Letter, settings: Settings) -> Path:
    """Where the letter stands, published."""
    publisher.run(overdue=NOW)
    return Path(settings.EDITIONS_DIR) / "letters" / "ours"


def mended() -> int:
    """How many were asked for, and published; afterwards nothing is left to ask for."""
    count = pointers.compare()
    publisher.run(overdue=NOW)
    assert not [row.problem for row in Publication.objects.all() if row.problem]
    assert pointers.compare() == 0
    return count


def manifest(place: Path) -> dict[str, object]:
    document: dict[str, object] = json.loads((place / "manifest.json").read_text())
    return document


def test_what_is_as_it_should_be_is_not_asked_for(place: Path) -> None:
    assert pointers.compare() == 0


def test_a_link_that_is_gone_is_set_again(place: Path) -> None:
    place.unlink()
    assert mended() == 1
    assert manifest(place)["edition"] == 1


@pytest.mark.parametrize("name", ["index.html", "letter.pdf", "index.html.br", "manifest.json"])
def test_a_file_that_is_gone_or_was_cut_off_is_made_again(place: Path, name: str) -> None:
    whole = (place / name).read_bytes()
    (place / name).unlink()
    assert mended() == 1
    assert (place / name).read_bytes() == whole
    os.truncate(place / name, 5)
    assert mended() == 1
    assert (place / name).read_bytes() == whole
    assert manifest(place)["edition"] == 1
    assert Edition.objects.filter(letter__slug="ours").count() == 1


def test_what_replaces_a_damaged_file_has_an_etag_of_its_own(place: Path) -> None:
    before = (place / "index.html").stat().st_mtime
    os.truncate(place / "index.html", 5)
    (place / "manifest.json").unlink()
    mended()
    assert (place / "index.html").stat().st_mtime > before


def test_the_site_s_own_files_are_looked_at_too(place: Path) -> None:
    (place.parent.parent / "site" / "404.html").unlink()
    assert mended() == 1
    assert (place.parent.parent / "site" / "404.html").exists()


def test_a_link_to_an_older_edition_is_moved_on(place: Path) -> None:
    older = place.readlink()
    moderation.withdraw(sign_on=SignOn.objects.public()[0])
    publisher.run(overdue=NOW)
    place.unlink()
    place.symlink_to(older)
    assert mended() == 1
    assert manifest(place)["edition"] == 2


def test_a_store_that_is_ahead_of_a_restored_database_is_overtaken(place: Path) -> None:
    moderation.withdraw(sign_on=SignOn.objects.public()[0])
    publisher.run(overdue=NOW)
    Edition.objects.filter(letter__slug="ours", number=2).delete()
    assert mended() == 1
    assert manifest(place)["edition"] == 3


def test_a_number_that_the_store_gave_to_another_document_is_not_used_again(place: Path) -> None:
    """An older database comes back, and makes an edition of its own under the same number."""
    moderation.withdraw(sign_on=SignOn.objects.public()[0])
    publisher.run(overdue=NOW)
    versions = place.parent.parent / ".versions" / "letters" / "ours"
    shutil.copytree(versions / "2-complete", versions / "kept")
    kept = (versions / ".manifests" / "2.json").read_bytes()
    Edition.objects.filter(letter__slug="ours", number=2).delete()
    shutil.rmtree(versions / ".manifests")
    place.unlink()
    mended()
    (versions / ".manifests" / "2.json").write_bytes(
        kept.replace(b'"digest": "', b'"digest": "other')
    )
    assert mended() == 1
    assert manifest(place)["edition"] == 3


def test_an_unlisted_letter_that_stands_in_public_is_taken_away(
    place: Path, listed: Letter, tmp_path: Path
) -> None:
    letters = place.parent.parent / ".versions" / "letters"
    shutil.copytree(letters, tmp_path / "copy")
    link = place.readlink()
    make_unlisted(listed)
    publisher.run(overdue=NOW)
    assert not place.is_symlink()
    # The files of before come back, from a backup perhaps; what was retired is among them.
    shutil.copytree(tmp_path / "copy", letters, dirs_exist_ok=True)
    place.symlink_to(link)
    assert place.exists()
    assert mended() >= 1
    assert not place.is_symlink()
    assert not list(place.parent.rglob("signatories.json"))


def test_a_page_without_its_pdf_is_let_be_while_staff_know_why(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise TypesettingError("a glyph is missing")

    monkeypatch.setattr(publisher, "typeset", fail)
    moderation.withdraw(sign_on=SignOn.objects.public()[0])
    publisher.run(overdue=NOW)
    assert manifest(place)["complete"] is False
    assert pointers.compare() == 0
    monkeypatch.undo()
    Publication.objects.update(problem="")
    assert mended() == 1
    assert manifest(place)["complete"] is True


def test_what_is_behind_or_being_built_is_left_alone(place: Path, listed: Letter) -> None:
    place.unlink()
    publication.want(listed)
    assert pointers.compare() == 0
    row = Publication.objects.get(letter=listed)
    assert publication.take(row.pk, owner="a publisher")
    assert pointers.compare() == 0


def test_a_letter_that_was_never_asked_for_is_asked_for(place: Path) -> None:
    Publication.objects.filter(letter__isnull=False).delete()
    place.unlink()
    assert mended() == 1
    assert place.exists()


def test_an_edition_published_before_sizes_were_kept_is_let_be(place: Path) -> None:
    (place / ".sizes").unlink()
    assert pointers.compare() == 0
    (place / "text.md").unlink()
    assert mended() == 1
    assert (place / ".sizes").exists()


def test_a_link_that_belongs_to_no_letter_is_tidied_away(place: Path) -> None:
    stray = place.with_name("stray")
    stray.symlink_to(place.readlink())
    tidy.tidy()
    assert not stray.is_symlink()
    assert place.exists()


def test_looking_costs_the_same_for_one_letter_and_for_many(
    place: Path, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(2):
        assert pointers.compare() == 0
    for _ in range(5):
        LetterFactory(open=True, public=True)
    publisher.run(overdue=NOW)
    with django_assert_num_queries(2):
        assert pointers.compare() == 0


def test_a_lease_that_ends_later_than_any_could_is_from_another_time(listed: Letter) -> None:
    row = Publication.objects.get(letter=listed)
    assert publication.take(row.pk, owner="a publisher of tomorrow")
    assert row.pk not in publication.due()
    Publication.objects.update(lease_expires_at=timezone.now() + timedelta(days=1))
    assert row.pk in publication.due()
    assert publication.take(row.pk, owner="one of today")


def test_a_failure_that_is_yet_to_come_says_nothing(listed: Letter) -> None:
    row = Publication.objects.get(letter=listed)
    lease = publication.take(row.pk, owner="a publisher")
    assert lease
    publication.failed(lease, problem="no room")
    assert row.pk not in publication.due()
    Publication.objects.update(failed_at=timezone.now() + timedelta(days=1))
    assert row.pk in publication.due()


def test_the_length_of_a_lease_is_read_when_it_is_taken(listed: Letter, settings: Settings) -> None:
    settings.PUBLISH_LEASE = timedelta(hours=3)
    lease = publication.take(Publication.objects.get(letter=listed).pk, owner="a publisher")
    assert lease
    ends = lease.publication.lease_expires_at
    assert ends is not None
    assert ends > timezone.now() + timedelta(hours=2)
