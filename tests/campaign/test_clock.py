"""A clock that is set back puts nothing off for as long."""

import time
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django.fixtures import DjangoAssertNumQueries

from campaign import clock, work
from campaign.mail.queue import queue_mail
from campaign.models import Letter, OutgoingMail, Publication
from campaign.turn import Turn
from signatories import calendar
from signatories.editions import publisher

NOW = timedelta(0)
DAY = timedelta(days=1)


@pytest.fixture
def mail(letter: Letter) -> OutgoingMail:
    queue_mail("sign_on.confirm", letter=letter, address="ada@example.org", language="en-GB")
    return OutgoingMail.objects.latest("pk")


@pytest.fixture
def settled(letter: Letter) -> Letter:
    """The letter an hour after it was opened, and published."""
    an_hour_ago = timezone.now() - timedelta(hours=1)
    Letter.objects.filter(pk=letter.pk).update(opens=an_hour_ago, public_at=an_hour_ago)
    publisher.run(overdue=NOW)
    return letter


def change(mail: OutgoingMail, **values: object) -> None:
    OutgoingMail.objects.filter(pk=mail.pk).update(**values)


def test_a_claim_of_tomorrow_ends_today(mail: OutgoingMail) -> None:
    change(mail, state="sending", claimed_until=timezone.now() + DAY)
    assert clock.mend() == 1
    mail.refresh_from_db()
    assert mail.claimed_until
    assert mail.claimed_until <= timezone.now()


def test_a_claim_of_today_is_left_alone(mail: OutgoingMail) -> None:
    change(mail, state="sending", claimed_until=timezone.now() + timedelta(seconds=60))
    assert clock.mend() == 0


def test_a_mail_of_tomorrow_is_sent_today(mail: OutgoingMail) -> None:
    change(mail, created_at=timezone.now() + DAY, not_before=timezone.now() + DAY)
    assert clock.mend() == 1
    mail.refresh_from_db()
    assert mail.not_before <= timezone.now()


def test_a_try_of_the_day_after_tomorrow_is_made_today(mail: OutgoingMail) -> None:
    change(mail, attempts=3, not_before=timezone.now() + 2 * DAY)
    assert clock.mend() == 1
    mail.refresh_from_db()
    assert mail.not_before <= timezone.now()


@pytest.mark.parametrize("held", [{"attempts": 3, "hours": 20}, {"attempts": 0, "hours": 70}])
def test_a_mail_that_waits_for_its_time_is_left_alone(
    mail: OutgoingMail, held: dict[str, int]
) -> None:
    until = timezone.now() + timedelta(hours=held["hours"])
    change(mail, attempts=held["attempts"], not_before=until)
    assert clock.mend() == 0


def test_a_clock_that_is_set_back_while_we_look_brings_everything_forward(
    mail: OutgoingMail, monkeypatch: pytest.MonkeyPatch
) -> None:
    change(mail, not_before=timezone.now() + timedelta(hours=1, minutes=1))
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + 3600)
    clock.run(overdue=NOW)
    monkeypatch.setattr(time, "time", real)
    assert clock.run(overdue=NOW) == 1
    mail.refresh_from_db()
    assert mail.not_before < timezone.now() + timedelta(minutes=2)


def test_a_letter_asked_for_tomorrow_is_public_at_its_moment(settled: Letter) -> None:
    Publication.objects.update(wanted_at=timezone.now() + DAY)
    assert calendar.run(overdue=NOW) == 1
    assert calendar.run(overdue=NOW) == 0


#: All kinds together, once every 15 s or more, and in the passes in between.
ALL, MOST_PASSES = 25, 14


def test_a_sweep_that_finds_nothing_costs_a_few_queries(
    settled: Letter,
    django_assert_max_num_queries: DjangoAssertNumQueries,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for kind in work.kinds():
        work.run(kind, overdue=NOW)
    # As in a pass in which those that look less often look as well.
    for kind in work.kinds():
        module = work.import_string(work.settings.WORK_KINDS[kind]).__globals__
        if "_turn" in module:
            monkeypatch.setitem(module, "_turn", Turn())
    with django_assert_max_num_queries(ALL):
        assert sum(work.run(kind, overdue=NOW) for kind in work.kinds()) == 0
    # And in the passes in between.
    with django_assert_max_num_queries(MOST_PASSES):
        assert sum(work.run(kind, overdue=NOW) for kind in work.kinds()) == 0
