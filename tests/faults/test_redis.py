"""The broker refused, killed, emptied, paused: hints are lost, work is not."""

import signal
import uuid
from collections import Counter
from pathlib import Path

import pytest

from campaign.limits.table import ADDRESS
from tests.faults.ledger import FORM, LETTER, a_client, approve, kept, listed, pause
from tests.faults.smtp import FaultySink
from tests.site import LIMITED, PATIENCE, Site, eventually

pytestmark = pytest.mark.processes
BROKER = "valkey-server"


def test_without_a_broker_from_the_start_all_goes_on(
    faulty_sink: FaultySink, tmp_path: Path
) -> None:
    faulty_sink.heal()
    site = Site(
        tmp_path / "var",
        email_url=faulty_sink.url,
        REDIS_URL="redis://127.0.0.1:1/0",
        DJANGO_SETTINGS_MODULE="tests.faults.quick_settings",
        **LIMITED,
    )
    site.start()
    try:
        with kept(site, faulty_sink) as ledger:
            approve(site, f"Brokerless {ledger.key}")
            eventually("the name", lambda: listed(site, f"Brokerless {ledger.key}"))
    finally:
        site.stop()


def test_a_broker_that_is_killed_comes_back_empty_and_nothing_is_missed(
    quick: Site, faulty_sink: FaultySink
) -> None:
    with kept(quick, faulty_sink) as ledger:
        for number in (1, 2):
            before = quick.process_of(BROKER)
            before.kill()
            before.wait(PATIENCE)
            approve(quick, f"Emptied {number} {ledger.key}")
            eventually("the name", lambda n=number: listed(quick, f"Emptied {n} {ledger.key}"))
            assert quick.process_of(BROKER).pid != before.pid


def test_a_broker_that_hangs_holds_up_nobody(quick: Site, faulty_sink: FaultySink) -> None:
    with kept(quick, faulty_sink) as ledger:
        broker = quick.process_of(BROKER)
        broker.send_signal(signal.SIGSTOP)
        try:
            ledger.thanks(5)
            approve(quick, f"Hanging {ledger.key}")
            eventually("the name", lambda: listed(quick, f"Hanging {ledger.key}"))
            pause(2)
        finally:
            broker.send_signal(signal.SIGCONT)
    assert ledger.seen() == {200, 302}


def test_a_client_meets_its_limit_while_the_broker_hangs(
    quick: Site, faulty_sink: FaultySink
) -> None:
    broker, client = quick.process_of(BROKER), a_client()
    broker.send_signal(signal.SIGSTOP)
    try:
        answers: Counter[int] = Counter()
        while not answers[429]:
            body = f"Too Many {uuid.uuid4().hex[:8]}"
            mailbox = f"ada@{body.split()[-1]}.example"
            data = {**FORM, "organisation": body, "email": mailbox}
            answers[quick.post(f"{LETTER}sign/", data, client)] += 1
            assert answers[302] <= ADDRESS.near.amount
    finally:
        broker.send_signal(signal.SIGCONT)
    assert answers[302]
