"""The same organisation and address once more: what was typed last is what is signed."""

from datetime import timedelta

import pghistory
import pytest
from django.utils import timezone

from campaign.letters import PAUSE_HOLDS, pause_letter
from campaign.models import Letter, OutgoingMail
from campaign.models.mail import Withheld
from campaign.texts import Words, set_words
from campaign.tokens import address_key
from signatories.admin.sign_on_page import trail
from signatories.models import Contact, SignOn
from signatories.models.sign_on import Status
from signatories.services import asking, correcting, moderation, signing
from signatories.services.asking import CONFIRM_WITHIN
from signatories.services.signing import Person
from tests.factories import SignOnFactory, StaffFactory
from tests.signatories.test_signing import confirm, deliver

MALLORY = Person("Mallory", "Nobody", "ada@example.org")
ADA = Person("Ada Lovelace", "Director", "Ada@example.org")


def post(letter: Letter, name: str, person: Person, **more: str) -> SignOn:
    letter.refresh_from_db()
    assert letter.current_text
    assert letter.default_group
    signing.sign(
        letter=letter,
        wording=letter.current_text.wording_in(letter.language),
        group=letter.default_group,
        listed_name=name,
        person=person,
        **more,  # type: ignore[arg-type]
    )
    return SignOn.objects.get(name_key="greenpeace")


def of_mallory(letter: Letter) -> SignOn:
    return post(letter, "GREENPEACE", MALLORY, website="https://evil.example", country="AQ")


def of_ada(letter: Letter) -> SignOn:
    return post(letter, "Greenpeace", ADA, website="https://greenpeace.org", country="NL")


def test_the_last_words_win_while_it_is_unconfirmed(letter: Letter) -> None:
    of_mallory(letter)
    set_words(letter, Words(title="Act now", body="Please act **today**."))
    sign_on = of_ada(letter)
    assert (sign_on.listed_name, sign_on.website, sign_on.country) == (
        "Greenpeace", "https://greenpeace.org", "NL",
    )  # fmt: skip
    assert sign_on.wording.text.number == 2
    contact = Contact.objects.get()
    assert (contact.name, contact.title) == ("Ada Lovelace", "Director")
    assert confirm(sign_on)
    moderation.approve(sign_on=sign_on)
    assert list(SignOn.objects.public().values_list("listed_name", "website")) == [
        ("Greenpeace", "https://greenpeace.org")
    ]


def test_what_is_left_empty_the_second_time_is_empty(letter: Letter) -> None:
    of_mallory(letter)
    sign_on = post(letter, "Greenpeace", ADA)
    assert (sign_on.website, sign_on.country) == ("", "")


def test_its_place_in_the_list_and_its_signals_are_those_of_the_last_words(letter: Letter) -> None:
    post(letter, "GREENPEACE", MALLORY, website="https://evil.example", trap="spam")
    sign_on = of_ada(letter)
    alone = SignOnFactory(name="Greenpeace", letter=letter)
    assert bytes(sign_on.sort_key) == bytes(alone.sort_key)
    assert sign_on.signals == ["other-domain"]


def test_the_audit_keeps_what_was_typed_before(letter: Letter) -> None:
    sign_on = of_mallory(letter)
    of_ada(letter)
    said = [line for entry in trail(sign_on) for line in entry.what]
    assert "Listed name: “Greenpeace” (was “GREENPEACE”)" in said
    assert "Website: “https://greenpeace.org” (was “https://evil.example”)" in said


def test_the_link_of_the_first_mail_confirms_the_last_words(letter: Letter) -> None:
    token = asking.confirmation_token(of_mallory(letter))
    assert asking.confirmation_token(of_ada(letter)) == token


def test_a_mail_goes_out_again_to_where_the_first_went(letter: Letter) -> None:
    """Two spellings that are one to us may be two to a mail server: the link stays where it was."""
    of_mallory(letter)
    deliver()
    sign_on = of_ada(letter)
    assert OutgoingMail.objects.count() == 2
    assert sign_on.contacts.get().email == "ada@example.org"
    assert sign_on.email_key == address_key("ada@example.org")


def test_who_signs_again_late_has_the_whole_term_to_confirm(letter: Letter) -> None:
    sign_on = of_mallory(letter)
    late = timezone.now() - CONFIRM_WITHIN
    SignOn.objects.filter(pk=sign_on.pk).update(confirm_by=late)
    before = timezone.now()
    again = of_ada(letter)
    assert again.confirm_by
    assert again.confirm_by >= before + CONFIRM_WITHIN


def test_on_a_paused_letter_the_last_words_win_and_the_mail_is_held(letter: Letter) -> None:
    of_mallory(letter)
    deliver()
    pause_letter(letter)
    assert of_ada(letter).listed_name == "Greenpeace"
    assert OutgoingMail.objects.filter(withheld_for=Withheld.PAUSE).count() == 1


@pytest.mark.django_db(transaction=True)  # the audit's context lasts as long as the transaction
def test_what_staff_have_corrected_stays_as_they_put_it(letter: Letter) -> None:
    sign_on = of_ada(letter)
    deliver()
    with pghistory.context(user=StaffFactory().pk, action="staff"):
        correcting.edit(
            sign_on=sign_on,
            listed_name="GreenPeace",
            group=letter.groups.first(),  # type: ignore[arg-type]
            website="https://greenpeace.org/international",
        )
    again = of_mallory(letter)
    assert (again.listed_name, again.website, again.country) == (
        "GreenPeace", "https://greenpeace.org/international", "",
    )  # fmt: skip
    assert again.group == letter.groups.first()
    assert again.contacts.get().name == "Ada Lovelace"
    assert OutgoingMail.objects.count() == 2  # and the mail is asked for all the same


@pytest.mark.parametrize("again", [1, 3])
def test_once_confirmed_nothing_is_changed_and_staff_see_that_somebody_tried(
    letter: Letter, again: int
) -> None:
    sign_on = of_ada(letter)
    confirm(sign_on)
    before = SignOn.objects.values().get(pk=sign_on.pk)
    events = sign_on.events.count()
    for _ in range(again):
        of_mallory(letter)
    after = SignOn.objects.values().get(pk=sign_on.pk)
    assert after.pop("signals") == [*before.pop("signals"), "again"]
    assert after == before
    assert Contact.objects.get().name == "Ada Lovelace"
    assert sign_on.events.count() == events
    assert OutgoingMail.objects.count() == 1


@pytest.mark.parametrize(
    "status", [Status.APPROVED, Status.REJECTED, Status.WITHDRAWN, Status.LAPSED]
)
def test_beside_one_that_waits_no_more_it_is_a_new_sign_on(letter: Letter, status: Status) -> None:
    old = SignOnFactory(letter=letter, name="Greenpeace", person=ADA, status=status)
    signing.sign(
        letter=letter,
        wording=old.wording,
        group=old.group,
        listed_name="GREENPEACE",
        person=MALLORY,
    )
    new = SignOn.objects.latest("pk")
    assert (new.listed_name, new.status) == ("GREENPEACE", Status.UNCONFIRMED)
    assert new.contacts.get().name == "Mallory"
    old.refresh_from_db()
    assert old.listed_name == "Greenpeace"


def test_signing_again_and_again_keeps_nobody_for_ever(letter: Letter) -> None:
    sign_on = of_mallory(letter)
    SignOn.objects.update(created_at=timezone.now() - PAUSE_HOLDS + timedelta(days=2))
    of_mallory(letter)
    sign_on.refresh_from_db()
    assert sign_on.confirm_by is not None
    assert sign_on.confirm_by <= sign_on.created_at + PAUSE_HOLDS + timedelta(days=14)
    before = sign_on.confirm_by
    of_mallory(letter)
    sign_on.refresh_from_db()
    assert sign_on.confirm_by == before
