"""sweep [--loop]: find work that no worker took, in PostgreSQL alone, and do it."""

import signal
import threading
from datetime import timedelta
from typing import Any

import structlog
from django.core.management.base import CommandParser
from django.db import DatabaseError, close_old_connections

from campaign import work
from campaign.management.database_command import DatabaseCommand

log = structlog.get_logger(__name__)

#: Seconds between two passes; cheap when idle, each kind asks one indexed query or two.
PAUSE = 1.0
#: Work that a hint should have brought to a worker is left to it for this long.
LEFT_TO_WORKERS = timedelta(seconds=1)


class Command(DatabaseCommand):
    speaks_for_the_site = True
    help = "Do the work that is due: mails, editions, the calendar. --loop never ends."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--loop", action="store_true", help="sweep again every second")

    def handle(self, *args: Any, loop: bool, **options: Any) -> None:
        if not loop:
            for kind in work.kinds():
                done = work.run(kind, overdue=timedelta(0))
                self.stdout.write(f"{kind}: {done} done")
            return
        stopped = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopped.set())
        # A thread a kind, so that a mail server that hangs delays neither closing nor publishing.
        # They are daemons: what one is in the middle of when we stop, its claim gives back.
        for kind in work.kinds():
            threading.Thread(
                target=self._loop, args=(kind, stopped), name=f"sweep-{kind}", daemon=True
            ).start()
        stopped.wait()

    def _loop(self, kind: str, stopped: threading.Event) -> None:
        while not stopped.wait(PAUSE):
            self._sweep(kind)

    def _sweep(self, kind: str) -> None:
        try:
            close_old_connections()
            work.run(kind, overdue=LEFT_TO_WORKERS)
        except DatabaseError as error:
            # The database is away: it is asked again at the next pass.
            log.warning("sweep.no_database", kind=kind, error=type(error).__name__)
        except Exception:
            log.exception("sweep.failed", kind=kind)
