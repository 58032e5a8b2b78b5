"""The product's settings with short claims, leases and time-outs, and a clock that can be moved.

FAULTS_CLOCK names a file: while it exists, it says by how many seconds the clock is ahead.
FAULTS_RELEASE names a file that says which release is installed: 2 is a later one, with one
migration more. Each process notes beside it which one it was started as.
"""

import os
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from campaign.settings import *  # noqa: F403
from campaign.settings import INSTALLED_APPS

MAIL_CLAIM = timedelta(seconds=8)
MAIL_SILENCE = timedelta(seconds=5)
PUBLISH_LEASE = timedelta(seconds=8)
POINTERS_EVERY = timedelta(seconds=4)
BULK_BATCH = 20
EMAIL_TIMEOUT = 3


def _installed(file: Path) -> str:
    """The release that this process runs from now on, noted as an empty file <pid>-<release>."""
    release = file.read_text() if file.exists() else "1"
    notes = file.with_name("running")
    notes.mkdir(exist_ok=True)
    for earlier in notes.glob(f"{os.getpid()}-*"):  # of another process with this number
        earlier.unlink()
    (notes / f"{os.getpid()}-{release}").touch()
    return release


if "FAULTS_RELEASE" in os.environ and _installed(Path(os.environ["FAULTS_RELEASE"])) == "2":
    INSTALLED_APPS = [*INSTALLED_APPS, "tests.faults.extra.apps.ExtraConfig"]


def _follow(file: Path) -> None:
    """Keep this process's clock where the file says. What measures time monotonically goes on."""
    import time_machine

    traveller, said = None, 0.0
    while True:
        try:
            ahead = float(file.read_text() or 0)
        except (FileNotFoundError, ValueError):
            ahead = said
        if ahead != said:
            escape = time_machine.escape_hatch.time.time()
            moment = datetime.fromtimestamp(escape + ahead, UTC)
            if traveller is None:
                traveller = time_machine.travel(moment, tick=True).start()
            else:
                traveller.move_to(moment, tick=True)
            said = ahead
        time.sleep(0.1)


def _start() -> None:
    file = Path(os.environ["FAULTS_CLOCK"])
    threading.Thread(target=_follow, args=(file,), name="clock", daemon=True).start()


if "FAULTS_CLOCK" in os.environ:
    _start()
    os.register_at_fork(after_in_child=_start)
