"""The clock of all processes jumps: a day ahead, and back; back an hour."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.ledger import LETTER, approve, kept, listed, pause
from tests.faults.smtp import FaultySink
from tests.site import Site, eventually

pytestmark = pytest.mark.processes
HOUR, DAY = 3600, 86400


@pytest.fixture
def clock(quick: Site) -> Iterator[Path]:
    file = Path(quick.environment["FAULTS_CLOCK"])
    yield file
    set_clock(file, 0)


def set_clock(file: Path, ahead: int) -> None:
    draft = file.with_suffix(".part")
    draft.write_text(str(ahead))
    draft.replace(file)
    pause(0.5)  # each process looks ten times a second


def modified(site: Site) -> float:
    return (site.data_dir / "editions" / "letters" / "sample-letter" / "index.html").stat().st_mtime


def edition(site: Site) -> int:
    return int(site.json(f"{LETTER}manifest.json")["edition"])


@pytest.mark.parametrize("jumps", [(DAY, 0), (-HOUR, 0)], ids=["a-day-ahead", "an-hour-back"])
def test_work_goes_on_after_the_clock_has_jumped_and_jumped_back(
    quick: Site, faulty_sink: FaultySink, clock: Path, jumps: tuple[int, ...]
) -> None:
    # A claim ends early when the clock runs ahead, and another takes the mail over.
    with kept(quick, faulty_sink, repeats=4, days=2) as ledger:
        seen = edition(quick), modified(quick)
        for number, ahead in enumerate(jumps):
            set_clock(clock, ahead)
            name = f"Jump {number} {ledger.key}"
            approve(quick, name)
            eventually("the name", lambda name=name: listed(quick, name))
            assert (edition(quick), modified(quick)) > seen
            assert modified(quick) > seen[1]  # no ETag is used twice
            seen = edition(quick), modified(quick)
            ledger.thanks()


def test_what_was_claimed_and_put_off_a_day_ahead_does_not_wait_for_that_day(
    quick: Site, faulty_sink: FaultySink, clock: Path
) -> None:
    with kept(quick, faulty_sink, repeats=4, days=2) as ledger:
        set_clock(clock, DAY)
        # Put off, being refused; and a lease and a claim whose holders die.
        faulty_sink.mode = "451"
        ledger.thanks(5)
        approve(quick, f"Tomorrow {ledger.key}")
        for word in ("celery", "sweep"):
            for process in quick.processes_of(word):
                process.kill()
        faulty_sink.heal()
        set_clock(clock, 0)
        eventually("the name", lambda: listed(quick, f"Tomorrow {ledger.key}"))
