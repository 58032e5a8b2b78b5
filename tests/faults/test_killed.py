"""Workers killed at the worst moments: while they send, after the 250, while they build."""

import signal
import threading
from email.message import EmailMessage

import psutil
import pytest

from tests.faults.ledger import approve, kept, listed
from tests.faults.smtp import FaultySink
from tests.site import Site, eventually

pytestmark = pytest.mark.processes
SENDERS = ("celery", "sweep")


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
        assert sending.wait(60)
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
                stopped.extend(senders(quick))
                for process in stopped:
                    process.send_signal(signal.SIGSTOP)

    def end(mail: EmailMessage) -> None:
        if caught and mail is caught[0]:
            kill(stopped)
            dead.set()

    # Others may have been answered in the same moment by the other process that sends.
    with kept(quick, faulty_sink, repeats=len(SENDERS) + 1):
        faulty_sink.before_taking, faulty_sink.after_taking = stop, end
        assert dead.wait(60)
        again = caught[0]["Message-ID"]
        eventually(
            "the repetition",
            lambda: sum(mail["Message-ID"] == again for mail in list(faulty_sink.messages)) == 2,
        )


def test_an_edition_whose_builders_were_killed_is_finished_by_others(
    quick: Site, faulty_sink: FaultySink
) -> None:
    """With the page shown, and its PDF not made yet."""
    manifest = "/letters/sample-letter/manifest.json"
    make_long(quick)
    with kept(quick, faulty_sink, repeats=2) as ledger:
        approve(quick, f"Long List {ledger.key}")
        eventually("the page", lambda: quick.json(manifest)["complete"] is False)
        killed = senders(quick)
        for process in killed:
            process.send_signal(signal.SIGSTOP)
        assert quick.json(manifest)["complete"] is False
        kill(killed)
        assert listed(quick, f"Long List {ledger.key}")
        eventually("the PDF", lambda: quick.json(manifest)["complete"])
    numbers = quick.query(
        "SELECT number FROM signatories_edition e JOIN campaign_letter l ON l.id = e.letter_id "
        "WHERE l.slug = 'sample-letter' ORDER BY number"
    )
    assert [number for (number,) in numbers] == list(range(1, len(numbers) + 1))


def make_long(site: Site) -> None:
    """So many names that the PDF takes its time."""
    names = site.data_dir / "names.csv"
    rows = "\n".join(f"members,Long Body {n:05d}" for n in range(5000))
    key = site.query(
        "SELECT g.key FROM campaign_group g JOIN campaign_letter l ON l.default_group_id = g.id "
        "WHERE l.slug = 'sample-letter'"
    )[0][0]
    names.write_text("group,organisation\n" + rows.replace("members,", f"{key},") + "\n")
    site.manage("load_letter", "sample/letter.md", "--signatories", str(names))
    eventually("the long list", lambda: listed(site, "Long Body 04999"))
    manifest = "/letters/sample-letter/manifest.json"
    eventually("its PDF", lambda: site.json(manifest)["complete"])
