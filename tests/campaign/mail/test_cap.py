"""The cap per address, and the mails that go out inside another."""

import re
from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone
from pytest_django.fixtures import Settings

from campaign.mail.cap import MOST_IN_ONE
from campaign.models import Letter, OutgoingMail
from campaign.models.mail import MailState, Withheld
from tests.campaign.mail.servers import ask, back_by, due_now, run
from tests.factories import LetterFactory
from tests.servers import Sink
from tests.signatories.test_signing import confirm

LINK = re.compile(r"/sign-ons/confirm/[\w-]+/")


@pytest.fixture(autouse=True)
def _limits(settings: Settings) -> None:
    settings.RATE_LIMITS = True


def text_of(message: object) -> str:
    return str(message.get_body(("plain",)).get_content())  # type: ignore[attr-defined]


def test_what_waits_for_one_address_goes_out_in_one_mail(letter: Letter, smtp_sink: Sink) -> None:
    other = LetterFactory(open=True, public=True)
    sign_ons = [ask(letter), ask(letter, "Other Body"), ask(other, "Third Body")]
    run()
    (message,) = smtp_sink.messages
    text = text_of(message)
    assert len(set(LINK.findall(text))) == 3
    html = message.get_body(("html",)).get_content()  # type: ignore[union-attr]
    assert set(LINK.findall(html)) == set(LINK.findall(text))
    assert all(sign_on.listed_name in text for sign_on in sign_ons)
    lead, *inside = OutgoingMail.objects.order_by("pk")
    assert message["Message-ID"] == lead.message_id
    assert [row.sent_with for row in inside] == [lead, lead]
    assert {row.state for row in [lead, *inside]} == {MailState.SENT}


def test_nothing_that_a_stranger_typed_stands_in_a_joined_subject(
    letter: Letter, smtp_sink: Sink
) -> None:
    for number in range(3):
        ask(letter, f"Free money {number}")
    run()
    assert smtp_sink.messages[0]["Subject"] == "Confirm 3 sign-ons"


def test_mails_to_other_addresses_are_not_joined(letter: Letter, smtp_sink: Sink) -> None:
    ask(letter)
    ask(letter, "Other", "bob@example.org")
    run()
    assert sorted(m["To"] for m in smtp_sink.messages) == ["ada@example.org", "bob@example.org"]


def test_two_mails_an_hour_and_three_a_day_go_to_one_address(
    letter: Letter, smtp_sink: Sink
) -> None:
    moments = []
    step = 20  # minutes; for thirty hours somebody signs in each
    for minute in range(0, 30 * 60, step):
        ask(letter, f"Body {minute}")
        due_now()
        run()
        if len(smtp_sink.messages) > len(moments):
            moments.append(minute)
        OutgoingMail.objects.filter(sent_at__isnull=False).update(
            sent_at=F("sent_at") - timedelta(minutes=step)
        )
    for start in moments:
        assert sum(start <= moment < start + 60 for moment in moments) <= 2
        assert sum(start <= moment < start + 24 * 60 for moment in moments) <= 3
    assert len(moments) >= 4


def test_what_the_cap_holds_goes_out_by_itself_when_it_frees(
    letter: Letter, smtp_sink: Sink
) -> None:
    for name in ("One", "Two"):
        ask(letter, name)
        run()
    held = [ask(letter, "Three"), ask(letter, "Four")]
    run()
    assert len(smtp_sink.messages) == 2
    waiting = OutgoingMail.objects.filter(withheld_for=Withheld.CAP)
    assert waiting.count() == 2
    oldest = OutgoingMail.objects.filter(sent_at__isnull=False).order_by("sent_at")[0]
    assert oldest.sent_at
    assert {row.not_before for row in waiting} == {oldest.sent_at + timedelta(hours=1)}
    assert {row.attempts for row in waiting} == {0}
    assert run() == 0
    back_by(timedelta(hours=2))
    OutgoingMail.objects.filter(withheld_for=Withheld.CAP).update(not_before=timezone.now())
    run()
    assert len(smtp_sink.messages) == 3
    assert all(sign_on.listed_name in text_of(smtp_sink.messages[2]) for sign_on in held)


def test_one_mail_lists_twenty_and_the_rest_waits_for_the_cap(
    letter: Letter, smtp_sink: Sink
) -> None:
    for number in range(3 * MOST_IN_ONE + 5):
        ask(letter, f"Body {number}")
    run()
    assert [len(set(LINK.findall(text_of(m)))) for m in smtp_sink.messages] == [20, 20]
    assert OutgoingMail.objects.filter(withheld_for=Withheld.CAP).count() == MOST_IN_ONE + 5


def test_confirmed_ones_are_left_out_of_the_joined_mail(letter: Letter, smtp_sink: Sink) -> None:
    second = [ask(letter, name) for name in ("One", "Two", "Three")][1]
    confirm(second)
    run()
    assert len(set(LINK.findall(text_of(smtp_sink.messages[0])))) == 2
    row = OutgoingMail.objects.get(references__sign_on=second.pk)
    assert (row.withheld_for, row.sent_with) == (Withheld.GONE, None)


def test_no_link_is_sent_to_an_address_that_it_was_not_queued_for(
    letter: Letter, smtp_sink: Sink
) -> None:
    first, second, third = (ask(letter, name) for name in ("One", "Two", "Three"))
    for sign_on in (first, third):
        contact = sign_on.contacts.get()
        contact.email = "eve@example.org"
        contact.save()
    purged = {"recipient_key": "", "address_key": ""}
    OutgoingMail.objects.filter(references__sign_on=third.pk).update(**purged)
    run()
    (message,) = smtp_sink.messages
    assert message["To"] == "ada@example.org"
    assert second.listed_name in text_of(message)
    assert len(set(LINK.findall(text_of(message)))) == 1
    assert OutgoingMail.objects.filter(withheld_for=Withheld.GONE).count() == 2


def test_the_others_go_out_when_the_first_has_nothing_to_tell(
    letter: Letter, smtp_sink: Sink
) -> None:
    first, *others = (ask(letter, name) for name in ("One", "Two", "Three"))
    confirm(first)
    run()
    (message,) = smtp_sink.messages
    assert len(set(LINK.findall(text_of(message)))) == len(others)
    assert OutgoingMail.objects.get(references__sign_on=first.pk).withheld_for == Withheld.GONE


def test_pressing_again_while_one_waits_adds_none(letter: Letter, smtp_sink: Sink) -> None:
    for name in ("One", "Two", "Three"):
        ask(letter, name)
        run()
    for _ in range(5):
        ask(letter, "Three")  # its mail is held by the cap
    assert OutgoingMail.objects.count() == 3


def test_mails_that_strangers_cannot_cause_are_neither_capped_nor_joined(
    letter: Letter, smtp_sink: Sink
) -> None:
    from signatories.services import moderation

    for number in range(5):
        sign_on = ask(letter, f"Body {number}")
        confirm(sign_on)
        OutgoingMail.objects.filter(kind="sign_on.confirm").delete()
        moderation.approve(sign_on=sign_on)
    run()
    assert len(smtp_sink.messages) == 5


def test_in_a_trial_without_limits_each_sign_on_has_its_mail(
    letter: Letter, settings: Settings, smtp_sink: Sink
) -> None:
    settings.RATE_LIMITS = False
    for number in range(5):
        ask(letter, f"Body {number}")
    run()
    assert len(smtp_sink.messages) == 5


SAME_MAILBOX = [
    ("ada@example.org", "ada+{}@example.org"),
    ("ada.lovelace@gmail.com", "ad.alove.lace+{}@googlemail.com"),
    ("adalovelace@proton.me", "ada-love_lace+{}@pm.me"),
    ("ada@fastmail.com", "label{}@ada.fastmail.com"),
]


@pytest.mark.parametrize(("plain", "spelling"), SAME_MAILBOX)
def test_spellings_that_reach_one_mailbox_share_its_cap(
    letter: Letter, smtp_sink: Sink, plain: str, spelling: str
) -> None:
    ask(letter, "Body", plain)
    run()
    for number in range(10):
        ask(letter, f"Body {number}", spelling.format(number))
        run()
        due_now()
    back_by(timedelta(hours=2))
    run()
    assert len(smtp_sink.messages) <= 3


def test_only_mails_to_the_very_same_address_are_joined(letter: Letter, smtp_sink: Sink) -> None:
    """Where labels are unknown ada+eve@ is somebody else, who must not get a link of ada@."""
    labelled = ask(letter, "Hers", "ada+eve@example.org")
    plain = [ask(letter, "One"), ask(letter, "Two", "Ada@Example.org")]
    run()
    sent = {message["To"]: text_of(message) for message in smtp_sink.messages}
    assert set(sent) == {"ada+eve@example.org", "ada@example.org"}
    assert len(set(LINK.findall(sent["ada+eve@example.org"]))) == 1
    assert labelled.listed_name in sent["ada+eve@example.org"]
    assert all(sign_on.listed_name in sent["ada@example.org"] for sign_on in plain)


def test_made_up_labels_do_not_keep_the_address_itself_waiting(
    letter: Letter, smtp_sink: Sink
) -> None:
    for number in range(10):
        ask(letter, f"Stranger {number}", f"ada+{number}@example.org")
    run()
    ask(letter, "Hers")
    run()
    assert len(smtp_sink.messages) == 2
    back_by(timedelta(hours=2))
    # As if the hour were over: all at once would be due, in the order that the cap gave them.
    for mail in OutgoingMail.objects.filter(withheld_for=Withheld.CAP):
        mail.not_before -= timedelta(hours=2)
        mail.save()
    run()
    assert [m["To"] for m in smtp_sink.messages][2:] == ["ada@example.org"]


def test_a_mail_of_the_release_before_goes_out_by_itself(letter: Letter, smtp_sink: Sink) -> None:
    """It knows the mailbox only, by rules that may have changed since."""
    ask(letter, "Old", "ada@me.com")
    OutgoingMail.objects.update(address_key="", recipient_key="the key of another rule")
    ask(letter, "New", "ada@me.com")
    run()
    assert [m["To"] for m in smtp_sink.messages] == ["ada@me.com"] * 2
