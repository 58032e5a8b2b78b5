"""A release under load: tables are altered and everything is started again, and nobody notices."""

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.faults.ledger import kept
from tests.faults.smtp import FaultySink
from tests.site import PATIENCE, Site, eventually

pytestmark = pytest.mark.processes
PARTS = ("granian", "celery", "sweep")
HAS_COLUMN = (
    "SELECT count(*) FROM information_schema.columns "
    "WHERE table_name = 'signatories_signon' AND column_name = 'extra'"
)


@pytest.fixture
def older(quick: Site) -> Iterator[Site]:
    """The site of the release before; what the next one altered is taken back at the end."""
    eventually("the release before", lambda: runs(quick, "1"))
    yield quick
    install(quick, "2")
    quick.manage("migrate", "extra", "zero")
    install(quick, "1")
    if not runs(quick, "1"):
        restart(quick)


def install(site: Site, release: str) -> None:
    """Put the release where what is started from now on finds it, as an upgrade does."""
    file = Path(site.environment["FAULTS_RELEASE"])
    draft = file.with_suffix(".part")
    draft.write_text(release)
    draft.replace(file)


def runs(site: Site, release: str) -> bool:
    """Whether all parts, as their processes noted at their start, run this release and no other."""
    notes = Path(site.environment["FAULTS_RELEASE"]).with_name("running")
    noted = dict(note.name.split("-") for note in notes.iterdir())
    return all(
        {noted[str(pid)] for pid in pids_of(site, part) if str(pid) in noted} == {release}
        for part in PARTS
    )


def pids_of(site: Site, part: str) -> set[int]:
    """Of its processes and those that they started, whose command lines may say nothing."""
    pids = set()
    for process in site.processes_of(part):
        with contextlib.suppress(psutil.NoSuchProcess):
            pids |= {process.pid, *(child.pid for child in process.children(recursive=True))}
    return pids


def restart(site: Site) -> None:
    for part in PARTS:
        before = site.process_of(part)
        before.terminate()
        psutil.wait_procs([before], timeout=PATIENCE)
        eventually(f"a new {part}", lambda part=part: site.process_of(part).pid)
    eventually("the site", lambda: site.status("/health/ready") == 200)


def test_a_migration_and_a_restart_under_load_lose_nothing(
    older: Site, faulty_sink: FaultySink
) -> None:
    with kept(older, faulty_sink, repeats=3) as ledger:
        install(older, "2")
        older.manage("migrate")
        assert older.query(HAS_COLUMN) == [(1,)]
        ledger.thanks()
        assert runs(older, "1")
        restart(older)
        eventually("the new one", lambda: runs(older, "2"))
        ledger.thanks()


def test_a_migration_that_waits_for_a_long_query_holds_up_no_sign_on(
    older: Site, faulty_sink: FaultySink
) -> None:
    """A waiting ALTER blocks all who come after it, so it waits for a moment, then gives way."""
    with kept(older, faulty_sink) as ledger:
        reading, enough = threading.Event(), threading.Event()

        def read_for_long() -> None:
            with older.connect() as connection:
                connection.execute("SELECT count(*) FROM signatories_signon")
                reading.set()
                enough.wait(2 * PATIENCE)

        reader = threading.Thread(target=read_for_long)
        reader.start()
        assert reading.wait(PATIENCE)
        install(older, "2")
        migration = older.start_command("migrate")
        try:
            eventually("that it gave way", lambda: "giving way" in migration.stderr.readline())
            ledger.thanks(5)
            assert older.query(HAS_COLUMN) == [(0,)]
        finally:
            enough.set()
            reader.join()
            _, errors = migration.communicate(timeout=PATIENCE)
        assert migration.returncode == 0, errors
        assert older.query(HAS_COLUMN) == [(1,)]
    assert ledger.seen() == {200, 302}
