"""Hints: messages to the workers that there is work of a kind.

A request never waits for the broker. `hint(kind)` marks the kind after commit; one daemon thread
sends what is marked, or drops it when the broker refuses or hangs: the sweep finds the work anyway
(Celery's own `delay_on_commit` would raise or block here).
"""

import threading
import time

import structlog
from django.db import transaction

#: Least time between two hints of a process, in seconds.
MOMENT = 0.05

log = structlog.get_logger(__name__)


class Hinter:
    """Coalesces kinds in a set, so that it never holds more than there are kinds of work."""

    def __init__(self) -> None:
        self._marked: set[str] = set()
        self._wake = threading.Condition()
        self._thread: threading.Thread | None = None

    def mark(self, kind: str) -> None:
        with self._wake:
            self._marked.add(kind)
            # A forked process has the set, but not the thread.
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._send, name="hints", daemon=True)
                self._thread.start()
            self._wake.notify()

    def _send(self) -> None:
        from campaign.celery import app

        while True:
            with self._wake:
                while not self._marked:
                    self._wake.wait()
                kind = self._marked.pop()
            try:
                app.send_task("work", args=[kind], expires=60, retry=False)
            except Exception as error:
                log.warning("hint.dropped", kind=kind, error=type(error).__name__)
            # What is marked meanwhile coalesces: under load one hint a moment says enough, and
            # each costs as much as half a posting.
            time.sleep(MOMENT)


_hinter = Hinter()


def hint(kind: str) -> None:
    """Tell the workers, once the current transaction commits, that there is work of this kind."""
    transaction.on_commit(lambda: _hinter.mark(kind), robust=True)
