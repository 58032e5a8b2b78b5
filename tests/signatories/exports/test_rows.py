"""What stands in each export, and that a large one is read in parts."""

import csv
import io
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaign.models import Letter
from signatories.editions.freeze import preview_document
from signatories.editions.pages import _csv
from signatories.exports import rows
from signatories.exports.files import as_csv
from signatories.exports.rows import Export
from signatories.models import Organisation, SignOn
from signatories.models.hold import HoldKind
from signatories.models.sign_on import Status
from signatories.services import moderation
from tests.factories import LetterFactory, OrganisationFactory, SignOnFactory
from tests.plans import many_sign_ons
from tests.signatories.imports.files import bring

pytestmark = pytest.mark.django_db


def table(export: Export) -> list[dict[str, str]]:
    text = b"".join(as_csv(export.lines())).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_the_public_list_is_that_of_the_page_and_can_be_imported_again(letter: Letter) -> None:
    committee = letter.groups.get(key="committee")
    SignOnFactory(letter=letter, name="Zeta", group=committee, status=Status.APPROVED)
    for name in ("Örebro", "The Alpha", "=1+1"):
        SignOnFactory(letter=letter, name=name, status=Status.APPROVED, country="SE")
    held = SignOnFactory(letter=letter, name="Held", status=Status.APPROVED)
    moderation.place_hold(sign_on=held, kind=HoldKind.BOARD)
    SignOnFactory(letter=letter, name="Waiting")
    content = b"".join(as_csv(rows.public_list(letter).lines()))
    assert content.removeprefix(b"\xef\xbb\xbf") == _csv(preview_document(letter))
    other = LetterFactory(open=True, groups=("Committee", "Partners"))
    bring(other, content=content, approves=True)
    assert table(rows.public_list(other)) == table(rows.public_list(letter))


def test_organisations_come_back_as_they_were() -> None:
    umbrella = OrganisationFactory(display_name="=Umbrella", aliases=["A;B", "C"], country="SE")
    OrganisationFactory(
        display_name="Chapter", aliases=["Ch", "Chap"], parent=umbrella, sort_as="Z",
        website="https://x.example",
    )  # fmt: skip

    def there() -> list[Any]:
        columns = ("display_name", "aliases", "parent__display_name", "sort_as", "website",
                   "country")  # fmt: skip
        return list(Organisation.objects.order_by("name_key").values_list(*columns))

    before = there()
    content = b"".join(as_csv(rows.organisations(Organisation.objects.all()).lines()))
    Organisation.objects.all().delete()
    bring(None, content=content)
    assert there() == before


def test_the_queue_says_how_each_stands_without_its_contact(letter: Letter) -> None:
    sign_on = SignOnFactory(letter=letter, name="Alpha", status=Status.APPROVED)
    (row,) = table(rows.queue(SignOn.objects.all()))
    assert row["number"] == str(sign_on.pk)
    assert (row["letter"], row["group"], row["organisation"]) == ("ours", "partners", "Alpha")
    assert (row["status"], row["source"], row["linked to"]) == ("Approved", "Web form", "Alpha")
    contact = sign_on.contacts.get()
    for secret in (contact.name, contact.email, contact.title):
        assert secret not in str(row)


def test_contacts_have_a_row_each_and_can_be_read_by_an_import(letter: Letter) -> None:
    sign_on = SignOnFactory(letter=letter, name="Alpha")
    contact = sign_on.contacts.get()
    assert table(rows.contacts(SignOn.objects.all())) == [
        {
            "letter": "ours",
            "organisation": "Alpha",
            "contact_name": contact.name,
            "contact_title": contact.title,
            "email": contact.email,
            "status": "Waiting for you",
        }
    ]


def test_the_queries_of_an_export_grow_with_its_parts_and_not_its_rows(
    letter: Letter, monkeypatch: pytest.MonkeyPatch
) -> None:
    many_sign_ons(letter, 3000)
    for chunk, parts in ((3000, 1), (1000, 3)):
        monkeypatch.setattr(rows, "CHUNK", chunk)
        with CaptureQueriesContext(connection) as captured:
            assert sum(1 for _ in rows.queue(SignOn.objects.all()).lines()) == 3001
        assert len(captured) == 1 + parts
        with CaptureQueriesContext(connection) as captured:
            assert sum(1 for _ in rows.public_list(letter).lines()) == 3001
        assert len(captured) == 2 + parts
