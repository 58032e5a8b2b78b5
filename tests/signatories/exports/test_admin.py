"""Who may take what out of the desk, and that contacts are noted."""

import csv
import io
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.test import Client

from campaign.models import Letter
from signatories.imports.reading import read
from signatories.models import ContactExport
from signatories.models.sign_on import Status
from tests.factories import LetterFactory, OrganisationFactory, SignOnFactory
from tests.roles import ROLES, SEES_CONTACTS, client_of

pytestmark = pytest.mark.django_db

EXPORT = "/admin/signatories/signon/export/"
QUEUE, CONTACTS = f"{EXPORT}queue.csv", f"{EXPORT}contacts/"
ORGANISATIONS = "/admin/signatories/organisation/export/organisations.csv"
STAFF = set(ROLES) - {"nobody"}


def content(response: Any) -> bytes:
    return b"".join(response.streaming_content)


def table(response: Any) -> list[dict[str, str]]:
    text = content(response).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def names(response: Any) -> list[str]:
    return [row["organisation"] for row in table(response)]


@pytest.mark.parametrize("role", ROLES)
def test_each_role_takes_out_what_it_may_see(role: str, letter: Letter) -> None:
    sign_on = SignOnFactory(letter=letter, name="Alpha", status=Status.APPROVED)
    secret = sign_on.contacts.get().email
    client = client_of(role)
    listed = f"/admin/campaign/letter/{letter.pk}/signatories.csv"
    for url, may in {
        listed: STAFF, ORGANISATIONS: STAFF, f"{QUEUE}?part=all": {"moderator", "administrator"},
    }.items():  # fmt: skip
        response = client.get(url)
        assert response.status_code == (200 if role in may else 302 if role == "nobody" else 403)
        if role in may:
            taken = content(response).decode()
            assert "Alpha" in taken
            assert secret not in taken
    response = client.post(CONTACTS, {"file_format": "csv"})
    assert (response.status_code == 200) is (role in SEES_CONTACTS)
    if role in SEES_CONTACTS:
        assert secret in content(response).decode()
    assert ContactExport.objects.exists() is (role in SEES_CONTACTS)
    page = client.get(EXPORT)
    if page.status_code == 200:
        assert (CONTACTS in page.content.decode()) is (role in SEES_CONTACTS)


def test_it_is_noted_who_took_contacts_of_which_letter_and_how_many(letter: Letter) -> None:
    SignOnFactory(letter=letter)
    SignOnFactory(letter=letter)
    SignOnFactory(letter=LetterFactory(open=True))
    moderator = client_of("moderator")
    response = moderator.post(f"{CONTACTS}?letter={letter.pk}", {"file_format": "xlsx"})
    assert len(read(content(response)).lines) == 2
    note = ContactExport.objects.get()
    assert (note.letter, note.count, note.file_format) == (letter, 2, "xlsx")
    assert note.by is not None
    seen = client_of("administrator").get("/admin/signatories/contactexport/")
    assert note.by.username in seen.content.decode()
    assert moderator.get("/admin/signatories/contactexport/").status_code == 403
    for change in (
        lambda: ContactExport.objects.update(count=0),
        lambda: ContactExport.objects.all().delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


def test_a_get_takes_no_contacts(letter: Letter) -> None:
    SignOnFactory(letter=letter)
    response = client_of("moderator").get(CONTACTS)
    assert response.status_code == 302
    assert not ContactExport.objects.exists()


def test_the_queue_is_exported_as_it_is_filtered_on_all_pages(letter: Letter) -> None:
    client = client_of("moderator")
    for number in range(55):
        SignOnFactory(letter=letter, name=f"Body {number}")
    SignOnFactory(letter=letter, name="Listed", status=Status.APPROVED)
    SignOnFactory(letter=LetterFactory(open=True), name="Elsewhere")
    assert len(names(client.get(f"{QUEUE}?letter={letter.pk}&status__exact=pending"))) == 55
    assert names(client.get(f"{QUEUE}?letter={letter.pk}&q=Listed")) == ["Listed"]
    assert len(names(client.get(f"{QUEUE}?part=all"))) == 57
    assert len(names(client.get(QUEUE))) == 56, "as the list, it begins with what waits"
    group = letter.groups.get(key="committee")
    assert names(client.get(f"{QUEUE}?letter={letter.pk}&group={group.pk}")) == []


def test_filters_that_are_none_lead_back_to_the_list() -> None:
    client = client_of("moderator")
    assert client.get(f"{QUEUE}?status__exact=pending&email_key=x").status_code in {302, 400}
    assert client.get(f"{EXPORT}queue.pdf").status_code == 404


def test_organisations_are_exported_as_they_are_searched() -> None:
    OrganisationFactory(display_name="Alpha")
    OrganisationFactory(display_name="Beta")
    assert names(client_of("viewer").get(f"{ORGANISATIONS}?q=alph")) == ["Alpha"]


def test_the_file_has_a_name_a_type_and_is_not_cached(letter: Letter) -> None:
    response = client_of("viewer").get(f"/admin/campaign/letter/{letter.pk}/signatories.xlsx")
    assert "ours-signatories-" in response["Content-Disposition"]
    assert response["Content-Type"].endswith("spreadsheetml.sheet")
    assert "no-store" in response["Cache-Control"]


def test_an_export_takes_a_fixed_number_of_queries_for_its_page(
    letter: Letter, django_assert_max_num_queries: Any
) -> None:
    SignOnFactory(letter=letter)
    client: Client = client_of("moderator")
    with django_assert_max_num_queries(25):
        content(client.get(f"{QUEUE}?letter={letter.pk}"))
    with django_assert_max_num_queries(8):
        client.get(EXPORT)
