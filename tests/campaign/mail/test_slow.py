"""The slow lane: a letter's doubtful mails get slots, and whatever else waits does not wait."""

from datetime import timedelta
from itertools import pairwise

import pytest
from django.db.models import F
from django.utils import timezone

from campaign.mail import claim
from campaign.mail.queue import queue_mail
from campaign.mail.slow import INTERVAL, SLOW_RATE
from campaign.models import Letter, OutgoingMail, Suppression
from campaign.models.mail import MailState
from signatories.models import SignOn
from tests.campaign.mail.servers import ask, run
from tests.factories import LetterFactory
from tests.servers import Sink

pytestmark = pytest.mark.django_db


def ask_slowly(letter: Letter, number: int) -> SignOn:
    sign_on = ask(letter, f"Body {number}", f"ada{number}@example.org")
    OutgoingMail.objects.filter(references__sign_on=sign_on.pk).update(slow=True)
    return sign_on


def waiting() -> list[OutgoingMail]:
    return list(OutgoingMail.objects.filter(state=MailState.QUEUED).order_by("pk"))


def an_interval_later(number: int = 1) -> None:
    """Move all slots of the lane back in time."""
    for row in OutgoingMail.objects.filter(slow=True):
        before = row.not_before - number * INTERVAL
        OutgoingMail.objects.filter(pk=row.pk).update(not_before=before)


def test_one_goes_at_once_and_the_others_get_slots_one_interval_apart(
    letter: Letter, smtp_sink: Sink
) -> None:
    for number in range(4):
        ask_slowly(letter, number)
    run()
    assert len(smtp_sink.messages) == 1
    slots = [row.not_before for row in waiting()]
    assert [later - slot for slot, later in pairwise(slots)] == [INTERVAL] * 2
    assert slots[0] > timezone.now()
    assert timedelta(hours=1) == SLOW_RATE * INTERVAL


def test_each_goes_in_its_slot_in_the_order_of_queueing(letter: Letter, smtp_sink: Sink) -> None:
    for number in range(4):
        ask_slowly(letter, number)
    for _ in range(4):
        run()
        run()
        an_interval_later()
    assert [m["To"] for m in smtp_sink.messages] == [f"ada{n}@example.org" for n in range(4)]


def test_a_flood_takes_nobodys_slot(letter: Letter, smtp_sink: Sink) -> None:
    for number in range(3):
        ask_slowly(letter, number)
    run()
    an_interval_later()
    for number in range(10, 20):  # they come while a slot is due
        ask_slowly(letter, number)
    run()
    assert [m["To"] for m in smtp_sink.messages] == ["ada0@example.org", "ada1@example.org"]
    third, *flood = waiting()
    assert all(row.not_before > third.not_before for row in flood)


def test_after_a_standstill_the_lane_does_not_catch_up_at_once(
    letter: Letter, smtp_sink: Sink
) -> None:
    for number in range(6):
        ask_slowly(letter, number)
    run()
    an_interval_later(5)
    run()
    assert len(smtp_sink.messages) == 2


def test_other_mails_and_other_letters_do_not_wait(letter: Letter, smtp_sink: Sink) -> None:
    other = LetterFactory(open=True, public=True)
    for number in range(3):
        ask_slowly(letter, number)
    ask_slowly(other, 10)
    ask(letter, "In good standing", "bob@example.org")
    run()
    assert sorted(m["To"] for m in smtp_sink.messages) == [
        "ada0@example.org",
        "ada10@example.org",
        "bob@example.org",
    ]


def test_a_mail_is_queued_into_the_lane(letter: Letter) -> None:
    queue_mail("sign_on.listed", letter=letter, address="a@example.org", language="", slow=True)
    assert OutgoingMail.objects.get().slow


def test_a_lane_that_a_wrong_clock_has_used_is_not_closed_until_its_day(
    letter: Letter, smtp_sink: Sink
) -> None:
    ask_slowly(letter, 1)
    run()
    tomorrow = timezone.now() + timedelta(days=1)
    OutgoingMail.objects.update(not_before=tomorrow, sent_at=tomorrow)
    ask_slowly(letter, 2)
    run()
    assert len(smtp_sink.messages) == 2


def test_whoever_is_left_alone_is_not_mailed_in_a_slot_either(
    letter: Letter, smtp_sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lane's oldest may lie outside of the batch, which was asked for suppressed addresses."""
    monkeypatch.setattr(claim, "BATCH", 1)
    ask_slowly(letter, 1)
    ask_slowly(letter, 2)
    oldest, other = waiting()
    OutgoingMail.objects.filter(pk=other.pk).update(not_before=F("not_before") - INTERVAL)
    Suppression.objects.create(address_key=oldest.address_key, reason="complaint")
    run()
    assert [m["To"] for m in smtp_sink.messages] == ["ada2@example.org"]
