"""Mail servers that answer as they are told to, and some that do not answer: real sockets all."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from aiosmtpd.smtp import SMTP, Envelope, Session
from django.utils import timezone
from pytest_django.fixtures import Settings

from campaign.mail import deliver
from campaign.models import Letter, Outbox, OutgoingMail
from signatories.models import SignOn
from signatories.services.signing import Person
from tests.servers import Sink
from tests.signatories.test_signing import sign

NOW = timedelta(0)
TAKEN = "250 Taken"


class Scripted(Sink):
    """A sink that gives the next of `to_recipient` and `to_data` each time, the last for ever."""

    def __init__(self, to_recipient: list[str] | None = None, to_data: list[str] | None = None):
        super().__init__()
        self.to_recipient = to_recipient or [TAKEN]
        self.to_data = to_data or [TAKEN]
        self.tried = 0

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.tried += 1
        reply = self.to_recipient.pop(0) if len(self.to_recipient) > 1 else self.to_recipient[0]
        if reply.startswith("250"):
            envelope.rcpt_tos.append(address)
        return reply

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        reply = self.to_data.pop(0) if len(self.to_data) > 1 else self.to_data[0]
        if reply.startswith("250"):
            await super().handle_DATA(server, session, envelope)
        return reply


@contextlib.contextmanager
def running(server: Sink, settings: Settings) -> Iterator[Sink]:
    """The server, started, as the one that mails go to."""
    server.start()
    try:
        use(settings, int(urlsplit(server.url).port or 0))
        yield server
    finally:
        server.stop()


def use(settings: Settings, port: int) -> None:
    settings.EMAIL_BACKEND = "campaign.mail.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def talking(talk: Callable[[socket.socket], None]) -> Iterator[int]:
    """A server that has this talk with each client, in a thread; gives its port."""
    listener = socket.create_server(("127.0.0.1", 0))

    def one(client: socket.socket) -> None:
        with client, contextlib.suppress(OSError):
            talk(client)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                threading.Thread(target=one, args=(client,), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield int(listener.getsockname()[1])
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def trickle(client: socket.socket) -> None:
    """A greeting that never ends, a byte at a time, so that no read times out."""
    client.sendall(b"220-")
    for _ in range(2000):
        client.sendall(b"x")
        time.sleep(0.02)


def close_in_the_middle(client: socket.socket) -> None:
    """Take everything up to the mail's text, and hang up before saying whether it was taken."""
    lines = client.makefile("rb")
    client.sendall(b"220 here\r\n")
    for line in lines:
        word = line.split()[0].upper() if line.split() else b""
        if word == b"DATA":
            client.sendall(b"354 go on\r\n")
            while lines.readline().rstrip() != b".":
                pass
            return
        client.sendall(b"250 fine\r\n")


def ask(letter: Letter, name: str = "Peace Direct", address: str = "ada@example.org") -> SignOn:
    """Somebody signs, which queues a mail that asks to confirm."""
    return sign(letter, name, Person("Ada Lovelace", "Director", address))


def run() -> int:
    return deliver.run(overdue=NOW)


def due_now() -> None:
    """As if all pauses and rests were over."""
    OutgoingMail.objects.update(not_before=timezone.now() - timedelta(seconds=1))
    Outbox.objects.filter(rests__gt=0).update(rests_until=timezone.now() - timedelta(seconds=1))


def back_by(mails_sent_at: timedelta) -> datetime:
    """Move what was sent back in time."""
    then = timezone.now() - mails_sent_at
    OutgoingMail.objects.filter(sent_at__isnull=False).update(sent_at=then)
    return then
