"""Importing at the desk: from the upload to the undo, for those who may."""

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from campaign.models import Letter
from signatories.models import Import, Organisation, SignOn
from signatories.models.importing import Stage
from signatories.models.sign_on import Status
from tests.factories import OrganisationFactory, SignOnFactory, StaffFactory
from tests.roles import client_of
from tests.signatories.imports.files import NOTE, begin, bring, csv_of

pytestmark = pytest.mark.django_db

ADD = "/admin/signatories/import/add/"
HEAD = ["group", "organisation", "contact_name", "contact_title", "email"]
ALPHA = ["Partners", "Alpha Aid", "Ada Doe", "Director", "ada@example.org"]
BETA = ["", "Beta Bridges", "", "", ""]


@pytest.fixture
def desk() -> Client:
    return client_of("moderator")


def upload(desk: Client, what: object, *rows: Any, content: bytes = b"") -> Any:
    file = SimpleUploadedFile("list.csv", content or csv_of(*rows))
    return desk.post(ADD, {"what": what, "file": file})


def press(desk: Client, page: str, do: str, **choices: Any) -> Any:
    """One of the buttons under the preview, with the counts that it showed."""
    shown = desk.get(page).context["form"]["seen"].value()
    return desk.post(page, {"do": do, "seen": shown, **choices})


def said(response: Any) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


def test_a_list_is_uploaded_looked_at_imported_and_undone(desk: Client, letter: Letter) -> None:
    SignOnFactory(letter=letter, name="Beta Bridges", status=Status.APPROVED)
    page = upload(desk, letter.pk, HEAD, ALPHA, BETA).url
    preview = said(desk.get(page))
    assert "Import 1: they wait for your approval" in preview
    assert "Import 1 as approved: public now at /letters/ours/" in preview
    assert "Left out: “Beta Bridges”, approved" in said(desk.get(f"{page}?show=duplicate"))
    assert SignOn.objects.count() == 1
    assert press(desk, page, "import", note=NOTE).url == page
    done = said(desk.get(page))
    assert "1 sign-on imported: waiting for your approval." in done
    assert "Alpha Aid" in done
    undo = reverse("admin:signatories_import_undo", args=[Import.objects.get().pk])
    assert undo in done
    assert "Undo it" in said(desk.get(undo))
    assert SignOn.objects.count() == 2, "GET shows, POST acts"
    desk.post(undo)
    assert "1 removed" in said(desk.get(page))
    assert SignOn.objects.count() == 1


def test_as_approved_they_are_listed_at_once(desk: Client, letter: Letter) -> None:
    page = upload(desk, letter.pk, HEAD, ALPHA).url
    press(desk, page, "approve", note=NOTE)
    assert SignOn.objects.public().get().listed_name == "Alpha Aid"
    assert "public now" in said(desk.get(page))
    undo = reverse("admin:signatories_import_undo", args=[Import.objects.get().pk])
    assert "Also withdraw the 1 that is approved" in said(desk.get(undo))
    desk.post(undo, {"withdraws": "on"})
    assert not SignOn.objects.public().exists()


def test_organisations_are_imported_into_the_registry(desk: Client) -> None:
    page = upload(desk, "organisations", ["Name", "Country"], ["Alpha", "Sweden"]).url
    assert "Import 1 into the registry" in said(desk.get(page))
    press(desk, page, "import", changes="on")
    assert Organisation.objects.get().country == "SE"


def test_a_file_that_cannot_be_read_says_why_beside_the_field(desk: Client) -> None:
    response = upload(desk, "organisations", content=b"%PDF-1.7")
    assert response.status_code == 422
    assert response.context["form"].errors["file"] == [
        "This is a PDF. Please upload the table itself, as .xlsx or CSV."
    ]
    assert response.context["form"]["what"].value() == "organisations"
    nothing = desk.post(ADD, {"what": ""})
    assert nothing.status_code == 422
    assert set(nothing.context["form"].errors) == {"what", "file"}


def test_without_a_note_nothing_is_imported_and_the_choices_stay(
    desk: Client, letter: Letter
) -> None:
    page = upload(desk, letter.pk, HEAD, ALPHA).url
    response = press(desk, page, "import", changes="on")
    assert response.status_code == 422
    assert "who sent the list" in str(response.context["form"].errors["note"])
    assert response.context["form"]["changes"].value()
    assert 'name="changes"' in said(response)
    assert not SignOn.objects.exists()


def test_wrong_rows_and_unknown_columns_stop_it_until_they_are_left_out(
    desk: Client, letter: Letter
) -> None:
    page = upload(desk, letter.pk, [*HEAD, "Phone"], [*ALPHA, "1"], ["No group", "Beta"]).url
    preview = said(desk.get(page))
    assert "These columns are not known: Phone." in preview
    assert "1 row of the file is wrong" in preview
    assert "group: “No group” is no group of the letter" in preview
    assert 'value="import"' not in preview
    response = press(desk, page, "import", note=NOTE)
    assert response.status_code == 422
    choices = {"note": NOTE, "ignored": ["Phone"], "leaves_out_wrong": "on"}
    assert press(desk, page, "look", **choices).status_code == 302
    assert "Import 1: they wait" in said(desk.get(page))
    press(desk, page, "import", **choices)
    assert SignOn.objects.get().listed_name == "Alpha Aid"


def test_choices_that_change_what_would_happen_are_shown_first(
    desk: Client, letter: Letter
) -> None:
    SignOnFactory(letter=letter, name="Gamma", country="FI")
    head = ["organisation", "country"]
    page = upload(desk, letter.pk, head, ["Gamma", "SE"], ["Alpha", ""]).url
    press(desk, page, "import", note=NOTE, changes="on")
    preview = said(desk.get(page))
    assert "this is not what you saw" in preview
    assert SignOn.objects.count() == 1
    assert "<del>Finland</del> → <ins>Sweden</ins>" in said(desk.get(f"{page}?show=changed"))
    press(desk, page, "import", note=NOTE, changes="on")
    assert SignOn.objects.get(listed_name="Gamma").country == "SE"


def test_a_file_can_be_forgotten_at_once(desk: Client, letter: Letter) -> None:
    page = upload(desk, letter.pk, HEAD, ALPHA).url
    press(desk, page, "discard")
    assert Import.objects.get().stage == Stage.FORGOTTEN
    assert "the file is gone" in said(desk.get("/admin/signatories/import/"))
    assert desk.post(page, {"do": "import"}).status_code == 302


def test_many_rows_are_shown_in_pages_and_what_they_look_like_is_said(
    desk: Client, letter: Letter
) -> None:
    SignOnFactory(letter=letter, name="Médecins du Monde France")
    rows = [["", f"Body {number} of {number * 7919}"] for number in range(119)]
    page = upload(desk, letter.pk, HEAD[:2], ["", "Medecins du Monde France"], *rows).url
    first = desk.get(page)
    assert "Looks like “<bdi>Médecins du Monde France</bdi>”" in said(first)
    assert len(first.context["page"]) == 50
    assert "Page 3 of 3" in said(desk.get(f"{page}?show=new&page=3"))


def test_only_open_and_closed_letters_are_offered(desk: Client, letter: Letter) -> None:
    other = upload(desk, "999999", HEAD, ALPHA)
    assert other.status_code == 422
    assert "what" in other.context["form"].errors


@pytest.mark.parametrize("role", ["nobody", "viewer", "editor"])
def test_others_neither_upload_nor_see_a_file(role: str, letter: Letter) -> None:
    imported = begin(letter, HEAD, ALPHA)
    page = reverse("admin:signatories_import_change", args=[imported.pk])
    undo = reverse("admin:signatories_import_undo", args=[imported.pk])
    client = client_of(role)
    for url in (ADD, page, undo, "/admin/signatories/import/"):
        for answer in (client.get(url), client.post(url, {"do": "import"})):
            assert answer.status_code in {302, 403}
            assert "ada@example.org" not in answer.content.decode()
    assert upload(client, letter.pk, HEAD, ALPHA).status_code in {302, 403}
    assert Import.objects.count() == 1


def test_an_import_is_for_those_who_may_do_by_hand_what_it_does(letter: Letter) -> None:
    """The right to import alone brings no contact in, and shows none."""
    client = Client()
    client.force_login(
        StaffFactory(
            may=[
                "signatories.add_import", "signatories.view_import",
                "signatories.add_organisation", "signatories.change_organisation",
            ]
        )
    )  # fmt: skip
    assert upload(client, letter.pk, HEAD, ALPHA).status_code == 422
    assert upload(client, "organisations", ["Name"], ["Alpha"]).status_code == 302
    waiting = begin(letter, HEAD, ALPHA)
    page = reverse("admin:signatories_import_change", args=[waiting.pk])
    assert client.get(page).status_code == 403
    done = bring(letter, HEAD, ALPHA)
    assert client.get(page.replace(str(waiting.pk), str(done.pk))).status_code == 200
    undo = reverse("admin:signatories_import_undo", args=[done.pk])
    assert client.post(undo).status_code == 403


def test_the_list_and_the_pages_take_a_fixed_number_of_queries(
    letter: Letter, django_assert_max_num_queries: Any, desk: Client
) -> None:
    for number in range(12):
        begin(letter, HEAD, [*ALPHA[:1], f"Body {number}", *ALPHA[2:]])
    with django_assert_max_num_queries(9):
        desk.get("/admin/signatories/import/")
    rows = [["", f"Name {number} {number * 7919}"] for number in range(60)]
    page = upload(desk, letter.pk, HEAD[:2], *rows).url
    with django_assert_max_num_queries(25):
        desk.get(page)
    press(desk, page, "import", note=NOTE)
    with django_assert_max_num_queries(13):
        assert len(desk.get(page).context["page"]) == 50


def test_the_lists_and_the_letter_lead_there(desk: Client, letter: Letter) -> None:
    OrganisationFactory()
    for url, links in {
        f"/admin/signatories/signon/?letter={letter.pk}": [
            f"{ADD}?letter={letter.pk}", f"/admin/signatories/signon/export/?letter={letter.pk}",
        ],
        f"/admin/campaign/letter/{letter.pk}/change/": [
            f"{ADD}?letter={letter.pk}", f"/admin/signatories/signon/export/?letter={letter.pk}",
        ],
        "/admin/signatories/organisation/": [
            f"{ADD}?kind=organisations", "/admin/signatories/organisation/export/",
        ],
    }.items():  # fmt: skip
        page = said(desk.get(url))
        for link in links:
            assert link in page
    chosen = desk.get(f"{ADD}?letter={letter.pk}").context["form"]
    assert chosen["what"].value() == str(letter.pk)
