"""A release under load: tables are altered and everything is started again, and nobody notices."""

import threading
from collections.abc import Iterator

import psutil
import pytest

from tests.faults.ledger import kept
from tests.faults.smtp import FaultySink
from tests.site import Site, eventually

pytestmark = pytest.mark.processes
NEXT_RELEASE = {"FAULTS_RELEASE": "2"}
HAS_COLUMN = (
    "SELECT count(*) FROM information_schema.columns "
    "WHERE table_name = 'signatories_signon' AND column_name = 'extra'"
)


@pytest.fixture
def older(quick: Site) -> Iterator[Site]:
    """The site of the release before; what the next one altered is taken back at the end."""
    yield quick
    quick.manage("migrate", "extra", "zero", **NEXT_RELEASE)


def restart(site: Site) -> None:
    for word in ("granian", "celery", "sweep"):
        before = site.process_of(word)
        before.terminate()
        psutil.wait_procs([before], timeout=20)
        eventually(f"a new {word}", lambda word=word: site.process_of(word).pid)
    eventually("the site", lambda: site.status("/health/ready") == 200)


def test_a_migration_and_a_restart_under_load_lose_nothing(
    older: Site, faulty_sink: FaultySink
) -> None:
    with kept(older, faulty_sink, repeats=3) as ledger:
        older.manage("migrate", **NEXT_RELEASE)
        assert older.query(HAS_COLUMN) == [(1,)]
        ledger.thanks()
        restart(older)
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
                enough.wait(60)

        reader = threading.Thread(target=read_for_long)
        reader.start()
        assert reading.wait(20)
        migration = older.start_command("migrate", **NEXT_RELEASE)
        try:
            eventually("that it gave way", lambda: "giving way" in migration.stderr.readline())
            ledger.thanks(5)
            assert older.query(HAS_COLUMN) == [(0,)]
        finally:
            enough.set()
            reader.join()
            _, errors = migration.communicate(timeout=60)
        assert migration.returncode == 0, errors
        assert older.query(HAS_COLUMN) == [(1,)]
    assert set(ledger.answers) == {302}
