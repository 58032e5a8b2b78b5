"""A server that holds on to us: every mail has an end, whatever the server does."""

import socket
import threading
from datetime import timedelta

import pytest
from pytest_django.fixtures import Settings

from campaign.mail import deliver, watchdog
from campaign.mail.watchdog import Watchdog
from campaign.models import Letter, Outbox, OutgoingMail
from campaign.models.mail import MailState
from tests.campaign.mail.servers import ask, run, talking, trickle, use
from tests.servers import Sink


def stall(client: socket.socket) -> None:
    client.recv(1)


def trickle_to_data(client: socket.socket) -> None:
    """Well up to the mail's text, and then a reply without end."""
    lines = client.makefile("rb")
    client.sendall(b"220 here\r\n")
    for line in lines:
        if line.upper().startswith(b"DATA"):
            trickle(client)
        client.sendall(b"250 fine\r\n")


@pytest.mark.parametrize("talk", [trickle, trickle_to_data, stall])
def test_no_server_can_hold_a_worker(letter: Letter, settings: Settings, talk: object) -> None:
    settings.MAIL_CLAIM = timedelta(seconds=2)
    settings.EMAIL_TIMEOUT = 1000
    ask(letter)
    ask(letter, "Other", "bob@example.org")
    with talking(talk) as port:  # type: ignore[arg-type]
        use(settings, port)
        run()
    assert Outbox.objects.get().rests == 1
    tried, other = OutgoingMail.objects.order_by("pk")
    assert (tried.state, tried.attempts) == (MailState.QUEUED, 1)
    assert (other.state, other.attempts) == (MailState.QUEUED, 0)


def test_a_talk_ends_before_its_claim_could(settings: Settings) -> None:
    left = settings.MAIL_CLAIM.total_seconds() / 2  # it is renewed when half of it has gone
    assert deliver.longest_talk() + watchdog.TICK < left
    assert deliver.longest_talk() > settings.EMAIL_TIMEOUT


def test_the_watchdog_ends_with_the_batch(letter: Letter, smtp_sink: Sink) -> None:
    ask(letter)
    run()
    assert not [thread for thread in threading.enumerate() if thread.name == "mail-watchdog"]


def test_the_watchdog_ends_a_blocked_read() -> None:
    ours, theirs = socket.socketpair()
    dog = Watchdog()
    with ours, theirs:
        dog.watch(ours)
        with dog.within(0.1):
            assert ours.recv(1) == b""  # it would wait for ever
        dog.close()


def test_the_watchdog_leaves_who_is_in_time_alone() -> None:
    ours, theirs = socket.socketpair()
    dog = Watchdog()
    with ours, theirs:
        dog.watch(ours)
        for _ in range(3):
            with dog.within(60):
                theirs.sendall(b"x")
                assert ours.recv(1) == b"x"
        dog.close()
        theirs.sendall(b"y")
        assert ours.recv(1) == b"y"
