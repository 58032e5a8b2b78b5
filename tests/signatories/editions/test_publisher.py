"""Publishing: what readers see follows what is approved, one edition at a time."""

import csv
import hashlib
import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django.fixtures import Settings

from campaign import publication
from campaign.letter_file import read_letter_file
from campaign.letters import make_public, make_unlisted
from campaign.models import Letter, Publication
from campaign.texts import Words, set_words
from signatories import calendar
from signatories.editions import freeze, late, pages, publisher, tidy
from signatories.editions.pdf import TypesettingError, typeset
from signatories.models import Edition, SignOn
from signatories.services import moderation
from signatories.services.loading import load
from tests.conftest import LETTER
from tests.signatories.test_signing import confirm, sign

NOW = timedelta(0)
FILES = {
    "index.html", "sign/index.html", "check-email/index.html", "text.md", "letter.pdf",
    "signatories.json", "signatories.csv", "letter.json", "manifest.json",
}  # fmt: skip


@pytest.fixture
def place(settings: Settings) -> Path:
    return Path(settings.EDITIONS_DIR) / "letters" / "ours"


def publish() -> None:
    publisher.run(overdue=NOW)
    assert not [row.problem for row in Publication.objects.all() if row.problem]


def data(place: Path, name: str) -> Any:
    return json.loads((place / name).read_text())


def shown(place: Path) -> set[str]:
    sidecars = {".br", ".gz"}
    return {
        str(path.relative_to(place))
        for path in place.resolve().rglob("*")
        if path.is_file() and path.suffix not in sidecars and not path.name.startswith(".")
        for path in [place / path.relative_to(place.resolve())]
    }


def test_a_public_letter_has_all_its_files(listed: Letter, place: Path) -> None:
    publish()
    assert shown(place) == FILES
    assert (place / "letter.pdf").read_bytes().startswith(b"%PDF-")


def test_the_list_is_the_same_everywhere(listed: Letter, place: Path) -> None:
    publish()
    document = data(place, "signatories.json")
    names = [s["name"] for group in document["groups"] for s in group["signatories"]]
    assert names == ["Alpha Aid", "Beta Bridges"]
    assert document["count"] == 2
    assert [group["key"] for group in document["groups"]] == ["committee", "partners"]
    rows = list(csv.DictReader(io.StringIO((place / "signatories.csv").read_text())))
    assert [row["organisation"] for row in rows] == names
    page = (place / "index.html").read_text()
    assert page.index("Alpha Aid") < page.index("Beta Bridges")


def test_the_json_has_the_promised_keys(listed: Letter, place: Path) -> None:
    publish()
    document = data(place, "signatories.json")
    assert set(document) == {"letter", "count", "groups"}
    assert set(document["letter"]) == {
        "slug", "title", "status", "language", "text", "text_sha256", "edition", "published_at",
    }  # fmt: skip
    assert set(document["groups"][0]) == {"key", "title", "signatories"}
    assert set(document["groups"][0]["signatories"][0]) == {"name", "country", "website"}


def test_the_manifest_names_the_digest_of_every_other_file(listed: Letter, place: Path) -> None:
    publish()
    manifest = data(place, "manifest.json")
    assert set(manifest["files"]) == FILES - {"manifest.json"}
    for name, digest in manifest["files"].items():
        assert hashlib.sha256((place / name).read_bytes()).hexdigest() == digest
    source = (place / "text.md").read_bytes()
    assert manifest["text_sha256"] == hashlib.sha256(source).hexdigest()
    assert manifest["complete"] is True


def test_editions_are_chained_by_digest(listed: Letter, place: Path) -> None:
    publish()
    first = data(place, "manifest.json")
    moderation.withdraw(sign_on=SignOn.objects.public()[0])
    publish()
    second = data(place, "manifest.json")
    assert (first["edition"], second["edition"]) == (1, 2)
    assert second["previous"] == first["digest"]


def test_the_published_list_loads_again_and_adds_nothing(listed: Letter, place: Path) -> None:
    publish()
    again = load(
        read_letter_file(LETTER.encode()), signatories=(place / "signatories.csv").read_bytes()
    )
    assert again.added == 0


def test_unchanged_content_publishes_nothing(listed: Letter, place: Path) -> None:
    publish()
    target = place.resolve()
    publication.want(listed)
    publish()
    assert place.resolve() == target
    assert Edition.objects.filter(letter=listed).count() == 1


def test_a_frozen_document_gives_the_same_bytes_again(listed: Letter, place: Path) -> None:
    publish()
    edition = Edition.objects.get(letter=listed)
    document = json.loads(edition.document)
    files = pages.letter_files(document)
    files["letter.pdf"] = typeset(document, "en-GB").pdf
    for name, content in files.items():
        assert (place / name).read_bytes() == content, name
    assert freeze.digest(document) == edition.digest


def test_an_approval_appears_and_a_withdrawal_disappears(letter: Letter, place: Path) -> None:
    publish()
    sign_on = sign(letter)
    confirm(sign_on)
    publish()
    assert "Peace Direct" not in (place / "index.html").read_text()
    moderation.approve(sign_on=sign_on)
    publish()
    assert "Peace Direct" in (place / "index.html").read_text()
    moderation.withdraw(sign_on=sign_on)
    publish()
    assert "Peace Direct" not in (place / "index.html").read_text()


def test_posting_a_sign_on_asks_for_no_edition(letter: Letter) -> None:
    publish()
    sign(letter)
    assert not publication.due()


def test_a_thousand_approvals_ask_once(letter: Letter, place: Path) -> None:
    for number in range(5):
        sign_on = sign(letter, f"Body {number}")
        confirm(sign_on)
        moderation.approve(sign_on=sign_on)
    publish()
    assert Edition.objects.filter(letter=letter).count() == 1


def test_an_unlisted_letter_has_a_page_under_its_key_and_no_list(
    listed: Letter, settings: Settings, place: Path
) -> None:
    make_unlisted(listed)
    publish()
    unlisted = Path(settings.PRIVATE_DIR) / "unlisted" / listed.unlisted_key
    assert not place.exists()
    assert shown(unlisted) == {
        "index.html", "sign/index.html", "check-email/index.html", "text.md", "letter.pdf",
        "manifest.json",
    }  # fmt: skip
    for name in ("index.html", "sign/index.html"):
        page = (unlisted / name).read_text()
        assert "noindex" in page
        assert "Alpha Aid" not in page
    site = (Path(settings.EDITIONS_DIR) / "site" / "index.html").read_text()
    assert "Act now" not in site


def test_going_public_moves_the_files_and_back_takes_them_away(
    listed: Letter, settings: Settings, place: Path
) -> None:
    unlisted = Path(settings.PRIVATE_DIR) / "unlisted" / listed.unlisted_key
    make_unlisted(listed)
    publish()
    make_public(listed)
    publish()
    assert not unlisted.exists()
    assert "Alpha Aid" in (place / "index.html").read_text()
    make_unlisted(listed)
    publish()
    assert not place.exists()
    assert not list(Path(settings.EDITIONS_DIR).rglob("signatories.json"))


def test_a_letter_set_to_become_public_does_so_at_that_moment(
    draft: Letter, place: Path, settings: Settings
) -> None:
    make_public(draft, at=timezone.now() + timedelta(hours=1))
    publish()
    assert not place.exists()
    Letter.objects.update(public_at=timezone.now() - timedelta(seconds=10))
    Publication.objects.update(wanted_at=timezone.now() - timedelta(seconds=20))
    assert calendar.run(overdue=NOW) == 1
    publish()
    assert place.exists()
    assert calendar.run(overdue=NOW) == 0


def test_a_letter_closes_by_itself(letter: Letter, place: Path) -> None:
    publish()
    Letter.objects.update(closes=timezone.now() + timedelta(milliseconds=1))
    calendar.run(overdue=NOW)
    letter.refresh_from_db()
    assert letter.state == "closed"
    publish()
    assert "<form" not in (place / "sign" / "index.html").read_text()


def test_a_failed_pdf_does_not_hold_back_the_page(
    listed: Letter, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish()
    before = (place / "letter.pdf").read_bytes()

    def fail(*_: object) -> None:
        raise TypesettingError("a glyph is missing")

    monkeypatch.setattr(publisher, "typeset", fail)
    moderation.withdraw(sign_on=SignOn.objects.public()[0])
    publisher.run(overdue=NOW)
    assert "Alpha Aid" not in (place / "index.html").read_text()
    assert (place / "letter.pdf").read_bytes() == before
    assert data(place, "manifest.json")["complete"] is False
    assert "glyph is missing" in Publication.objects.get(letter=listed).problem
    monkeypatch.undo()
    publication.want(listed)
    publish()
    assert (place / "letter.pdf").read_bytes() != before


def test_one_letter_that_fails_does_not_hold_back_another_and_is_tried_again(
    letter: Letter, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = pages.letter_files

    def fail(_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pages, "letter_files", fail)
    publisher.run(overdue=NOW)
    row = Publication.objects.get(letter=letter)
    assert "No space left" in row.problem
    assert row.published < row.wanted
    assert Publication.objects.get(letter=None).published
    monkeypatch.setattr(pages, "letter_files", real)
    assert not publication.due()  # it rests
    Publication.objects.update(failed_at=timezone.now() - timedelta(hours=1))
    publish()
    assert place.exists()


def test_a_publisher_that_slept_through_its_lease_shows_nothing(
    letter: Letter, place: Path
) -> None:
    pk = publication.due()[0]
    asleep = publication.take(pk, owner="asleep")
    assert asleep
    assert publication.take(pk, owner="other") is None
    Publication.objects.update(lease_expires_at=timezone.now() - timedelta(seconds=1))
    awake = publication.take(pk, owner="awake")
    assert awake
    assert not publication.done(asleep)
    assert not publication.renew(asleep)
    assert publication.done(awake)


def test_a_change_during_the_build_is_published_next(letter: Letter) -> None:
    pk = Publication.objects.get(letter=letter).pk
    lease = publication.take(pk, owner="one")
    assert lease
    publication.want(letter)
    publication.done(lease)
    assert pk in publication.due()


def overtaken(letter: Letter, name: str) -> None:
    """Approve, and build while more is wanted already."""
    sign_on = sign(letter, name)
    confirm(sign_on)
    moderation.approve(sign_on=sign_on)
    lease = publication.take(Publication.objects.get(letter=letter).pk, owner="one")
    assert lease
    publication.want(letter)
    assert publisher.publish(lease)


def test_while_more_is_wanted_its_page_goes_before_the_pdf(letter: Letter, place: Path) -> None:
    publish()
    before = (place / "letter.pdf").read_bytes()
    overtaken(letter, "Peace Direct")
    assert "Peace Direct" in (place / "index.html").read_text()
    assert data(place, "manifest.json")["complete"] is False
    assert (place / "letter.pdf").read_bytes() == before
    publish()
    assert data(place, "manifest.json")["complete"] is True
    assert data(place, "manifest.json")["edition"] == 2, "nothing that readers see has changed"
    assert (place / "letter.pdf").read_bytes() != before


def test_a_pdf_is_not_put_off_for_long(letter: Letter, place: Path) -> None:
    """The pages since the last one count together, however fast they follow one another."""
    publish()
    overtaken(letter, "Peace Direct")
    overtaken(letter, "Peace Indirect")
    assert data(place, "manifest.json")["complete"] is False
    Edition.objects.filter(letter=letter, number=2).update(
        live_at=timezone.now() - late.PDF_PUT_OFF
    )
    overtaken(letter, "Peace Anyhow")
    assert data(place, "manifest.json")["complete"] is True


def test_the_first_pdf_of_a_letter_is_not_put_off(letter: Letter, place: Path) -> None:
    overtaken(letter, "Peace Direct")
    assert data(place, "manifest.json")["complete"] is True


def test_a_crash_after_freezing_publishes_the_frozen_edition(
    letter: Letter, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(pages, "letter_files", crash)
    with pytest.raises(KeyboardInterrupt):
        publisher.run(overdue=NOW)
    monkeypatch.undo()
    Publication.objects.update(lease_expires_at=timezone.now() - timedelta(seconds=1))
    publish()
    assert Edition.objects.filter(letter=letter).count() == 1
    assert data(place, "manifest.json")["edition"] == 1


def test_a_store_that_was_lost_is_built_again(
    listed: Letter, place: Path, settings: Settings, tmp_path: Path
) -> None:
    publish()
    settings.EDITIONS_DIR = tmp_path / "new"
    publication.want(listed)
    publish()
    assert (tmp_path / "new" / "letters" / "ours" / "index.html").exists()
    assert Edition.objects.filter(letter=listed).count() == 1


def test_numbering_continues_above_the_store_after_a_restore(listed: Letter, place: Path) -> None:
    publish()
    moderation.withdraw(sign_on=SignOn.objects.public()[0])
    publish()
    Edition.objects.filter(letter=listed, number=2).delete()  # an older database comes back
    publication.want(listed)
    publish()
    assert data(place, "manifest.json")["edition"] == 3


def test_numbering_continues_above_what_was_retired_after_a_restore(
    listed: Letter, place: Path
) -> None:
    publish()
    make_unlisted(listed)
    publish()
    for body in ("Two.", "Three."):
        set_words(listed, Words(title="Act now", body=body))
        publish()
    # The database of the time when only the first edition, a public one, had been made.
    Edition.objects.filter(letter=listed, number__gt=1).delete()
    make_public(listed)
    publish()
    assert place.exists()
    assert data(place, "manifest.json")["edition"] == 5


def test_a_new_text_is_published_with_its_number(listed: Letter, place: Path) -> None:
    publish()
    set_words(listed, Words(title="Act now", body="Please act **today**."))
    publish()
    assert data(place, "manifest.json")["text"] == 2
    assert b"today" in (place / "text.md").read_bytes()


def test_the_form_is_part_of_the_edition_and_asks_for_its_text(letter: Letter, place: Path) -> None:
    publish()
    form = (place / "sign" / "index.html").read_text()
    assert 'action="/letters/ours/sign/"' in form
    assert 'method="post"' in form.lower()
    for name in ("organisation", "contact_name", "contact_title", "email", "authorised", "text"):
        assert f'name="{name}"' in form
    assert "csrf" not in form.lower()


def test_an_unlisted_letter_is_off_the_public_page_even_if_nothing_can_be_built(
    listed: Letter, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish()
    make_unlisted(listed)

    def fail(_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pages, "letter_files", fail)
    publisher.run(overdue=NOW)
    assert not place.exists()
    assert not list(place.parent.rglob("signatories.json"))


def test_a_publisher_that_slept_cannot_make_a_letter_public_again(
    listed: Letter, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It stops between its last look at the lease and the switch; others go on."""
    real = publisher.Store.publish
    slept = []

    def sleep(store: publisher.Store, path: str, version: object, files: object) -> bool:
        if not slept:
            slept.append(path)
            Publication.objects.update(lease_expires_at=timezone.now() - timedelta(seconds=1))
            make_unlisted(listed)
            publisher.run(overdue=NOW)
        return real(store, path, version, files)  # type: ignore[arg-type]

    monkeypatch.setattr(publisher.Store, "publish", sleep)
    publisher.run(overdue=NOW)
    assert slept
    assert not place.exists()


def test_a_letter_that_becomes_public_while_it_is_built_is_never_nowhere(
    listed: Letter, settings: Settings, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_unlisted(listed)
    publish()
    real = pages.letter_files
    unlisted = Path(settings.PRIVATE_DIR) / "unlisted" / listed.unlisted_key

    def pass_the_moment(document: Any) -> Any:
        Letter.objects.update(public_at=timezone.now() - timedelta(milliseconds=1))
        return real(document)

    monkeypatch.setattr(pages, "letter_files", pass_the_moment)
    set_words(listed, Words(title="Act now", body="Other."))
    publisher.run(overdue=NOW)
    assert unlisted.exists()
    assert b"Alpha Aid" not in (unlisted / "index.html").read_bytes()
    monkeypatch.undo()
    calendar.run(overdue=NOW)
    publish()
    assert place.exists()
    assert not unlisted.exists()


def test_what_is_published_after_a_failure_keeps_no_message_of_it(
    letter: Letter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError("transient")

    monkeypatch.setattr(publisher, "_stamp", fail)
    publisher.run(overdue=NOW)
    monkeypatch.undo()
    Publication.objects.update(failed_at=timezone.now() - timedelta(hours=1))
    publish()
    assert all(edition.complete_at for edition in Edition.objects.all())


def test_a_deleted_draft_and_an_old_address_are_tidied_away(
    draft: Letter, settings: Settings
) -> None:
    publish()
    unlisted = Path(settings.PRIVATE_DIR) / "unlisted" / draft.unlisted_key
    assert unlisted.exists()
    tidy.tidy()
    assert unlisted.exists()
    draft.delete()
    tidy.tidy()
    assert not unlisted.exists()


def test_publish_says_which_letter_could_not_be_built(
    letter: Letter, monkeypatch: pytest.MonkeyPatch
) -> None:
    call_command("publish", "ours")
    with pytest.raises(CommandError, match="there is no letter “other”"):
        call_command("publish", "other")

    def fail(_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pages, "letter_files", fail)
    set_words(letter, Words(title="Act now", body="Other."))
    with pytest.raises(CommandError, match=r"ours: OSError: .* No space left"):
        call_command("publish", "ours")
