"""A server that has the whole mail and does not answer: it may have taken it, each time."""

import socket
from datetime import timedelta
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default as modern

import pytest
from django.db.models import F
from django.utils import timezone
from pytest_django.fixtures import Settings

from campaign.mail.queue import requeue
from campaign.models import Letter, Outbox, OutgoingMail
from campaign.models.mail import MailState, Withheld
from tests.campaign.mail.servers import Scripted, ask, due_now, run, running, talking, use

CLAIM = timedelta(seconds=2)


class Silent:
    """Keeps each mail, and says `after` of it, or nothing at all, until the client hangs up."""

    def __init__(self, after: bytes = b"") -> None:
        self.messages: list[EmailMessage] = []
        self.after = after

    def talk(self, client: socket.socket) -> None:
        lines = client.makefile("rb")
        client.sendall(b"220 here\r\n")
        for line in lines:
            if line.upper().startswith(b"DATA"):
                client.sendall(b"354 go on\r\n")
                text = b"".join(iter(lines.readline, b".\r\n"))
                self.messages.append(BytesParser(EmailMessage, policy=modern).parsebytes(text))
                client.sendall(self.after)
                lines.read()
                return
            client.sendall(b"250 fine\r\n")


def hang_up_before_the_text(client: socket.socket) -> None:
    lines = client.makefile("rb")
    client.sendall(b"220 here\r\n")
    for line in lines:
        if line.upper().startswith(b"DATA"):
            return
        client.sendall(b"250 fine\r\n")


def try_again(times: int) -> None:
    for _ in range(times):
        due_now()
        run()


@pytest.mark.parametrize("after", [b"", b"what?\r\n"], ids=["silent", "nonsense"])
def test_a_server_that_keeps_the_mail_and_does_not_answer_gets_two_copies_at_most(
    letter: Letter, settings: Settings, after: bytes
) -> None:
    settings.MAIL_CLAIM = CLAIM
    ask(letter)
    server = Silent(after)
    with talking(server.talk) as port:
        use(settings, port)
        run()
        row = OutgoingMail.objects.get()
        assert (row.state, row.unsure, row.unanswered) == (MailState.QUEUED, True, 1)
        try_again(4)
    row = OutgoingMail.objects.get()
    assert (row.state, row.attempts) == (MailState.FAILED, 2)
    assert "it may have arrived" in row.problem
    assert [m["Message-ID"] for m in server.messages] == [row.message_id] * 2


def test_it_is_given_its_ten_minutes_before_the_second(letter: Letter, settings: Settings) -> None:
    settings.MAIL_CLAIM = CLAIM
    ask(letter)
    with talking(Silent().talk) as port:
        use(settings, port)
        run()
    row = OutgoingMail.objects.get()
    assert row.first_failed_at
    assert row.not_before >= row.first_failed_at + timedelta(minutes=10)


def test_staff_can_send_it_once_more(letter: Letter, settings: Settings) -> None:
    settings.MAIL_CLAIM = CLAIM
    ask(letter)
    server = Silent()
    with talking(server.talk) as port:
        use(settings, port)
        try_again(3)
        assert requeue(OutgoingMail.objects.all()) == 1
        try_again(3)
    assert OutgoingMail.objects.get().state == MailState.FAILED
    assert len(server.messages) == 3


def test_an_answer_to_the_second_copy_is_an_answer(letter: Letter, settings: Settings) -> None:
    settings.MAIL_CLAIM = CLAIM
    ask(letter)
    with talking(Silent().talk) as port:
        use(settings, port)
        run()
    due_now()
    with running(Scripted(), settings) as server:
        run()
        assert len(server.messages) == 1
    assert OutgoingMail.objects.get().state == MailState.SENT


def test_what_failed_before_the_mail_was_given_is_no_silence(
    letter: Letter, settings: Settings
) -> None:
    ask(letter)
    with talking(hang_up_before_the_text) as port:
        use(settings, port)
        try_again(4)
    row = OutgoingMail.objects.get()
    assert (row.state, row.attempts) == (MailState.QUEUED, 4)
    assert (row.unsure, row.unanswered) == (False, 0)


def test_workers_that_died_are_no_silence(letter: Letter, settings: Settings) -> None:
    """They may have died before they sent anything."""
    settings.MAIL_CLAIM = CLAIM
    ask(letter)
    with talking(Silent().talk) as port:
        use(settings, port)
        for _ in range(3):
            gone = timezone.now() - timedelta(seconds=1)
            OutgoingMail.objects.update(state=MailState.SENDING, claimed_until=gone)
        run()
    row = OutgoingMail.objects.get()
    assert (row.state, row.unsure, row.unanswered) == (MailState.QUEUED, True, 1)


def test_one_that_is_refused_after_a_silence_may_have_arrived_too(
    letter: Letter, settings: Settings
) -> None:
    settings.MAIL_CLAIM = CLAIM
    ask(letter)
    with talking(Silent().talk) as port:
        use(settings, port)
        run()
    due_now()
    with running(Scripted(to_recipient=["550 5.1.1 no such user"]), settings):
        run()
    row = OutgoingMail.objects.get()
    assert row.state == MailState.FAILED
    assert "550" in row.problem
    assert "it may have arrived" in row.problem


def test_what_may_have_arrived_counts_for_the_cap(letter: Letter, settings: Settings) -> None:
    settings.MAIL_CLAIM, settings.RATE_LIMITS = CLAIM, True
    with talking(Silent().talk) as port:
        use(settings, port)
        for name in ("One", "Two"):
            ask(letter, name)
            try_again(2)
    assert OutgoingMail.objects.filter(state=MailState.FAILED).count() == 2
    third = ask(letter, "Three")
    Outbox.objects.all().delete()
    with running(Scripted(), settings) as server:
        run()
        assert server.messages == []
        assert OutgoingMail.objects.get(withheld_for=Withheld.CAP).references["sign_on"] == third.pk
        OutgoingMail.objects.update(not_before=F("not_before") - timedelta(hours=2))
        run()
        assert len(server.messages) == 1
