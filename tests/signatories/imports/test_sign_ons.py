"""Importing sign-ons: what becomes of each row, all or nothing, again and again without doubles."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaign.models import Letter, OutgoingMail, Publication
from signatories.imports import running
from signatories.imports.verdicts import Row, Verdict, as_seen
from signatories.models import Contact, Evidence, Organisation, SignOn, SignOnOrganisation
from signatories.models.sign_on import Source, Status
from signatories.services import moderation
from signatories.services.moving import Refused
from signatories.services.signing import Person
from tests.factories import OrganisationFactory, SignOnFactory, invented_name
from tests.signatories.imports.files import NOTE, begin, bring

pytestmark = pytest.mark.django_db

HEAD = ["group", "organisation", "country", "website"]
CONTACT = ["contact_name", "contact_title", "email"]
ALPHA = ["Partners", "Alpha Aid", "se", "alpha.example"]
BETA = ["partners", "Beta Bridges", "Norway", ""]


def judged(letter: Letter, *rows: Any, **choices: Any) -> list[Row]:
    return running.look(begin(letter, *rows, **choices)).rows


def problems(letter: Letter, *rows: Any) -> list[tuple[int, str, str]]:
    return [
        (row.number, column, reason)
        for row in judged(letter, *rows)
        if row.verdict == Verdict.WRONG
        for column, reason in row.problems
    ]


def test_new_sign_ons_come_in_as_waiting_with_the_evidence(letter: Letter) -> None:
    imported = bring(letter, HEAD, ALPHA, BETA)
    assert imported.counts == {"new": 2, "changed": 0, "duplicate": 0, "wrong": 0}
    alpha, beta = SignOn.objects.order_by("pk")
    assert (alpha.listed_name, alpha.group.key, alpha.country) == ("Alpha Aid", "partners", "SE")
    assert (alpha.website, beta.country) == ("https://alpha.example", "NO")
    assert {alpha.status, beta.status} == {Status.PENDING}
    assert {alpha.source, beta.source} == {Source.LIST}
    assert [note.note for note in Evidence.objects.all()] == [NOTE, NOTE]
    assert {note.added_by for note in Evidence.objects.all()} == {imported.by}
    assert not OutgoingMail.objects.exists()
    moderation.approve(sign_on=alpha)
    assert alpha.organisations.get().display_name == "Alpha Aid"


def test_what_is_imported_as_approved_is_linked_and_published(letter: Letter) -> None:
    OrganisationFactory(display_name="Beta Bridges International", aliases=["Beta Bridges"])
    before = Publication.objects.get(letter=letter).wanted
    bring(letter, HEAD, ALPHA, BETA, approves=True)
    assert SignOn.objects.public().count() == 2
    assert Publication.objects.get(letter=letter).wanted == before + 1
    links = SignOnOrganisation.objects.filter(approved=True)
    names = set(links.values_list("organisation__display_name", flat=True))
    assert names == {"Alpha Aid", "Beta Bridges International"}
    assert Organisation.objects.get(name_key="alpha aid").country == "SE"
    assert not OutgoingMail.objects.exists()


def test_contacts_come_along_and_are_told_once_they_are_approved(letter: Letter) -> None:
    bring(
        letter,
        [*HEAD, *CONTACT, "evidence"],
        [*ALPHA, "Ada Doe", "Director", "ada@EXAMPLE.org", "Signed paper of 4 May."],
        [*BETA, "", "", "", ""],
    )
    contact = Contact.objects.get()
    assert (contact.name, contact.title, contact.email) == (
        "Ada Doe", "Director", "ada@example.org",
    )  # fmt: skip
    sign_on = contact.sign_on
    assert sign_on.email_key
    assert sign_on.evidence.get().note == f"Signed paper of 4 May.\n{NOTE}"
    moderation.approve(sign_on=sign_on)
    assert OutgoingMail.objects.get().kind == "sign_on.listed"


@pytest.mark.parametrize("approves", [False, True])
def test_the_same_file_again_changes_nothing(letter: Letter, approves: bool) -> None:
    bring(letter, HEAD, ALPHA, BETA, approves=approves)
    events = len(audit())
    rows = judged(letter, HEAD, ALPHA, BETA, changes=True)
    assert {row.verdict for row in rows} == {Verdict.DUPLICATE}
    with pytest.raises(Refused, match="nothing new"):
        bring(letter, HEAD, ALPHA, BETA, changes=True)
    assert SignOn.objects.count() == 2
    assert len(audit()) == events


def audit() -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pgh_id FROM signatories_signonevent")
        return cursor.fetchall()


def test_a_double_says_of_what(letter: Letter) -> None:
    body = OrganisationFactory(display_name="Human Rights Watch", aliases=["HRW"])
    joint = SignOnFactory(letter=letter, name="HRW and Friends", status=Status.PENDING)
    SignOnOrganisation.objects.create(sign_on=joint, organisation=body)
    SignOnFactory(letter=letter, name="Alpha Aid", status=Status.APPROVED)
    gone = SignOnFactory(letter=letter, name="Gone Body", status=Status.WITHDRAWN)
    rows = judged(
        letter,
        HEAD,
        ["", "ALPHA  aid", "", ""],
        ["", "HRW", "", ""],
        ["", "Human Rights Watch", "", ""],
        ["", "New Body", "", ""],
        ["", "new body", "", ""],
        ["", gone.listed_name, "", ""],
    )
    assert [(row.verdict.value, row.of) for row in rows] == [
        ("duplicate", "“Alpha Aid”, approved"),
        (
            "duplicate",
            "another name of “Human Rights Watch”, for which stands “HRW and Friends”, "
            "waiting for you",
        ),
        ("duplicate", "row 3 of this file"),
        ("new", ""),
        ("duplicate", "row 5 of this file"),
        ("duplicate", "“Gone Body”, withdrawn"),
    ]


def test_an_unconfirmed_sign_on_by_the_form_does_not_keep_the_organisation_off_the_list(
    letter: Letter,
) -> None:
    """Anybody can type anything there; with the same address it is the same sign-on."""
    person = Person("Ada Doe", "Director", "ada@example.org")
    SignOnFactory(letter=letter, name="Alpha Aid", status=Status.UNCONFIRMED, person=person)
    same, other = [*ALPHA, "Ada Doe", "Director", "ada@example.org"], [*ALPHA, "", "", ""]
    head = [*HEAD, *CONTACT]
    assert judged(letter, head, other)[0].verdict == Verdict.NEW
    assert judged(letter, head, same)[0].of == "“Alpha Aid”, not confirmed yet"


def test_what_is_there_changes_only_where_that_is_asked_for(letter: Letter) -> None:
    there = SignOnFactory(letter=letter, name="Alpha Aid", status=Status.APPROVED, country="FI")
    wanted = Publication.objects.get(letter=letter).wanted
    row = ["Steering committee", "Alpha Aid", "", "alpha.example"]
    committee = letter.groups.get(key="committee")
    row[0] = committee.title
    assert judged(letter, HEAD, row)[0].verdict == Verdict.DUPLICATE
    (found,) = judged(letter, HEAD, row, changes=True)
    assert [(one.column, one.before, one.after) for one in found.changes] == [
        ("group", "Partners", "The Committee"),
        ("website", "", "https://alpha.example"),
    ]
    bring(letter, HEAD, row, changes=True)
    there.refresh_from_db()
    assert (there.group, there.country, there.website) == (
        committee, "FI", "https://alpha.example",
    )  # fmt: skip
    assert Publication.objects.get(letter=letter).wanted == wanted + 1


def test_wrong_rows_say_in_which_column_and_why(letter: Letter) -> None:
    head = [*HEAD, *CONTACT]
    assert problems(
        letter,
        head,
        ["Elsewhere", "Alpha", "XX", "no address", "", "", ""],
        ["", "Be\u202eta", "", "", "", "", ""],
        ["", "", "SE", "", "", "", ""],
        ["", "Gamma", "", "", "Ada Doe", "", "ada"],
        ["", "#REF!", "", "", "", "", ""],
        ["", "Delta", "", "", "", "", "", "beyond"],
    ) == [
        (2, "group", "“Elsewhere” is no group of the letter; it has “The Committee”, “Partners”."),
        (
            2,
            "country",
            "“XX” is no country by its English name, or by its code of two letters, such as SE.",
        ),
        (2, "website", "The website's address cannot be right. One looks like www.example.org."),
        (
            3,
            "organisation",
            "The name holds the control character U+202E; please type it again without it.",
        ),
        (4, "organisation", "The name is empty."),
        (
            5,
            "email",
            "The e-mail address cannot be right: An e-mail address must have an @-sign. "
            "One looks like name@example.org.",
        ),
        (5, "contact_title", "It is empty: a contact has a name, a title and an e-mail address."),
        (6, "organisation", "“#REF!” is an error of the spreadsheet, not a value."),
        (7, "", "The row has more cells than there are headings."),
    ]


def test_nothing_is_imported_while_a_row_is_wrong_unless_it_is_left_out(letter: Letter) -> None:
    wrong = ["", "Gamma", "XX", ""]
    imported = begin(letter, HEAD, ALPHA, wrong)
    with pytest.raises(Refused, match="some rows are wrong"):
        running.confirm(imported=imported, by=imported.by)
    assert not SignOn.objects.exists()
    imported = bring(letter, HEAD, ALPHA, wrong, leaves_out_wrong=True)
    assert SignOn.objects.get().listed_name == "Alpha Aid"
    assert imported.counts["wrong"] == 1


def test_an_import_needs_a_note_of_who_sent_the_list(letter: Letter) -> None:
    with pytest.raises(Refused, match="who sent the list"):
        bring(letter, HEAD, ALPHA, note="  ")


def test_an_unknown_column_stops_it_until_staff_say_that_it_is_left_out(letter: Letter) -> None:
    rows = [[*HEAD, "Phone"], [*ALPHA, "123"]]
    imported = begin(letter, *rows)
    assert running.look(imported).unknown == ["Phone"]
    with pytest.raises(Refused, match="Phone would not be read"):
        running.confirm(imported=imported, by=imported.by)
    bring(letter, *rows, ignored=["Phone"])
    assert SignOn.objects.count() == 1


def test_what_happened_since_the_preview_is_seen_before_it_is_imported(letter: Letter) -> None:
    imported = begin(letter, HEAD, ALPHA)
    seen = running.look(imported).counts
    SignOnFactory(letter=letter, name="Alpha Aid")
    with pytest.raises(Refused, match="not what you saw"):
        running.confirm(imported=imported, by=None, seen=as_seen(seen))
    assert SignOn.objects.count() == 1


def test_the_same_upload_is_imported_once(letter: Letter) -> None:
    imported = bring(letter, HEAD, ALPHA)
    with pytest.raises(Refused, match="imported already"):
        running.confirm(imported=imported, by=imported.by)
    imported.refresh_from_db()
    assert (imported.rows, imported.note) == (None, "")


def test_new_names_that_look_like_others_are_pointed_out_and_come_in(letter: Letter) -> None:
    SignOnFactory(letter=letter, name="Médecins du Monde France", status=Status.APPROVED)
    rows = [HEAD, ["", "Medecins du Monde France", "", ""], ALPHA]
    imported = begin(letter, *rows)
    found = running.look(imported).rows
    running.point_out_alike(imported, found)
    assert [row.looks_like for row in found] == [["Médecins du Monde France"], []]
    running.confirm(imported=imported, by=imported.by)
    assert SignOn.objects.count() == 3


def test_on_a_draft_a_delivered_or_an_archived_letter_nobody_is_imported(draft: Letter) -> None:
    with pytest.raises(Refused, match="not open yet"):
        begin(draft, HEAD, ALPHA)


@pytest.mark.parametrize("approves", [False, True])
def test_the_number_of_queries_does_not_grow_with_the_rows(letter: Letter, approves: bool) -> None:
    def queries(start: int, count: int) -> int:
        rows = [
            ["", invented_name(number), "", "", "Ada Doe", "Director", f"a{number}@example.org"]
            for number in range(start, start + count)
        ]
        imported = begin(letter, [*HEAD, *CONTACT], *rows, approves=approves)
        with CaptureQueriesContext(connection) as captured:
            running.look(imported)
            running.confirm(imported=imported, by=imported.by)
        return len(captured)

    assert queries(0, 5) == queries(10, 200) <= 45
