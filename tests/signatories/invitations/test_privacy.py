"""Who is invited is purged with the letter, told to who asks, and erased."""

import json
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
import time_machine
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from campaign.letters import close_letter, mark_delivered
from campaign.models import Letter
from campaign.redaction import redact
from signatories.models import Contact, Invitation, SignOn
from signatories.privacy import purge as purging
from signatories.privacy import subject
from signatories.services.invitations import link_of
from tests.factories import InvitationFactory, LetterFactory
from tests.signatories.invitations.test_link import FORM
from tests.signatories.privacy.planted import plant_invitation
from tests.signatories.privacy.whole_database import places_of

pytestmark = pytest.mark.django_db

START = datetime(2026, 1, 10, 12, tzinfo=UTC)
WORDS = ("Quuxling", "zyxguest", "zyxauthority", "zyxdecline", "zyxmessage")
ADDRESS = "zyxguest@planted.example"


def purge(at: datetime) -> None:
    with time_machine.travel(at, tick=False):
        purging.purge(timezone.now())


def test_the_personal_columns_are_where_the_table_says_and_nowhere_else(letter: Letter) -> None:
    for column, text in plant_invitation(letter).secrets.items():
        others = places_of(text) - {column}
        # The two hashes are equal for a plain spelling of an address.
        assert others <= {"campaign_outgoingmail.recipient_key"}, column


def test_after_all_is_over_nothing_of_who_was_invited_is_left_in_the_whole_database() -> None:
    with time_machine.travel(START, tick=False):
        letter = LetterFactory(open=True)
        planted = plant_invitation(letter)
        close_letter(letter)
        mark_delivered(letter)
    purge(START + timedelta(days=180))
    assert Contact.objects.exists()
    purge(START + timedelta(days=184))
    for word in WORDS:
        assert places_of(word) == set(), word
    left = Invitation.objects.get()
    assert left.organisation == planted.invitation.organisation
    assert left.epoch != planted.invitation.epoch, "its link would prove nobody"


def test_an_open_letter_keeps_whom_it_invited() -> None:
    with time_machine.travel(START, tick=False):
        plant_invitation(LetterFactory(open=True))
    purge(START + timedelta(days=2000))
    assert places_of("Quuxling") == {"signatories_contact.name"}


def test_all_that_an_invitation_holds_is_told_to_who_asks(letter: Letter) -> None:
    planted = plant_invitation(letter)
    out = StringIO()
    call_command("personal_data", ADDRESS, stdout=out)
    found = json.loads(out.getvalue())
    assert [one["name"] for one in found["contacts"]] == [planted.person.name]
    [invitation] = found["invitations"]
    assert invitation["decline_reason"] == planted.invitation.decline_reason
    assert invitation["letter__slug"] == letter.slug
    assert not subject.is_nothing(subject.held(ADDRESS))


def test_erasing_takes_the_person_out_and_ends_the_link(client: Client, letter: Letter) -> None:
    planted = plant_invitation(letter)
    other = InvitationFactory(letter=letter, message="Ask zyxguest@planted.example", authority="x")
    assert subject.erase(ADDRESS) > 0
    for word in ("Quuxling", "zyxguest", "zyxauthority", "zyxdecline"):
        assert places_of(word) == set(), word
    assert client.get(link_of(planted.invitation)).status_code == 404
    assert client.get(link_of(other)).status_code == 200
    assert subject.is_nothing(subject.held(ADDRESS))
    assert subject.erase(ADDRESS) == 0


def test_who_signed_by_a_link_is_erased_as_a_contact_of_the_sign_on(
    client: Client, letter: Letter
) -> None:
    planted = plant_invitation(letter)
    client.post(link_of(planted.invitation), FORM)
    assert subject.erase(ADDRESS) > 0
    for word in ("zyxguest", "zyxdecline"):
        assert places_of(word) == set(), word
    assert SignOn.objects.get().email_key == ""


def test_a_personal_link_is_hidden_in_every_log(letter: Letter) -> None:
    path = link_of(InvitationFactory(letter=letter))
    token = path.split("/")[2]
    for line in (f"GET {path} 500", f"https://x.example{path}", f"next=%2Finvitations%2F{token}"):
        assert token not in redact(line)
        assert token.split("-", 1)[1] not in redact(line)
