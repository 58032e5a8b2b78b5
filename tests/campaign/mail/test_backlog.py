"""A flood's backlog for one address: whoever signs in earnest meanwhile is asked, and in time."""

from datetime import timedelta

import pytest
import time_machine
from django.db.models import F
from django.utils import timezone
from pytest_django.fixtures import Settings

from campaign.mail import cap
from campaign.mail.cap import MOST_IN_ONE
from campaign.models import Letter, OutgoingMail
from signatories import calendar
from signatories.models import SignOn
from signatories.models.sign_on import Status
from tests.campaign.mail.servers import ask, run
from tests.servers import Sink

#: At so many to a mail and three mails a day they take longer than a link is good for, as 900 do
#: at 20 to a mail.
IN_ONE, FLOOD = 5, 225
STEP = timedelta(hours=8)


@pytest.fixture(autouse=True)
def _limits(settings: Settings) -> None:
    settings.RATE_LIMITS = True


def flood(letter: Letter, number: int) -> None:
    for place in range(number):
        ask(letter, f"Fake {place} End")
    OutgoingMail.objects.update(slow=True)


def text_of(message: object) -> str:
    body = message.get_body(("plain",))  # type: ignore[attr-defined]
    return " ".join(body.get_content().split())


def test_whoever_signs_in_earnest_is_in_the_next_mail_and_nobody_lapses_unasked(
    letter: Letter, smtp_sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cap, "MOST_IN_ONE", IN_ONE)
    now = timezone.now()
    with time_machine.travel(now, tick=False):
        flood(letter, FLOOD)
        run()
    mailed_before = len(smtp_sink.messages)
    with time_machine.travel(now + timedelta(minutes=1), tick=False):
        ask(letter, "An Honest Body")
    for _ in range(70):
        now += STEP
        with time_machine.travel(now, tick=False):
            calendar.run(overdue=timedelta(0))
            run()
        unasked = OutgoingMail.objects.filter(sent_at__isnull=True)
        ids = unasked.values_list("references__sign_on", flat=True)
        waiting = SignOn.objects.filter(pk__in=list(ids))
        assert not waiting.exclude(status=Status.UNCONFIRMED).exists()
        if not unasked.exists():
            break
    assert not OutgoingMail.objects.filter(sent_at__isnull=True).exists()
    assert "An Honest Body" in text_of(smtp_sink.messages[mailed_before])
    texts = " ".join(text_of(message) for message in smtp_sink.messages)
    assert all(f"Fake {place} End" in texts for place in range(FLOOD))


def test_of_those_that_are_alike_the_newest_go_first(letter: Letter, smtp_sink: Sink) -> None:
    for number in range(3 * MOST_IN_ONE):
        ask(letter, f"Body {number} End")
    run()
    assert f"Body {3 * MOST_IN_ONE - 1} End" in text_of(smtp_sink.messages[0])


def test_a_link_is_good_for_a_week_however_long_its_mail_waited_for_a_slot(
    letter: Letter, smtp_sink: Sink
) -> None:
    sign_on = ask(letter)
    start = timezone.now()
    OutgoingMail.objects.update(slow=True, not_before=start + timedelta(days=30))
    for day in range(1, 31, 3):
        with time_machine.travel(start + timedelta(days=day), tick=False):
            calendar.run(overdue=timedelta(0))
    with time_machine.travel(start + timedelta(days=30), tick=False):
        calendar.run(overdue=timedelta(0))
        run()
        assert len(smtp_sink.messages) == 1
        sign_on.refresh_from_db()
        assert sign_on.status == Status.UNCONFIRMED
        assert sign_on.confirm_by
        assert sign_on.confirm_by > timezone.now() + timedelta(days=7)


def test_once_mailed_the_term_is_not_renewed(letter: Letter, smtp_sink: Sink) -> None:
    sign_on = ask(letter)
    run()
    SignOn.objects.update(confirm_by=F("confirm_by") - timedelta(days=15))
    calendar.run(overdue=timedelta(0))
    sign_on.refresh_from_db()
    assert sign_on.status == Status.LAPSED
