"""Two workers at once, each with its own connection and real transactions."""

import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone
from pytest_django.fixtures import Settings

from campaign.mail import claim, deliver
from campaign.models import Letter, OutgoingMail
from campaign.models.mail import MailState
from tests.campaign.mail.servers import NOW, ask
from tests.servers import Sink

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(number: int, work: Callable[[], object]) -> None:
    """Do the work in so many threads that start together; their errors are raised here."""
    start = threading.Barrier(number)
    errors: list[BaseException] = []

    def one() -> None:
        try:
            start.wait()
            work()
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=one) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


def deliver_all() -> None:
    deliver.run(overdue=NOW)


@pytest.mark.parametrize("workers", [2, 5])
def test_each_mail_is_sent_once(letter: Letter, smtp_sink: Sink, workers: int) -> None:
    for number in range(120):
        ask(letter, f"Body {number}", f"ada{number}@example.org")
    at_once(workers, deliver_all)
    assert Counter(m["Message-ID"] for m in smtp_sink.messages) == Counter(
        OutgoingMail.objects.values_list("message_id", flat=True)
    )
    assert not OutgoingMail.objects.exclude(state=MailState.SENT).exists()


def test_what_waits_for_one_address_is_one_mail_whoever_sends_it(
    letter: Letter, settings: Settings, smtp_sink: Sink
) -> None:
    settings.RATE_LIMITS = True
    for number in range(60):  # of each address more than one batch sees
        ask(letter, f"Body {number}", f"ada{number % 5}@example.org")
    at_once(4, deliver_all)
    assert Counter(m["To"] for m in smtp_sink.messages) == {
        f"ada{number}@example.org": 1 for number in range(5)
    }
    assert OutgoingMail.objects.filter(state=MailState.SENT).count() == 60


def test_two_workers_do_not_pass_the_cap_together(
    letter: Letter, settings: Settings, smtp_sink: Sink
) -> None:
    settings.RATE_LIMITS = True
    stop = threading.Event()

    def keep_delivering() -> None:
        while not stop.is_set():
            deliver.run(overdue=NOW)
        deliver.run(overdue=NOW)

    workers = [threading.Thread(target=lambda: at_once(3, keep_delivering))]
    workers[0].start()
    try:
        for number in range(40):
            ask(letter, f"Body {number}", "victim@example.org")
    finally:
        stop.set()
        workers[0].join()
    assert 1 <= len(smtp_sink.messages) <= 2  # in an hour


def test_a_mail_that_is_being_sent_counts_for_the_cap(
    letter: Letter, settings: Settings, smtp_sink: Sink
) -> None:
    settings.RATE_LIMITS = True
    for name in ("One", "Two", "Three"):
        ask(letter, name)
        claimed = claim.claim(NOW)  # and never sent, as by a worker that is slow
        assert claimed
    assert OutgoingMail.objects.filter(state=MailState.SENDING).count() == 2
    assert OutgoingMail.objects.filter(withheld_for="cap").count() == 1


def test_rows_that_somebody_else_holds_are_left_to_them(letter: Letter, smtp_sink: Sink) -> None:
    ask(letter)
    ask(letter, "Other", "bob@example.org")
    first = OutgoingMail.objects.order_by("pk")[0]
    with transaction.atomic():
        OutgoingMail.objects.select_for_update().get(pk=first.pk)
        at_once(1, deliver_all)
    assert [m["To"] for m in smtp_sink.messages] == ["bob@example.org"]


def test_who_lost_a_claim_notes_nothing(letter: Letter, smtp_sink: Sink) -> None:
    ask(letter)
    batch = claim.claim(NOW)
    assert batch
    later = timezone.now() + timedelta(minutes=9)
    OutgoingMail.objects.update(claimed_until=later)  # taken over by another meanwhile
    deliver._send_batch(batch)
    row = OutgoingMail.objects.get()
    assert (row.state, row.claimed_until) == (MailState.SENDING, later)


def test_a_long_batch_renews_its_claim_and_drops_what_it_lost(
    letter: Letter, settings: Settings, smtp_sink: Sink
) -> None:
    for number in range(3):
        ask(letter, f"Body {number}", f"ada{number}@example.org")
    batch = claim.claim(NOW)
    assert batch
    first = batch.until
    assert batch.hold(batch.parcels) == batch.parcels
    assert batch.until == first  # more than half of it is left, so nothing was written
    batch.claimed -= settings.MAIL_CLAIM.total_seconds()
    lost = batch.parcels[1]
    OutgoingMail.objects.filter(pk=lost.mail.pk).update(claimed_until=first + timedelta(days=1))
    assert batch.hold(batch.parcels) == [batch.parcels[0], batch.parcels[2]]
    assert batch.until > first
    assert OutgoingMail.objects.filter(claimed_until=batch.until).count() == 2
