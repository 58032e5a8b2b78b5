"""Mails per second through the outbox, against a bare loop that sends the same mails.

The loop has everything in memory: it renders each mail and sends it over one connection that it
keeps. The outbox claims, asks for caps and suppressions, reads what the mails are about, renders,
sends, and commits mail by mail to a PostgreSQL that waits for the disk. Both send to the same SMTP
server, a process of its own; they take turns, so that what else the machine does hits both.

    .venv/bin/python -m bench.outbox [MAILS]
"""

import multiprocessing
import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from multiprocessing.connection import Connection
from pathlib import Path

import aiosmtpd.smtp

TURNS = 5
TARGET = 0.7


class Taker:
    """Takes every mail and forgets it."""

    async def handle_DATA(self, *_: object) -> str:  # noqa: N802
        return "250 Taken"


def serve(report: Connection) -> None:
    """An SMTP server that tells its port and runs until it is terminated."""
    from aiosmtpd.controller import Controller

    from tests.site import free_port

    controller = Controller(Taker(), hostname="127.0.0.1", port=free_port())
    controller.start()
    report.send(controller.port)
    threading.Event().wait()


@contextmanager
def smtp_server() -> Iterator[int]:
    ours, theirs = multiprocessing.get_context("spawn").Pipe()
    process = multiprocessing.get_context("spawn").Process(
        target=serve, args=(theirs,), daemon=True
    )
    process.start()
    try:
        yield int(ours.recv())
    finally:
        process.terminate()
        process.join()


@contextmanager
def database(directory: str) -> Iterator[None]:
    """A PostgreSQL of its own, as durable as a site's, with tables."""
    from campaign.embedded import postgres
    from campaign.embedded.paths import make_socket_dir
    from campaign.embedded.process import Running

    data_dir = Path(directory) / "var"
    (data_dir / "log").mkdir(parents=True)
    make_socket_dir(data_dir)
    running = Running(postgres.service(data_dir), data_dir / "log")
    try:
        running.wait_ready()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        yield
    finally:
        running.stop()


def queue_mails(number: int) -> None:
    """So many people sign one letter, which queues a mail to each."""
    from signatories.services.signing import Person, sign
    from tests.factories import LetterFactory

    letter = LetterFactory(open=True, public=True)
    for place in range(number):
        sign(
            letter=letter,
            wording=letter.current_text.wording_in(letter.language),
            group=letter.default_group,
            listed_name=f"Organisation {place}",
            person=Person("Ada Lovelace", "Director", f"ada{place}@example.org"),
        )


def through_a_loop() -> float:
    """Seconds to render and send all mails, with everything read before."""
    from django.core.mail import get_connection

    from campaign.mail.rendered import Renderer
    from campaign.models import OutgoingMail

    mails = list(OutgoingMail.objects.order_by("pk"))
    renderer = Renderer()
    renderer.read(mails)
    connection = get_connection("django.core.mail.backends.smtp.EmailBackend")
    connection.open()
    started = time.perf_counter()
    for mail in mails:
        connection.send_messages([renderer.message([mail])])
    took = time.perf_counter() - started
    connection.close()
    return took


def through_the_outbox() -> float:
    """Seconds until the outbox is empty."""
    from django.utils import timezone

    from campaign.mail import deliver
    from campaign.models import OutgoingMail

    OutgoingMail.objects.update(state="queued", sent_at=None, not_before=timezone.now())
    started = time.perf_counter()
    deliver.run(overdue=timedelta(0))
    took = time.perf_counter() - started
    assert not OutgoingMail.objects.exclude(state="sent").exists()
    return took


def main() -> int:
    """The exit status: 1 where the ratio is below its target."""
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    with (
        tempfile.TemporaryDirectory(prefix="undersigned-bench-") as directory,
        smtp_server() as port,
    ):
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "campaign.settings")
        os.environ.update(DATA_DIR=f"{directory}/var", DATABASE_URL="", REDIS_URL="")
        os.environ.update(EMAIL_URL=f"smtp://127.0.0.1:{port}", RATE_LIMITS="on")
        import django
        import structlog

        django.setup()
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
        with database(directory):
            queue_mails(number)
            through_a_loop(), through_the_outbox()  # warm
            turns = [(through_a_loop(), through_the_outbox()) for _ in range(TURNS)]
    print(f"aiosmtpd {aiosmtpd.smtp.__version__}, {number} mails a turn, {TURNS} turns")
    for name, times in zip(("bare loop", "outbox"), zip(*turns, strict=True), strict=True):
        each = [number / took for took in times]
        spread = f"{min(each):.0f} to {max(each):.0f}"
        print(f"{name:10}{statistics.median(each):8.0f} mails a second ({spread})")
    ratio = statistics.median(loop / outbox for loop, outbox in turns)
    print(f"ratio {ratio:.2f} (target: at least {TARGET})")
    if ratio < TARGET:
        print(f"NO: the ratio is {ratio:.3f}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
