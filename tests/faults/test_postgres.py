"""PostgreSQL killed, restarted and paused under load."""

import contextlib
import signal

import psutil
import pytest

from tests.faults.ledger import LETTER, kept, pause
from tests.faults.smtp import FaultySink
from tests.site import PATIENCE, Site, eventually

pytestmark = pytest.mark.processes
SERVER = "bin/postgres"
#: What a signer may meet: thanks, "signing is paused", or in the worst case no answer at all.
ANSWERS = {200, 302, 503}


def everything_of(site: Site) -> list[psutil.Process]:
    server = site.process_of(SERVER)
    return [server, *server.children(recursive=True)]


def send_all(processes: list[psutil.Process], number: signal.Signals) -> None:
    for process in processes:
        # A session may have ended since they were counted.
        with contextlib.suppress(psutil.NoSuchProcess, ProcessLookupError):
            process.send_signal(number)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT, signal.SIGQUIT])
def test_a_database_that_ends_under_load_comes_back_with_all_that_was_thanked_for(
    quick: Site, faulty_sink: FaultySink, how: signal.Signals
) -> None:
    # A worker that sent a mail may find nobody to say it to.
    with kept(quick, faulty_sink, repeats=4):
        before = quick.process_of(SERVER)
        before.send_signal(how)
        before.wait(PATIENCE)
        eventually("the database", lambda: quick.status("/health/ready") == 200)
        assert quick.process_of(SERVER).pid != before.pid


def test_one_of_its_sessions_killed_costs_nothing_that_was_thanked_for(
    quick: Site, faulty_sink: FaultySink
) -> None:
    """PostgreSQL then ends all sessions and recovers, without ending itself."""
    with kept(quick, faulty_sink, repeats=4):
        (session,) = quick.query(
            "SELECT pid FROM pg_stat_activity WHERE state IS NOT NULL AND pid <> pg_backend_pid() "
            "AND backend_type = 'client backend' LIMIT 1"
        )[0]
        psutil.Process(session).kill()
        pause(0.5)
        eventually("the database", lambda: quick.status("/health/ready") == 200)


def test_while_the_database_is_paused_nobody_waits_for_ever_and_then_all_goes_on(
    quick: Site, faulty_sink: FaultySink
) -> None:
    with kept(quick, faulty_sink, repeats=4) as ledger:
        stopped = everything_of(quick)
        send_all(stopped, signal.SIGSTOP)
        try:
            # Refusals come while it is still paused, and by themselves.
            eventually("an answer", lambda: ledger.answers[503] > 2)
            assert quick.status(LETTER) == 200
            pause(5)
        finally:
            send_all(stopped, signal.SIGCONT)
        eventually("the database", lambda: quick.status("/health/ready") == 200)
    assert ledger.seen() <= ANSWERS


def test_a_database_that_cannot_start_for_a_while_takes_nothing_along(
    quick: Site, faulty_sink: FaultySink
) -> None:
    with kept(quick, faulty_sink, repeats=4):
        configuration = quick.data_dir / "postgres" / "postgresql.conf"
        well = configuration.read_text()
        configuration.write_text("nonsense = here\n")
        try:
            said = len(quick.log.read_text())
            quick.process_of(SERVER).kill()
            eventually(
                "its failure to start again",
                lambda: quick.log.read_text()[said:].count("postgres ended") >= 2,
            )
            assert quick.status(LETTER) == 200
        finally:
            configuration.write_text(well)
        eventually("the database", lambda: quick.status("/health/ready") == 200)


def test_a_web_process_that_hangs_is_started_again(quick: Site, faulty_sink: FaultySink) -> None:
    with kept(quick, faulty_sink) as ledger:
        web = quick.processes_of("granian")
        for process in web:
            process.send_signal(signal.SIGSTOP)
        eventually("their end", lambda: not any(alive(process) for process in web))
        ledger.thanks()


def alive(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
