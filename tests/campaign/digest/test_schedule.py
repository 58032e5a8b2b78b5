"""A digest goes out once a day, whoever else is at it, and whatever clocks say."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from pytest_django.fixtures import Settings

from campaign import work
from campaign.digest import schedule
from campaign.digest.choosing import choose, stop
from campaign.models import Digest, DigestDay, OutgoingMail
from campaign.models.digest import Wanted
from campaign.turn import Turn
from signatories.roles import VIEWER
from tests.campaign.mail.test_two_workers import at_once
from tests.factories import LetterFactory, SignOnFactory, StaffFactory

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
MORNING = datetime(2026, 11, 25, 7, 0, tzinfo=UTC)
DUE = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(MORNING, tick=False) as traveller:
        yield traveller


def wanting(wanted: Wanted = Wanted.DAILY, *, zone: str = "UTC", **options: object) -> User:
    user: User = StaffFactory(**{"may": VIEWER, "email": "vera@example.org", **options})
    choose(user, wanted=wanted, hour=8, time_zone=zone)
    return user


def mails() -> int:
    return OutgoingMail.objects.filter(kind="desk.digest").count()


def test_it_is_queued_at_its_hour_and_not_before(clock: time_machine.Traveller) -> None:
    user = wanting()
    assert schedule.queue_due() == 0
    clock.move_to(DUE)
    assert schedule.queue_due() == 1
    mail = OutgoingMail.objects.get()
    assert (mail.kind, mail.letter, mail.references) == ("desk.digest", None, {"user": user.pk})
    assert DigestDay.objects.get().day == DUE.date()


def test_it_is_queued_once_a_day_however_often_is_asked(clock: time_machine.Traveller) -> None:
    wanting()
    for hour in range(24 * 4):
        clock.move_to(MORNING + timedelta(hours=hour))
        schedule.queue_due()
        schedule.queue_due()
    assert mails() == 4
    assert DigestDay.objects.count() == 4


def test_the_sweep_asks_for_it(
    clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanting()
    clock.move_to(DUE)
    monkeypatch.setattr(schedule, "_turn", Turn())
    assert work.run("digest", overdue=timedelta(0)) == 1
    assert work.run("digest", overdue=timedelta(0)) == 0


@pytest.mark.django_db(transaction=True)
def test_two_schedulers_at_once_queue_it_once() -> None:
    users = [wanting(email=f"vera{number}@example.org") for number in range(8)]
    past = datetime.now(UTC) - timedelta(minutes=1)
    for round_ in range(3):
        hour = past.hour
        Digest.objects.update(next_at=past, hour=hour)
        if round_ == 0:
            at_once(4, schedule.queue_due)
    assert mails() == len(users)
    # And once more, as if the first had not moved it on.
    at_once(4, schedule.queue_due)
    assert mails() == DigestDay.objects.count() == len(users)


@pytest.mark.django_db(transaction=True)
def test_who_is_killed_in_the_middle_leaves_nothing_half_done(
    clock: time_machine.Traveller,
) -> None:
    wanting()
    clock.move_to(DUE)

    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(schedule.log, "info", die)  # after the mail, before the commit
        schedule.queue_due()
    assert (mails(), DigestDay.objects.count()) == (0, 0)
    assert schedule.queue_due() == 1
    assert schedule.queue_due() == 0


def test_the_database_holds_that_there_is_one_a_day(clock: time_machine.Traveller) -> None:
    user = wanting()
    DigestDay.objects.create(user=user, day=DUE.date())
    with pytest.raises(IntegrityError), transaction.atomic():
        DigestDay.objects.create(user=user, day=DUE.date())
    clock.move_to(DUE)
    assert schedule.queue_due() == 0
    assert mails() == 0


def test_a_clock_that_jumps_ahead_and_back_sends_no_ten(clock: time_machine.Traveller) -> None:
    wanting()
    clock.move_to(DUE)
    assert schedule.queue_due() == 1
    clock.move_to(DUE + 10 * DAY)  # ten days ahead: one, not ten
    assert schedule.queue_due() == 1
    for _ in range(5):  # back, and ahead again
        clock.move_to(DUE + timedelta(hours=1))
        assert schedule.queue_due() == 0
        clock.move_to(DUE + 10 * DAY + timedelta(minutes=5))
        assert schedule.queue_due() == 0
    clock.move_to(DUE + timedelta(hours=1))
    schedule.queue_due()
    clock.move_to(DUE + DAY)  # and the next day it goes on as usual
    assert schedule.queue_due() == 1


def test_after_a_standstill_one_that_is_very_late_is_left_out(
    clock: time_machine.Traveller,
) -> None:
    wanting()
    clock.move_to(DUE + 3 * DAY + timedelta(hours=11))
    assert schedule.queue_due() == 1
    clock.move_to(DUE + 6 * DAY + timedelta(hours=13))
    assert schedule.queue_due() == 0
    clock.move_to(DUE + 7 * DAY)
    assert schedule.queue_due() == 1


def test_who_chooses_a_later_hour_gets_no_second_one_that_day(
    clock: time_machine.Traveller,
) -> None:
    user = wanting()
    clock.move_to(DUE)
    assert schedule.queue_due() == 1
    choose(user, wanted=Wanted.DAILY, hour=9, time_zone="UTC")
    clock.move_to(DUE + timedelta(hours=1))
    assert schedule.queue_due() == 0
    clock.move_to(DUE + DAY + timedelta(hours=1))
    assert schedule.queue_due() == 1


def test_the_day_is_that_of_the_zone_that_was_chosen(clock: time_machine.Traveller) -> None:
    wanting(zone="Pacific/Auckland")
    clock.move_to(datetime(2026, 11, 25, 19, 0, tzinfo=UTC))  # 08:00 on the 26th
    assert schedule.queue_due() == 1
    assert DigestDay.objects.get().day.isoformat() == "2026-11-26"


def test_those_who_want_it_when_something_waits_get_it_then_only(
    clock: time_machine.Traveller,
) -> None:
    wanting(Wanted.WAITING)
    letter = LetterFactory(open=True)
    SignOnFactory(letter=letter, status="approved")
    SignOnFactory(letter=letter, status="unconfirmed")
    clock.move_to(DUE)
    assert schedule.queue_due() == 0
    SignOnFactory(letter=letter)
    clock.move_to(DUE + DAY)
    assert schedule.queue_due() == 1


def test_an_archived_letter_waits_for_nobody(clock: time_machine.Traveller) -> None:
    wanting(Wanted.WAITING)
    letter = LetterFactory(open=True)
    SignOnFactory(letter=letter)
    type(letter).objects.filter(pk=letter.pk).update(state="closed")
    type(letter).objects.filter(pk=letter.pk).update(state="archived")
    clock.move_to(DUE)
    assert schedule.queue_due() == 0


@pytest.mark.parametrize(
    "change",
    [{"is_active": False}, {"is_staff": False}, {"email": ""}],
)
def test_none_goes_to_an_account_that_is_closed_or_has_no_address(
    clock: time_machine.Traveller, change: dict[str, object]
) -> None:
    user = wanting()
    User.objects.filter(pk=user.pk).update(**change)
    clock.move_to(DUE)
    assert schedule.queue_due() == 0
    assert mails() == 0


def test_none_goes_to_an_account_without_rights(clock: time_machine.Traveller) -> None:
    wanting(may=[])
    clock.move_to(DUE)
    assert schedule.queue_due() == 0


def test_who_stops_it_gets_none(clock: time_machine.Traveller) -> None:
    user = wanting()
    stop(Digest.objects.get(user=user))
    clock.move_to(DUE)
    assert schedule.queue_due() == 0


def test_a_mail_without_a_letter_is_for_staff_only(clock: time_machine.Traveller) -> None:
    wanting()
    clock.move_to(DUE)
    schedule.queue_due()
    with pytest.raises(IntegrityError), transaction.atomic():
        OutgoingMail.objects.update(kind="sign_on.listed")


def test_what_is_not_due_costs_one_query(
    clock: time_machine.Traveller, django_assert_num_queries: object, settings: Settings
) -> None:
    for number in range(3):
        wanting(email=f"vera{number}@example.org")
    with django_assert_num_queries(1):  # type: ignore[operator]
        schedule.queue_due()
