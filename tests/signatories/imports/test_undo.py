"""The undo takes back what nobody has touched since, and says of all else why it stays."""

from datetime import timedelta
from typing import Any

import pghistory
import pytest
import time_machine
from django.utils import timezone

from campaign.models import Letter, OutgoingMail, Publication
from signatories.imports import running, undo
from signatories.models import (
    Contact,
    Evidence,
    Import,
    ImportedRow,
    Organisation,
    SignOn,
    SignOnOrganisation,
)
from signatories.models.importing import UNDOABLE_FOR
from signatories.models.sign_on import Status
from signatories.services import correcting, moderation
from signatories.services.moving import Refused
from tests.factories import OrganisationFactory, SignOnFactory, StaffFactory
from tests.signatories.imports.files import bring

pytestmark = pytest.mark.django_db

HEAD = ["organisation", "country", "contact_name", "contact_title", "email"]
NAMES = ["Alpha Aid", "Beta Bridges", "Gamma Group", "Delta Desk"]
ROWS = [[name, "SE", "Ada Doe", "Director", f"a{n}@example.org"] for n, name in enumerate(NAMES)]


def staff() -> Any:
    """As the desk names who changes something; here, where all is one transaction, it has to."""
    return pghistory.context(user=StaffFactory().pk, action="staff")


def undone(imported: Import, *, withdraws: bool = False) -> dict[str, int]:
    return undo.undo(imported=imported, by=StaffFactory(), withdraws=withdraws)


def left(imported: Import) -> dict[str, str]:
    rows = ImportedRow.objects.filter(imported=imported).exclude(left="")
    return {str(row.sign_on or row.organisation): row.left for row in rows}


def test_what_nobody_touched_goes_with_its_contacts(letter: Letter) -> None:
    there = SignOnFactory(letter=letter)
    imported = bring(letter, HEAD, *ROWS)
    found = undone(imported)
    assert found == {"removed": 4, "withdrawn": 0, "restored": 0, "left": 0}
    assert SignOn.objects.get() == there
    assert Contact.objects.count() == 1
    assert imported.undone_counts == found
    assert imported.undone_by is not None


def test_what_staff_worked_on_since_stays_and_says_why(letter: Letter) -> None:
    imported = bring(letter, HEAD, *ROWS)
    alpha, beta, gamma, delta = SignOn.objects.order_by("pk")
    with staff():
        correcting.edit(sign_on=alpha, listed_name="Alpha Aid International", group=alpha.group)
        moderation.approve(sign_on=beta)
        moderation.reject(sign_on=gamma, reason="No.", tell=False)
    found = undone(imported)
    assert found == {"removed": 1, "withdrawn": 0, "restored": 0, "left": 3}
    assert left(imported) == {
        "Alpha Aid International": "changed since",
        "Beta Bridges": "approved",
        "Gamma Group": "came to its end since",
    }
    assert not SignOn.objects.filter(pk=delta.pk).exists()


@pytest.mark.parametrize("how", ["contact", "evidence", "link"])
def test_what_hangs_on_a_sign_on_counts_as_work_on_it(letter: Letter, how: str) -> None:
    imported = bring(letter, HEAD, *ROWS[:1])
    sign_on = SignOn.objects.get()
    if how == "contact":
        with staff():
            correcting.note_contact(sign_on=sign_on)
    elif how == "evidence":
        Evidence.objects.create(sign_on=sign_on, note="They called.", added_by=None)
    else:
        SignOnOrganisation.objects.create(sign_on=sign_on, organisation=OrganisationFactory())
    assert undone(imported)["left"] == 1
    assert left(imported) == {"Alpha Aid": "changed since"}


def test_the_approved_are_withdrawn_only_where_that_is_asked_for(letter: Letter) -> None:
    imported = bring(letter, HEAD, *ROWS, approves=True)
    wanted = Publication.objects.get(letter=letter).wanted
    assert undo.approved(imported) == 4
    found = undone(imported, withdraws=True)
    assert found["withdrawn"] == 4
    assert set(SignOn.objects.values_list("status", flat=True)) == {Status.WITHDRAWN}
    assert Publication.objects.get(letter=letter).wanted == wanted + 1
    assert not OutgoingMail.objects.exists(), "nobody was told that they are listed"
    assert set(left(imported).values()) == {"linked to a sign-on"}, "their organisations"


def test_without_that_they_stay_listed(letter: Letter) -> None:
    imported = bring(letter, HEAD, *ROWS, approves=True)
    assert undone(imported)["withdrawn"] == 0
    assert SignOn.objects.public().count() == 4


def test_contacts_who_were_told_that_they_are_listed_are_told_that_they_are_not(
    letter: Letter,
) -> None:
    imported = bring(letter, HEAD, *ROWS)
    with staff():
        moderation.approve(sign_on=SignOn.objects.order_by("pk")[0])
    undone(imported, withdraws=True)
    kinds = list(OutgoingMail.objects.order_by("pk").values_list("kind", flat=True))
    assert kinds == ["sign_on.listed", "sign_on.withdrawn"]


def test_after_an_undo_the_corrected_list_can_be_imported(letter: Letter) -> None:
    imported = bring(letter, HEAD, *ROWS, approves=True)
    undone(imported, withdraws=True)
    again = bring(letter, HEAD, *ROWS, approves=True)
    assert again.counts["new"] == 4
    assert SignOn.objects.public().count() == 4


def test_what_was_changed_becomes_what_it_was_unless_it_was_changed_again(letter: Letter) -> None:
    one = SignOnFactory(letter=letter, name="Alpha Aid", country="FI", status=Status.APPROVED)
    other = SignOnFactory(letter=letter, name="Beta Bridges", country="FI")
    imported = bring(letter, HEAD[:2], ["Alpha Aid", "SE"], ["Beta Bridges", "SE"], changes=True)
    other.refresh_from_db()
    correcting.edit(sign_on=other, listed_name=str(other), group=other.group, country="NO")
    found = undone(imported)
    assert (found["restored"], found["left"]) == (1, 1)
    one.refresh_from_db()
    other.refresh_from_db()
    assert (one.country, other.country) == ("FI", "NO")
    assert left(imported) == {"Beta Bridges": "changed since"}


def test_organisations_that_are_in_use_stay() -> None:
    old = OrganisationFactory(display_name="Old", website="https://old.example")
    imported = bring(
        None,
        ["organisation", "website", "parent"],
        ["Old", "new.example", ""],
        ["Free", "", ""],
        ["Linked", "", ""],
        ["Renamed", "", ""],
        ["Umbrella", "", ""],
        ["Own chapter", "", "Free"],
    )
    bodies = {str(body): body for body in Organisation.objects.all()}
    SignOnOrganisation.objects.create(sign_on=SignOnFactory(), organisation=bodies["Linked"])
    with staff():
        Organisation.objects.filter(display_name="Renamed").update(country="SE")
    OrganisationFactory(display_name="Stranger", parent=bodies["Umbrella"])
    found = undone(imported)
    assert found == {"removed": 2, "withdrawn": 0, "restored": 1, "left": 3}
    assert left(imported) == {
        "Linked": "linked to a sign-on",
        "Renamed": "changed since",
        "Umbrella": "has chapters",
    }
    old.refresh_from_db()
    assert old.website == "https://old.example"


def test_an_import_is_undone_once_and_only_for_a_time(letter: Letter) -> None:
    imported = bring(letter, HEAD, *ROWS[:1])
    later = timezone.now() + UNDOABLE_FOR + timedelta(hours=1)
    with time_machine.travel(later), pytest.raises(Refused, match="90 days"):
        undone(imported)
    undone(imported)
    with pytest.raises(Refused, match="not undone yet"):
        undone(imported)
    waiting = Import.objects.create(kind="organisations", rows={})
    with pytest.raises(Refused):
        undone(waiting)


def test_the_audit_says_what_was_done_by_an_import_and_its_undo(letter: Letter) -> None:
    user = StaffFactory()
    with pghistory.context(user=user.pk, action="staff"):
        imported = bring(letter, HEAD, *ROWS[:1])
    made = SignOn.objects.get().events.get()
    assert made.pgh_context.metadata == {
        "user": imported.by_id, "action": "import", "imported": imported.pk,
    }  # fmt: skip
    with pghistory.context(user=user.pk, action="staff"):
        undone(imported)
    events = type(made).objects.order_by("pgh_id")
    assert [event.pgh_label for event in events] == ["insert", "delete"]
    assert events[1].pgh_context.metadata["action"] == "undo import"
    trail = imported.events.order_by("pgh_id")
    assert [bool(event.undone_at) for event in trail][-1]
    assert not any(hasattr(event, "file_name") or hasattr(event, "rows") for event in trail)


def test_nothing_is_half_undone_or_half_imported(letter: Letter) -> None:
    imported = running.begin(
        kind="sign_ons", letter=letter, file_name="x", content=b"organisation\nAlpha\n", by=None
    )
    running.choose(
        imported=imported, note="x", ignored=[], approves=True, changes=False,
        leaves_out_wrong=False,
    )  # fmt: skip
    # Somebody links and approves the same between the look and the writing.
    other = SignOnFactory(letter=letter, name="Other")
    body = OrganisationFactory(display_name="Alpha")
    SignOnOrganisation.objects.create(sign_on=other, organisation=body)
    moderation.approve(sign_on=other)
    with pytest.raises(Refused):
        running.confirm(imported=imported, by=imported.by)
    assert SignOn.objects.count() == 1
    assert imported.rows is not None
