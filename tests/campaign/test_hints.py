"""Hints: sent after commit, coalesced, and dropped when the broker is not there."""

import threading
import time
from collections.abc import Iterator

import pytest
import redis
from django.db import transaction
from pytest_django.fixtures import Settings

from campaign import hints
from campaign.celery import app
from campaign.hints import Hinter, hint

QUEUE = "celery"  # Celery's default queue is a Redis list of this name


@pytest.fixture
def broker(settings: Settings) -> Iterator[redis.Redis]:
    client = redis.Redis.from_url(settings.REDIS_URL)
    client.delete(QUEUE)
    yield client
    client.delete(QUEUE)
    client.close()


def sent(broker: redis.Redis, count: int) -> bool:
    """Whether the queue comes to hold `count` hints, given a generous moment."""
    for _ in range(200):
        if broker.llen(QUEUE) == count:
            return True
        time.sleep(0.05)
    return False


@pytest.mark.django_db(transaction=True)
def test_a_hint_is_sent_after_commit(broker: redis.Redis) -> None:
    with transaction.atomic():
        hint("mail")
        assert broker.llen(QUEUE) == 0
    assert sent(broker, 1)


@pytest.mark.django_db(transaction=True)
def test_what_is_rolled_back_hints_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    marked: list[str] = []
    monkeypatch.setattr(hints._hinter, "mark", marked.append)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        hint("mail")
        raise ZeroDivisionError
    assert marked == []


def test_hints_of_a_kind_coalesce_while_the_broker_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    hanging, calls, done = threading.Event(), [], threading.Event()

    def hang(name: str, args: list[str], **options: object) -> None:
        calls.append(args[0])
        if len(calls) == 3:
            done.set()
        hanging.wait(30)

    monkeypatch.setattr(app, "send_task", hang)
    hinter = Hinter()
    hinter.mark("mail")
    while not calls:
        time.sleep(0.01)
    for _ in range(1000):
        hinter.mark("mail")
        hinter.mark("publish")
    hanging.set()
    assert done.wait(10)
    assert sorted(calls) == ["mail", "mail", "publish"]


def test_a_broker_that_refuses_costs_the_hint_only(monkeypatch: pytest.MonkeyPatch) -> None:
    calls, again = [], threading.Event()

    def refuse(name: str, args: list[str], **options: object) -> None:
        calls.append(args[0])
        if len(calls) == 2:
            again.set()
        raise ConnectionRefusedError

    monkeypatch.setattr(app, "send_task", refuse)
    hinter = Hinter()
    hinter.mark("mail")
    while not calls:
        time.sleep(0.01)
    hinter.mark("mail")  # the thread has survived
    assert again.wait(10)
