"""Signing and confirming, as the services promise it."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from campaign.letters import archive_letter, close_letter
from campaign.models import Letter, OutgoingMail
from campaign.models.mail import MailState
from campaign.texts import Words, set_words, words_of
from signatories.models import Contact, SignOn
from signatories.models.sign_on import ALLOWED, Status
from signatories.services import asking, confirming, correcting, signing
from signatories.services.confirming import LinkExpired
from signatories.services.signing import Person, SigningClosed

ADA = Person("Ada Lovelace", "Director", "ada@example.org")


def sign(letter: Letter, name: str = "Peace Direct", person: Person = ADA) -> SignOn:
    assert letter.current_text
    assert letter.default_group
    signing.sign(
        letter=letter,
        wording=letter.current_text.wording_in(letter.language),
        group=letter.default_group,
        listed_name=name,
        person=person,
    )
    return SignOn.objects.latest("pk")


def confirm(sign_on: SignOn) -> bool:
    return confirming.confirm(sign_on=sign_on, wording=sign_on.wording)


def test_signing_writes_sign_on_contact_and_mail_together(letter: Letter) -> None:
    sign_on = sign(letter)
    assert (sign_on.status, sign_on.listed_name) == (Status.UNCONFIRMED, "Peace Direct")
    assert sign_on.contacts.get().email == "ada@example.org"
    mail = OutgoingMail.objects.get()
    assert mail.kind == "sign_on.confirm"
    assert mail.references == {"sign_on": sign_on.pk, "contact": sign_on.contacts.get().pk}


def test_a_mail_row_holds_no_address_name_or_token(letter: Letter) -> None:
    sign_on = sign(letter)
    row = str(OutgoingMail.objects.values().get())
    for secret in ("ada@", "example.org", "lovelace", asking.confirmation_token(sign_on).lower()):
        assert secret not in row.lower()


def deliver() -> None:
    OutgoingMail.objects.update(state=MailState.SENT, sent_at=timezone.now())


def test_the_same_again_makes_no_second_sign_on_but_a_second_mail(letter: Letter) -> None:
    sign(letter)
    deliver()
    sign(letter, "PEACE  direct", Person("Ada L.", "Director", "Ada@Example.org"))
    assert SignOn.objects.count() == Contact.objects.count() == 1
    assert OutgoingMail.objects.count() == 2


def test_pressing_again_and_again_piles_up_no_mails(letter: Letter) -> None:
    for _ in range(20):
        sign(letter)
    assert OutgoingMail.objects.count() == 1


def test_the_same_again_once_confirmed_is_not_mailed_again(letter: Letter) -> None:
    confirm(sign(letter))
    sign(letter)
    assert SignOn.objects.count() == OutgoingMail.objects.count() == 1


def test_one_person_may_sign_for_several_bodies(letter: Letter) -> None:
    sign(letter, "Peace Direct")
    sign(letter, "Peace Indirect")
    assert SignOn.objects.count() == 2


def test_two_people_may_sign_for_one_body_and_staff_decide(letter: Letter) -> None:
    sign(letter)
    sign(letter, person=Person("Bob", "Chair", "bob@example.org"))
    assert SignOn.objects.count() == 2


def test_a_closed_letter_takes_no_sign_on(letter: Letter) -> None:
    close_letter(letter)
    with pytest.raises(SigningClosed):
        sign(letter)
    assert not SignOn.objects.exists()


def test_a_letter_past_its_closing_moment_takes_no_sign_on(letter: Letter) -> None:
    letter.closes = timezone.now() + timedelta(seconds=1)
    assert letter.accepts_sign_ons()
    assert not letter.accepts_sign_ons(letter.closes)


def test_confirming_makes_it_pending(letter: Letter) -> None:
    sign_on = sign(letter)
    assert confirm(sign_on)
    assert sign_on.status == Status.PENDING
    assert sign_on.confirmed_at is not None


def test_confirming_twice_changes_nothing(letter: Letter) -> None:
    sign_on = sign(letter)
    confirm(sign_on)
    first = sign_on.confirmed_at
    assert not confirm(sign_on)
    assert sign_on.confirmed_at == first


def test_an_expired_link_does_not_confirm(letter: Letter) -> None:
    sign_on = sign(letter)
    SignOn.objects.update(confirm_by=timezone.now() - timedelta(seconds=1))
    with pytest.raises(LinkExpired):
        confirm(sign_on)
    assert sign_on.status == Status.UNCONFIRMED


def test_what_is_not_confirmed_in_time_lapses_and_can_be_renewed(letter: Letter) -> None:
    sign_on = sign(letter)
    deliver()
    old = asking.confirmation_token(sign_on)
    SignOn.objects.update(confirm_by=timezone.now() - timedelta(seconds=1))
    assert confirming.lapse() == 1
    sign_on.refresh_from_db()
    assert sign_on.status == Status.LAPSED
    confirming.renew(sign_on=sign_on)
    assert sign_on.status == Status.UNCONFIRMED
    assert asking.confirmation_token(sign_on) != old
    assert OutgoingMail.objects.count() == 2
    assert confirm(sign_on)


def test_nothing_is_renewed_or_confirmed_once_a_letter_is_archived(letter: Letter) -> None:
    sign_on = sign(letter)
    close_letter(letter)
    archive_letter(letter)
    sign_on = SignOn.objects.get(pk=sign_on.pk)
    with pytest.raises(LinkExpired):
        confirming.renew(sign_on=sign_on)
    with pytest.raises(LinkExpired):
        confirm(sign_on)
    assert SignOn.objects.get().status == Status.UNCONFIRMED


def test_a_letter_that_opens_later_takes_no_sign_on_yet(letter: Letter) -> None:
    Letter.objects.update(opens=timezone.now() + timedelta(days=1))
    letter.refresh_from_db()
    with pytest.raises(SigningClosed):
        sign(letter)


def test_renewing_after_signing_again_mails_about_the_waiting_one(letter: Letter) -> None:
    lapsed = sign(letter)
    SignOn.objects.update(confirm_by=timezone.now() - timedelta(seconds=1))
    confirming.lapse()
    waiting = sign(letter)
    lapsed.refresh_from_db()
    confirming.renew(sign_on=lapsed)
    lapsed.refresh_from_db()
    assert lapsed.status == Status.LAPSED
    assert OutgoingMail.objects.first().references["sign_on"] == waiting.pk  # type: ignore[union-attr]


def test_a_sign_on_is_bound_to_the_words_that_were_confirmed(letter: Letter) -> None:
    sign_on = sign(letter)
    before = sign_on.wording
    words = words_of(before)
    set_words(letter, Words(title=words.title, body="Please act today."))
    letter.refresh_from_db()
    assert letter.current_text
    after = letter.current_text.wording_in(letter.language)
    assert confirming.confirm(sign_on=sign_on, wording=after)
    assert sign_on.wording == after != before


@pytest.mark.parametrize("start", Status.values)
@pytest.mark.parametrize("end", Status.values)
def test_the_database_makes_only_the_moves_in_the_map(letter: Letter, start: str, end: str) -> None:
    now = timezone.now()
    stamps = dict.fromkeys(
        ("confirmed_at", "approved_at", "rejected_at", "withdrawn_at", "lapsed_at"), now
    )
    sign_on = sign(letter)
    fresh = SignOn.objects.get(pk=sign_on.pk)
    fresh.pk, fresh.listed_name, fresh.name_key = None, "Other", "other"
    fresh.status = start
    for field, value in stamps.items():
        setattr(fresh, field, value)
    fresh.save(force_insert=True)
    allowed = start == end or Status(end) in ALLOWED[Status(start)]
    try:
        with transaction.atomic():
            SignOn.objects.filter(pk=fresh.pk).update(status=end)
    except Exception as error:
        assert not allowed, error
        assert "transition" in str(error)
    else:
        assert allowed


@pytest.mark.parametrize("status", [Status.APPROVED, Status.REJECTED, Status.WITHDRAWN])
def test_the_database_refuses_a_state_without_its_moment(letter: Letter, status: str) -> None:
    sign_on = sign(letter)
    sign_on.pk, sign_on.name_key, sign_on.status = None, "other", status
    with pytest.raises(IntegrityError), transaction.atomic():
        sign_on.save(force_insert=True)


def test_a_link_that_ends_between_reading_and_writing_confirms_nothing(letter: Letter) -> None:
    """As when staff give the sign-on another contact while the one before presses the button."""
    read = sign(letter)
    correcting.contact_changed(sign_on=SignOn.objects.get(pk=read.pk))
    epoch = read.epoch
    with pytest.raises(LinkExpired):
        confirm(read)
    assert SignOn.objects.get(pk=read.pk).status == Status.UNCONFIRMED
    read.epoch = epoch
    with pytest.raises(LinkExpired):
        confirming.renew(sign_on=read)
    # Nor is it told how the new contact has decided meanwhile.
    confirm(SignOn.objects.get(pk=read.pk))
    read.epoch = epoch
    with pytest.raises(LinkExpired):
        confirm(read)
