"""The embedded PostgreSQL for one command, while `up` is not running."""

import contextlib
import signal
from collections.abc import Iterator
from types import FrameType

from django.db import connections

from campaign.embedded import lock, postgres, strays
from campaign.embedded.process import Running
from campaign.embedded.up import make_directories
from campaign.env import Environment


@contextlib.contextmanager
def database(environment: Environment) -> Iterator[None]:
    """PostgreSQL runs inside, under the lock of DATA_DIR, and is stopped at the end.

    SIGTERM becomes KeyboardInterrupt, so that it is. Raises CannotStartError, also while `up` runs.
    """
    signal.signal(signal.SIGTERM, _interrupt)
    make_directories(environment)
    with lock.only_one(environment):
        strays.kill_marked(environment.data_dir)
        # Not marked as the supervisor's: the lock of the next one ends what works in the data.
        running = Running(postgres.service(environment.data_dir), environment.data_dir / "log")
        try:
            running.wait_ready()
            yield
        finally:
            connections.close_all()
            running.stop()


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
