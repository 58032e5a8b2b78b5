"""The desk of invitations: inviting from a list, the tracker, one invitation."""

from html import unescape
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.db.models import ProtectedError
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from campaign.letters import close_letter
from campaign.models import Letter, OutgoingMail
from signatories.models import Contact, Invitation, InvitationBatch, Organisation
from signatories.models.sign_on import Status
from signatories.services import inviting
from signatories.services.invitations import link_of
from signatories.services.invite_list import read_list
from signatories.services.signing import Person
from tests.factories import InvitationFactory, LetterFactory, OrganisationFactory, SignOnFactory
from tests.plans import plans
from tests.roles import client_of
from tests.signatories.confirm_page import fields_of
from tests.signatories.invitations.test_inviting import WEEK, later
from tests.signatories.invitations.test_link import FORM
from tests.signatories.test_views import said

pytestmark = pytest.mark.django_db

INVITE = "/admin/campaign/letter/invite/"
LIST = "Body A, Ann Lee, ann@example.org, Chair\nBody B, Bo Poe, bo@example.org"
SECRETS = ("Ann Lee", "ann@example.org", "zyxreason", "zyxauthority", "zyxmessage")


@pytest.fixture
def moderator() -> Client:
    return client_of("moderator")


def data(letter: Letter, **changes: str) -> dict[str, str]:
    return {"letter": str(letter.pk), "members": LIST, "message": "", **changes}


def tracker(letter: Letter, **query: str) -> str:
    return reverse("admin:letter-invitations", args=[letter.pk], query=query)


def one(invitation: Invitation) -> str:
    return reverse("admin:letter-invitation", args=[invitation.letter_id, invitation.pk])


def text(response: Any) -> str:
    return unescape(response.content.decode())


def told(response: Any) -> str:
    return " ".join(str(message) for message in get_messages(response.wsgi_request))


# Inviting


def test_it_is_looked_at_first_and_then_sent(moderator: Client, letter: Letter) -> None:
    looked = moderator.post(INVITE, data(letter, message="As agreed."))
    assert looked.status_code == 200
    for shown in ("New: the organisation is made: 2", "Invite 2 organisations: 2 mails go out now",
                  "Subject: Will you sign: Act now", "As agreed.", "Dear Ann Lee"):  # fmt: skip
        assert shown in said(looked) or shown in text(looked)
    assert not Invitation.objects.exists()
    sent = moderator.post(
        INVITE, {**data(letter, message="As agreed."), **fields_of(looked), "send": "1"}
    )
    assert sent["Location"] == tracker(letter)
    assert Invitation.objects.count() == OutgoingMail.objects.count() == 2
    batch = InvitationBatch.objects.get()
    assert batch.message == "As agreed."
    assert batch.created_by
    event = Invitation.objects.earliest("pk").events.get()  # type: ignore[attr-defined]
    assert event.pgh_context.metadata["user"] == batch.created_by_id


def test_what_is_sent_is_what_was_shown(moderator: Client, letter: Letter) -> None:
    looked = moderator.post(INVITE, data(letter))
    SignOnFactory(letter=letter, name="Body A", status=Status.APPROVED)
    for changes in ({}, {"message": "Another word."}, {"pre_approved": "on"}):
        again = moderator.post(
            INVITE, {**data(letter, **changes), **fields_of(looked), "send": "1"}
        )
        assert again.status_code == 422
        assert "Something has changed since you looked" in said(again)
    assert not Invitation.objects.exists()
    assert "Has signed already: skipped: 1" in said(again)
    moderator.post(INVITE, {**data(letter, pre_approved="on"), **fields_of(again), "send": "1"})
    [invitation] = Invitation.objects.all()
    assert invitation.organisation.display_name == "Body B"
    assert invitation.pre_approved


def test_nothing_is_sent_while_a_row_is_wrong(moderator: Client, letter: Letter) -> None:
    typed = data(letter, members=f"{LIST}\nBody C, Cy, nowhere")
    looked = moderator.post(INVITE, typed)
    assert looked.status_code == 422
    assert "1 row cannot be taken" in said(looked)
    assert "Body C, Cy, nowhere" in text(looked)  # what was typed stays
    again = moderator.post(INVITE, {**typed, **fields_of(looked), "send": "1"})
    assert again.status_code == 422
    assert not Invitation.objects.exists()


def test_a_file_is_read_and_its_rows_stand_in_the_form(moderator: Client, letter: Letter) -> None:
    file = SimpleUploadedFile("members.csv", "Büro, Ann, ann@example.org".encode())
    looked = moderator.post(INVITE, {**data(letter, members=""), "file": file})
    assert looked.status_code == 200
    moderator.post(
        INVITE,
        {**data(letter, members="Büro, Ann, ann@example.org"), **fields_of(looked), "send": "1"},
    )
    assert Invitation.objects.get().organisation.display_name == "Büro"


def test_a_file_in_another_encoding_is_refused_in_words(moderator: Client, letter: Letter) -> None:
    file = SimpleUploadedFile("members.csv", "Büro, Ann, a@example.org".encode("latin-1"))
    looked = moderator.post(INVITE, {**data(letter, members=""), "file": file})
    assert looked.status_code == 422
    assert "Save it as “CSV UTF-8”" in said(looked)


def test_members_are_chosen_in_the_registry(moderator: Client, letter: Letter) -> None:
    chosen = [OrganisationFactory(display_name=name).pk for name in ("Alpha", "Beta, Inc.")]
    page = moderator.post(
        "/admin/signatories/organisation/",
        {"action": "invite_selected", "_selected_action": [str(pk) for pk in chosen]},
    )
    assert 'Alpha,,\n"Beta, Inc.",,' in text(page)


@pytest.mark.parametrize("role", ["viewer", "editor"])
def test_only_who_may_invite_is_offered_to(role: str, letter: Letter) -> None:
    client = client_of(role)
    organisation = OrganisationFactory()
    page = client.post(
        "/admin/signatories/organisation/",
        {"action": "invite_selected", "_selected_action": str(organisation.pk)},
    )
    assert "Your own words" not in text(page)
    assert client.post(INVITE, data(letter)).status_code == 403
    assert "Invite members" not in text(client.get(tracker(letter)))


# The tracker


@pytest.fixture
def invitations(letter: Letter) -> list[Invitation]:
    rows = read_list(letter, LIST)
    inviting.invite(
        letter=letter, rows=rows, by=None, authority="zyxauthority", message="zyxmessage"
    )
    Invitation.objects.filter(organisation__display_name="Body B").update(
        declined_at="2026-01-01T00:00Z", decline_reason="zyxreason"
    )
    return list(Invitation.objects.order_by("pk"))


def test_the_tracker_counts_lists_and_filters(
    moderator: Client, letter: Letter, invitations: list[Invitation]
) -> None:
    page = said(moderator.get(tracker(letter)))
    for shown in ("All: 2", "Invited: 1", "Declined: 1", "Signed: 0", "Body A", "Body B"):
        assert shown in page
    declined = said(moderator.get(tracker(letter, standing="declined")))
    assert "Body B" in declined
    assert "Body A" not in declined
    assert "zyxreason" in declined
    assert "Body A" not in said(moderator.get(tracker(letter, standing="taken-back")))


@pytest.mark.parametrize(("typed", "found"), [("body a", "A"), ("ann@", "A"), ("Bo Poe", "B")])
def test_the_tracker_is_searched_by_name_contact_and_address(
    moderator: Client, letter: Letter, invitations: list[Invitation], typed: str, found: str
) -> None:
    page = said(moderator.get(tracker(letter, q=typed)))
    assert f"Body {found}" in page
    assert f"Body {'AB'.replace(found, '')}" not in page


@pytest.mark.parametrize("role", ["viewer", "editor"])
def test_who_may_not_see_contacts_sees_organisations_only(
    role: str, letter: Letter, invitations: list[Invitation]
) -> None:
    client = client_of(role)
    for url in (tracker(letter), tracker(letter, standing="declined"), *map(one, invitations)):
        page = text(client.get(url))
        assert "Body" in page
        assert not [secret for secret in SECRETS if secret in page]
    for typed in ("ann@", "Bo Poe"):
        assert "There is none." in said(client.get(tracker(letter, q=typed)))
    for do in ("take-back", "correct", "show-link"):
        assert client.post(one(invitations[0]), {"do": do}).status_code == 403
    assert client.post(reverse("admin:letter-remind", args=[letter.pk])).status_code == 403


def test_the_silent_are_reminded_by_one_press(
    moderator: Client, letter: Letter, invitations: list[Invitation]
) -> None:
    later(WEEK)
    assert "have not answered: 1 organisation now" in said(moderator.get(tracker(letter)))
    remind = reverse("admin:letter-remind", args=[letter.pk])
    assert "1 organisation reminded" in told(moderator.post(remind))
    assert "Nobody is to be reminded now" in told(moderator.post(remind))
    assert "Silent: 1" in said(moderator.get(tracker(letter)))


def test_a_letter_that_is_closed_reminds_nobody(
    moderator: Client, letter: Letter, invitations: list[Invitation]
) -> None:
    later(WEEK)
    close_letter(letter)
    remind = reverse("admin:letter-remind", args=[letter.pk])
    assert "is not open" in told(moderator.post(remind))


def test_the_tracker_asks_as_little_for_many_as_for_few(moderator: Client, letter: Letter) -> None:
    """Also of 20,000: a page is of 50, and the counts are one statement."""
    numbers = []
    for start, count in ((0, 3), (3, 297)):
        typed = "\n".join(
            f"Body {n:05}, Ann, a{n}@example.org" for n in range(start, start + count)
        )
        inviting.invite(letter=letter, rows=read_list(letter, typed), by=None)
        SignOnFactory(letter=letter, name=f"Body {start:05}", status=Status.APPROVED)
        moderator.get(tracker(letter))
        with CaptureQueriesContext(connection) as captured:
            page = moderator.get(tracker(letter))
        numbers.append(len(captured))
    assert text(page).count('<th scope="row">') == 50
    assert "Page 1 of 6" in said(page)
    assert numbers[0] == numbers[1] <= 11


def test_the_tracker_reads_no_table_whole_but_for_the_letters_own_rows(
    moderator: Client, letter: Letter
) -> None:
    InvitationFactory(letter=letter)
    other = LetterFactory(open=True)
    typed = "\n".join(f"Body {n:05}, Ann, a{n}@example.org" for n in range(2000))
    inviting.invite(letter=other, rows=read_list(other, typed), by=None)
    with connection.cursor() as cursor:
        for table in ("invitation", "contact", "organisation"):
            cursor.execute(f"ANALYZE signatories_{table}")
        cursor.execute("ANALYZE campaign_outgoingmail")
    with plans() as found:
        moderator.get(tracker(letter))
    for table in ("signatories_invitation", "signatories_contact", "campaign_outgoingmail",
                  "signatories_organisation"):  # fmt: skip
        assert [plan.sql for plan in found if table in plan.read_whole] == []


# One invitation


def test_showing_the_link_is_noted_and_the_link_is_in_no_message(
    moderator: Client, letter: Letter, invitations: list[Invitation]
) -> None:
    shown = moderator.post(one(invitations[0]), {"do": "show-link"})
    assert link_of(invitations[0]) in text(shown)
    assert told(shown) == ""
    page = text(moderator.get(one(invitations[0])))
    assert link_of(invitations[0]) not in page
    assert "Looked at the personal link" in page


def test_correcting_asks_the_new_address(
    moderator: Client, letter: Letter, invitations: list[Invitation]
) -> None:
    wrong = moderator.post(one(invitations[0]), {"do": "correct", "name": "Cy", "email": "x"})
    assert wrong.status_code == 422
    assert 'value="Cy"' in text(wrong)
    right = {"do": "correct", "name": "Cy", "title": "", "email": "cy@example.org"}
    assert "a new mail goes out" in told(moderator.post(one(invitations[0]), right))
    assert Contact.objects.get(invitation=invitations[0]).email == "cy@example.org"
    assert "Contact changed" in text(moderator.get(one(invitations[0])))


def test_taking_back_is_in_the_trail(
    moderator: Client, letter: Letter, invitations: list[Invitation]
) -> None:
    assert "is taken back" in told(moderator.post(one(invitations[0]), {"do": "take-back"}))
    page = text(moderator.get(one(invitations[0])))
    assert '<span class="what">Taken back</span>' in page
    assert "ann@example.org" not in page


def test_an_invitation_of_another_letter_is_not_there(
    moderator: Client, invitations: list[Invitation]
) -> None:
    other = LetterFactory(open=True)
    url = reverse("admin:letter-invitation", args=[other.pk, invitations[0].pk])
    assert moderator.get(url).status_code == 404


def test_the_page_of_a_sign_on_says_by_what_authority_it_came(
    moderator: Client, letter: Letter
) -> None:
    person = Person("Ann", "Chair", "ann@example.org")
    invitation = InvitationFactory(letter=letter, person=person, authority="zyxauthority")
    Client().post(link_of(invitation), FORM)
    sign_on = Invitation.objects.get().sign_on
    assert sign_on
    page = text(moderator.get(f"/admin/signatories/signon/{sign_on.pk}/change/"))
    assert "signed by the personal link, which proves the address" in page
    assert "authority: zyxauthority" in inviting.authority_of(sign_on, note=True)
    assert "zyxauthority" not in inviting.authority_of(sign_on)


def test_an_invited_organisation_is_not_deleted(letter: Letter) -> None:
    InvitationFactory(letter=letter)
    with pytest.raises(ProtectedError):
        Organisation.objects.all().delete()
