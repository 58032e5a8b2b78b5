"""Sliding windows in Redis and in PostgreSQL, and the way from one to the other."""

import signal
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import psutil
import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from limits import RateLimitItemPerHour
from pytest_django import DjangoAssertNumQueries

from campaign.limits import in_postgres, in_redis, judge
from campaign.limits.breaker import Breaker
from campaign.limits.in_redis import Hit
from campaign.models import Counted, Spent
from tests.campaign.limits.conftest import Server

pytestmark = pytest.mark.django_db
FIVE = RateLimitItemPerHour(5, namespace="five")
THREE = RateLimitItemPerHour(3, namespace="three")
NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
Hitter = Callable[[list[Hit]], list[bool]]


@pytest.fixture(params=["redis", "postgres"])
def hit(request: pytest.FixtureRequest, server: Server) -> Hitter:
    return in_redis.windows(server.url).hit if request.param == "redis" else in_postgres.hit


def test_a_window_has_room_for_as_many_as_its_limit(hit: Hitter) -> None:
    assert [hit([(FIVE, "a")])[0] for _ in range(7)] == [True] * 5 + [False] * 2


def test_windows_are_counted_apart_by_limit_and_by_whose_they_are(hit: Hitter) -> None:
    for _ in range(3):
        assert hit([(FIVE, "a"), (THREE, "a"), (THREE, "b")]) == [True, True, True]
    assert hit([(FIVE, "a"), (THREE, "a"), (THREE, "c")]) == [True, False, True]


def test_many_windows_cost_one_statement(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(1):
        in_postgres.hit([(FIVE, str(number)) for number in range(6)])


def test_in_postgres_the_window_slides() -> None:
    def room(at: datetime) -> bool:
        with time_machine.travel(at, tick=False):
            return in_postgres.hit([(FIVE, "a")])[0]

    for _ in range(5):
        assert room(NOON + timedelta(minutes=59))
    # A fixed window would be empty again: four fifths of the hour before still count.
    assert room(NOON + timedelta(minutes=72))
    assert not room(NOON + timedelta(minutes=72))
    assert room(NOON + timedelta(minutes=118))


def test_a_flood_weighs_no_more_than_its_limit_in_the_hour_after() -> None:
    with time_machine.travel(NOON + timedelta(minutes=59), tick=False):
        for _ in range(500):
            in_postgres.hit([(FIVE, "a")])
    with time_machine.travel(NOON + timedelta(minutes=90), tick=False):
        assert in_postgres.hit([(FIVE, "a")]) == [True]


def test_what_counts_no_more_is_removed() -> None:
    with time_machine.travel(NOON, tick=False):
        in_postgres.hit([(FIVE, "a")])
        in_postgres.spend("a proof", until=NOON + timedelta(minutes=20))
    with time_machine.travel(NOON + timedelta(minutes=30), tick=False):
        in_postgres.tidy()
        assert [row.key[:4] for row in Counted.objects.all()] == ["five"]
        assert not Spent.objects.exists()
    with time_machine.travel(NOON + timedelta(hours=3), tick=False):
        in_postgres.tidy()
    assert not Counted.objects.exists()


def test_what_is_counted_costs_no_wait_for_the_disk() -> None:
    assert persistence("campaign_counted") == "u"


def test_what_is_spent_survives_a_crash_of_the_database() -> None:
    """Unlogged tables are emptied then."""
    assert in_postgres.spend("x", until=datetime.now(UTC) + timedelta(minutes=20))
    assert Spent.objects.count() == 1
    assert persistence("campaign_spent") == "p"


def persistence(table: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relpersistence FROM pg_class WHERE relname = %s", [table])
        return str(cursor.fetchone()[0])


def test_a_thing_is_spent_once() -> None:
    later = datetime.now(UTC) + timedelta(minutes=20)
    assert in_postgres.spend("x", until=later)
    assert not in_postgres.spend("x", until=later)
    assert in_postgres.spend("y", until=later)


def in_a_row(times: int) -> list[bool]:
    return [judge.hit([(FIVE, "a")])[0] for _ in range(times)]


@pytest.mark.usefixtures("quarter_past")
def test_when_redis_is_killed_postgres_goes_on_counting(server: Server) -> None:
    assert in_a_row(6) == [True] * 5 + [False]
    server.running.kill()
    # It begins anew, and holds the same limit from then on.
    assert in_a_row(6) == [True] * 5 + [False]
    assert Counted.objects.get().count == 6


@pytest.mark.usefixtures("quarter_past")
def test_a_redis_that_hangs_is_waited_for_once(server: Server) -> None:
    process = psutil.Process(server.running.pid)
    process.send_signal(signal.SIGSTOP)
    try:
        assert in_a_row(6) == [True] * 5 + [False]
    finally:
        process.send_signal(signal.SIGCONT)
    # While it is left alone nobody sends it anything: each request is one statement.
    with CaptureQueriesContext(connection) as queries:
        in_a_row(3)
    assert len(queries) == 3


def test_a_redis_that_lost_everything_begins_anew(server: Server) -> None:
    assert in_a_row(6) == [True] * 5 + [False]
    server.running.kill()
    server.start()
    assert in_a_row(6) == [True] * 5 + [False]
    assert not Counted.objects.exists()


def test_redis_is_asked_again_after_the_pause(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judge, "_redis", Breaker(0))
    server.running.kill()
    judge.hit([(FIVE, "a")])
    assert Counted.objects.get().count == 1
    server.start()
    judge.hit([(FIVE, "a")])
    assert Counted.objects.get().count == 1


def test_of_those_who_ask_after_the_pause_one_is_let_through(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [100.0]
    monkeypatch.setattr("campaign.limits.breaker.time.monotonic", lambda: now[0])
    breaker = Breaker(5)
    assert breaker.lets_through()
    breaker.failed()
    assert not breaker.lets_through()
    now[0] = 106
    assert [breaker.lets_through() for _ in range(3)] == [True, False, False]
    breaker.worked()
    assert all(breaker.lets_through() for _ in range(3))


def test_hits_are_counted_one_after_the_other_whoever_sends_them(server: Server) -> None:
    """The script in Redis is atomic, so that no two requests take the same room."""
    from concurrent.futures import ThreadPoolExecutor

    windows = in_redis.windows(server.url)
    with ThreadPoolExecutor(8) as threads:
        room = list(threads.map(lambda _: windows.hit([(FIVE, "a")])[0], range(40)))
    assert sum(room) == 5


def test_limits_grow_with_what_they_cover() -> None:
    from campaign.limits.table import ADDRESS, LETTER, RANGE

    for narrow, wide in pairwise([ADDRESS, RANGE, LETTER]):
        assert narrow.far
        assert wide.far
        assert narrow.near.amount < wide.near.amount
        assert narrow.far.amount < wide.far.amount
