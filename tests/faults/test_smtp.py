"""The mail server refusing, stalling, breaking off, asking for patience: all is mailed at last."""

import threading

import pytest

from tests.faults.ledger import kept
from tests.faults.smtp import FaultySink
from tests.faults.test_killed import SENDERS
from tests.site import PATIENCE, Site, eventually

pytestmark = pytest.mark.processes


def test_what_a_server_that_refuses_connections_missed_is_sent_later(
    quick: Site, faulty_sink: FaultySink
) -> None:
    with kept(quick, faulty_sink) as ledger:
        faulty_sink.close()
        eventually("a try", ledger.tried_in_vain)
        ledger.thanks()
        faulty_sink.heal()


@pytest.mark.parametrize("mode", ["stalling", "cutting", "421", "451"])
def test_what_a_server_that_fails_halfway_missed_is_sent_later(
    quick: Site, faulty_sink: FaultySink, mode: str
) -> None:
    with kept(quick, faulty_sink) as ledger:
        faulty_sink.mode = mode
        eventually("a try", ledger.tried_in_vain)
        ledger.thanks()
        faulty_sink.heal()


def test_what_a_server_kept_without_an_answer_comes_twice_at_most(
    quick: Site, faulty_sink: FaultySink
) -> None:
    # The worker and the scheduler may each be waiting for an answer.
    with kept(quick, faulty_sink, repeats=len(SENDERS)) as ledger:
        faulty_sink.mode = "silent"
        eventually("a try", ledger.tried_in_vain)
        faulty_sink.heal()


def test_a_slow_server_holds_up_no_edition_and_no_sign_on(
    quick: Site, faulty_sink: FaultySink
) -> None:
    with kept(quick, faulty_sink) as ledger:
        slow = threading.Event()
        faulty_sink.mode = "slow"
        faulty_sink.before_taking = lambda _: slow.set()
        assert slow.wait(PATIENCE)
        ledger.thanks(5)
        faulty_sink.heal()
    assert ledger.seen() == {200, 302}
    assert not ledger.tried_in_vain(), "slow is not down"
