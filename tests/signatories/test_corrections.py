"""What staff correct at the desk: it stays, it is mailed, and nothing of it is lost."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from campaign.letters import archive_letter, close_letter
from campaign.models import Letter, OutgoingMail
from campaign.models.mail import Withheld
from signatories.admin.sign_on_trail import trail
from signatories.models import Contact, SignOn
from signatories.models.sign_on import Status
from signatories.services import asking, confirming, correcting, moderation
from signatories.services.confirming import LinkExpired
from signatories.services.moving import Refused
from signatories.services.signing import Person
from tests.factories import SignOnFactory, StaffFactory
from tests.signatories.test_admin_sign_ons import change_url, shown_form
from tests.signatories.test_signing import confirm, sign

pytestmark = pytest.mark.django_db

#: The audit's context lasts as long as the transaction: in a test's own, the signer would be staff.
committed = pytest.mark.django_db(transaction=True)
ADA = Person("Ada", "Director", "ada@example.org")


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(StaffFactory(username="maya"))
    return client


@pytest.fixture
def unconfirmed(letter: Letter) -> SignOn:
    return SignOnFactory(letter=letter, name="Peace Direct", person=ADA, status=Status.UNCONFIRMED)


def correct(desk: Client, sign_on: SignOn, **contact: str) -> Any:
    changes = {f"contacts-0-{field}": value for field, value in contact.items()}
    response = desk.post(change_url(sign_on), shown_form(desk, sign_on) | changes)
    sign_on.refresh_from_db()
    return response


def test_an_address_corrected_after_closing_is_mailed_and_can_confirm(
    desk: Client, unconfirmed: SignOn
) -> None:
    close_letter(unconfirmed.letter)
    assert correct(desk, unconfirmed, email="right@example.org").status_code == 302
    assert unconfirmed.contacts.get().email == "right@example.org"
    assert OutgoingMail.objects.get().kind == "sign_on.confirm"
    assert confirm(unconfirmed)


def test_where_nobody_can_confirm_any_more_what_staff_typed_stays_in_the_form(
    desk: Client, unconfirmed: SignOn
) -> None:
    close_letter(unconfirmed.letter)
    archive_letter(unconfirmed.letter)
    response = correct(desk, unconfirmed, email="right@example.org", name="Ada Lovelace")
    assert response.status_code == 200
    page = response.content.decode()
    assert "is archived: nobody can confirm this sign-on any more" in page
    assert 'value="right@example.org"' in page
    assert 'value="Ada Lovelace"' in page
    assert unconfirmed.contacts.get().email == "ada@example.org"
    with pytest.raises(Refused, match="archived"):
        correcting.contact_changed(sign_on=unconfirmed)


def test_there_the_name_of_a_contact_is_corrected_all_the_same(
    desk: Client, unconfirmed: SignOn
) -> None:
    close_letter(unconfirmed.letter)
    archive_letter(unconfirmed.letter)
    assert correct(desk, unconfirmed, name="Ada Lovelace").status_code == 302
    assert unconfirmed.contacts.get().name == "Ada Lovelace"


@committed
@pytest.mark.parametrize("field", ["name", "title"])
def test_a_contact_that_staff_corrected_stays_when_the_form_is_sent_again(
    desk: Client, unconfirmed: SignOn, field: str
) -> None:
    token = asking.confirmation_token(unconfirmed)
    assert correct(desk, unconfirmed, **{field: "As staff put it"}).status_code == 302
    sign(unconfirmed.letter, person=ADA)
    assert getattr(Contact.objects.get(), field) == "As staff put it"
    unconfirmed.refresh_from_db()
    assert unconfirmed.signals == ["again"]  # staff see that somebody tried
    assert asking.confirmation_token(unconfirmed) == token  # which its mail holds


@committed
def test_that_somebody_tried_is_said_once_and_stays_when_it_is_confirmed(
    desk: Client, unconfirmed: SignOn
) -> None:
    correct(desk, unconfirmed, name="Ada Lovelace")
    for _ in range(2):
        sign(unconfirmed.letter, person=ADA)
    unconfirmed.refresh_from_db()
    confirm(unconfirmed)
    assert unconfirmed.signals == ["again"]


@committed
def test_the_trail_says_who_changed_the_contact_and_not_what(
    desk: Client, unconfirmed: SignOn
) -> None:
    correct(desk, unconfirmed, name="Ada Lovelace")
    entry = trail(unconfirmed)[0]
    assert (entry.who, entry.what) == ("maya", ["Contact changed"])
    assert "Lovelace" not in str(list(unconfirmed.events.values()))


@committed
def test_evidence_alone_is_no_change_of_the_contact(desk: Client, unconfirmed: SignOn) -> None:
    data = shown_form(desk, unconfirmed) | {"evidence-0-note": "Call of 3 May."}
    assert desk.post(change_url(unconfirmed), data).status_code == 302
    sign(unconfirmed.letter, person=Person("Ada Lovelace", "Chair", "ada@example.org"))
    assert Contact.objects.get().name == "Ada Lovelace"


def gone(sign_on: SignOn) -> SignOn:
    """As it was read before a purge or an erasure took it."""
    read = SignOn.objects.get(pk=sign_on.pk)
    assert read.letter
    SignOn.objects.filter(pk=sign_on.pk).delete()
    return read


VERBS: dict[str, Callable[[SignOn], object]] = {
    "approve": lambda one: moderation.approve(sign_on=one),
    "reject": lambda one: moderation.reject(sign_on=one, reason="No.", tell=True),
    "withdraw": lambda one: moderation.withdraw(sign_on=one),
    "reconsider": lambda one: moderation.reconsider(sign_on=one),
    "edit": lambda one: correcting.edit(sign_on=one, listed_name="Other", group=one.group),
    "contact_changed": lambda one: correcting.contact_changed(sign_on=one),
    "note_contact": lambda one: correcting.note_contact(sign_on=one),
}


@pytest.mark.parametrize("status", [Status.UNCONFIRMED, Status.PENDING])
@pytest.mark.parametrize("verb", VERBS)
def test_what_was_deleted_since_it_was_read_is_refused(
    letter: Letter, verb: str, status: Status
) -> None:
    read = gone(SignOnFactory(letter=letter, status=status))
    with pytest.raises(Refused):
        VERBS[verb](read)


def test_a_link_to_what_was_deleted_since_it_was_read_is_expired(unconfirmed: SignOn) -> None:
    read = gone(unconfirmed)
    with pytest.raises(LinkExpired):
        confirm(read)
    with pytest.raises(LinkExpired):
        confirming.renew(sign_on=read)


@pytest.mark.parametrize("move", ["reject", "withdraw"])
def test_the_mail_that_asks_to_confirm_is_dropped_with_its_sign_on(
    letter: Letter, move: str
) -> None:
    sign_on = sign(letter)
    VERBS[move](sign_on)
    assert OutgoingMail.objects.get().withheld_for == Withheld.GONE
