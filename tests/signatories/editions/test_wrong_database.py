"""A wrong or an empty database beside the right store: readers keep what they have."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.utils import timezone
from pytest_django.fixtures import Settings

from campaign.letters import make_unlisted
from campaign.models import Letter, Publication
from signatories.editions import pointers, publisher, tidy
from signatories.editions.store import Store, Version
from tests.factories import LetterFactory
from tests.signatories.editions.test_publisher import publish

pytestmark = pytest.mark.django_db(transaction=True)
NOW = timedelta(0)


@pytest.fixture
def place(listed: Letter, settings: Settings) -> Path:
    publish()
    return Path(settings.EDITIONS_DIR) / "letters" / "ours"


@contextmanager
def empty_database() -> Iterator[None]:
    """As after the loss of DATABASE_URL, or of a volume; then the right one is back."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "TRUNCATE campaign_letter, campaign_letterevent, campaign_publication CASCADE"
        )
        cursor.execute("TRUNCATE signatories_edition")
        yield
        transaction.set_rollback(True)


def swept() -> None:
    """The sweep has found what is wrong, and mended it."""
    Publication.objects.update(failed_at=None)
    pointers.compare()
    publish()
    assert pointers.compare() == 0


def shown(place: Path) -> int:
    manifest = json.loads((place / "manifest.json").read_text())
    assert manifest["complete"]
    assert "Alpha Aid" in (place / "index.html").read_text()
    return int(manifest["edition"])


def test_what_an_empty_database_does_not_know_stands(place: Path, draft_page: Path) -> None:
    with empty_database():
        tidy.tidy()
        assert shown(place) == 1
        assert draft_page.exists()
    swept()
    assert shown(place) == 1


def test_neither_does_a_database_with_other_letters_take_it_away(
    place: Path, draft_page: Path
) -> None:
    with empty_database():
        LetterFactory(open=True, public=True)
        LetterFactory(open=True, public=False)
        publisher.run(overdue=NOW)
        tidy.tidy()
        assert shown(place) == 1
        assert draft_page.exists()
    swept()
    assert shown(place) == 1
    assert "Act now" in (place.parent.parent / "site" / "index.html").read_text()


@pytest.fixture
def draft_page(settings: Settings) -> Path:
    """Where an unlisted letter stands."""
    letter = LetterFactory()
    publish()
    page = Path(settings.PRIVATE_DIR) / "unlisted" / letter.unlisted_key
    assert page.exists()
    return page


def test_a_letter_that_was_deleted_or_renamed_is_tidied_away(
    place: Path, draft_page: Path, listed: Letter
) -> None:
    Letter.objects.get(unlisted_key=draft_page.name).delete()
    Letter.objects.filter(pk=listed.pk).update(slug="renamed")
    tidy.tidy()
    assert not draft_page.exists()
    assert not place.exists()
    assert not list(place.parent.rglob("signatories.json"))


@pytest.mark.parametrize("ahead", [1, 2, 50])
def test_a_place_that_was_retired_by_mistake_is_shown_again(place: Path, ahead: int) -> None:
    store = Store(place.parent.parent)
    for name in ("letters/ours", "site"):
        store.retire(name, before=store.head(name) + ahead)
        assert not store.stands(name)
    swept()
    assert shown(place) == 1 + ahead
    # And so it stays: the number is the place's own by now.
    swept()
    assert shown(place) == 1 + ahead
    make_unlisted(Letter.objects.get(slug="ours"))
    publish()
    assert not place.exists()


def test_what_a_place_refuses_is_a_failure_that_staff_see_and_is_tried_again(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is retired between the choice of the number and the switch."""
    place.unlink()
    real = Store.publish

    def retire_first(store: Store, path: str, version: Version, files: dict[str, bytes]) -> bool:
        store.retire(path, before=version.number + 1)
        return real(store, path, version, files)

    monkeypatch.setattr(Store, "publish", retire_first)
    pointers.compare()
    publisher.run(overdue=NOW)
    row = Publication.objects.get(letter__slug="ours")
    assert "edition 1 was not taken" in row.problem
    assert row.published < row.wanted
    monkeypatch.undo()
    Publication.objects.update(failed_at=timezone.now() - timedelta(hours=1))
    publish()
    assert shown(place) == 2
