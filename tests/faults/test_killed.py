"""Workers killed at the worst moments: while they send, after the 250, while they build."""

import re
import signal
import threading
import uuid
from email.message import EmailMessage
from pathlib import Path

import psutil
import pytest
from django.conf import settings

from tests.faults.ledger import kept
from tests.faults.smtp import FaultySink
from tests.site import PATIENCE, Site, eventually

pytestmark = pytest.mark.processes
SENDERS = ("celery", "sweep")
NAMES = 5000


def senders(site: Site, words: tuple[str, ...] = SENDERS) -> list[psutil.Process]:
    return [process for word in words for process in site.processes_of(word)]


def kill(processes: list[psutil.Process]) -> None:
    for process in processes:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue


@pytest.mark.parametrize("part", SENDERS)
def test_a_worker_that_is_killed_while_it_sends_loses_no_mail(
    quick: Site, faulty_sink: FaultySink, part: str
) -> None:
    faulty_sink.mode = "slow"
    with kept(quick, faulty_sink, repeats=1) as ledger:
        sending = threading.Event()
        faulty_sink.before_taking = lambda _: sending.set()
        assert sending.wait(PATIENCE)
        kill(senders(quick, (part,)))
        faulty_sink.heal()
        ledger.thanks()


def test_a_mail_whose_senders_died_after_the_250_is_repeated_once_under_its_message_id(
    quick: Site, faulty_sink: FaultySink
) -> None:
    """All that could note that it was sent is stopped before the 250, and killed after it."""
    caught: list[EmailMessage] = []
    dead = threading.Event()
    stopped: list[psutil.Process] = []
    lock = threading.Lock()

    def stop(mail: EmailMessage) -> None:
        with lock:
            if not caught:
                caught.append(mail)
                # Once it was confirmed it would not be asked again.
                ledger.confirming.leave(str(mail["Message-ID"]))
                stopped.extend(senders(quick))
                for process in stopped:
                    process.send_signal(signal.SIGSTOP)

    def end(mail: EmailMessage) -> None:
        if caught and mail is caught[0]:
            kill(stopped)
            dead.set()

    # Others may have been answered in the same moment by the other process that sends.
    with kept(quick, faulty_sink, repeats=len(SENDERS) + 1) as ledger:
        faulty_sink.before_taking, faulty_sink.after_taking = stop, end
        assert dead.wait(PATIENCE)
        again = caught[0]["Message-ID"]
        eventually(
            "the repetition",
            lambda: sum(mail["Message-ID"] == again for mail in list(faulty_sink.messages)) == 2,
        )


def test_an_edition_whose_builders_were_killed_is_finished_by_others(
    quick: Site, faulty_sink: FaultySink, tmp_path: Path
) -> None:
    """With the page shown, and its PDF, which takes a while, not made yet."""
    slug = f"long-{uuid.uuid4().hex[:8]}"
    manifest = f"/letters/{slug}/manifest.json"
    with kept(quick, faulty_sink, repeats=len(SENDERS) + 1):
        load_long_letter(quick, slug, tmp_path)
        eventually("the page", lambda: quick.status(manifest) == 200)
        killed = senders(quick)
        for process in killed:
            process.send_signal(signal.SIGSTOP)
        assert quick.json(manifest)["complete"] is False
        kill(killed)
        assert len(quick.names(slug)) == NAMES
        eventually("the PDF", lambda: quick.json(manifest)["complete"])
    assert quick.get(f"/letters/{slug}/letter.pdf").startswith(b"%PDF-")
    numbers = quick.query(
        "SELECT number FROM signatories_edition e JOIN campaign_letter l ON l.id = e.letter_id "
        "WHERE l.slug = %s",
        slug,
    )
    assert numbers == [(1,)]


def load_long_letter(site: Site, slug: str, directory: Path) -> None:
    letter = (settings.BASE_DIR / "sample" / "letter.md").read_text()
    (directory / "letter.md").write_text(re.sub(r"(?m)^slug: .*", f"slug: {slug}", letter))
    group = re.findall(r"(?m)^ *- \{? *key: ([a-z-]+)", letter)[0]
    rows = [f"{group},Long Body {number:05d}" for number in range(NAMES)]
    (directory / "names.csv").write_text("\n".join(["group,organisation", *rows, ""]))
    site.manage(
        *("load_letter", str(directory / "letter.md"), "--open"),
        *("--signatories", str(directory / "names.csv")),
    )
