"""Processes that outlived a supervisor that was killed."""

import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil

from campaign.embedded.identity import MARK


def kill_in(directory: Path) -> None:
    """Kill every process that works in `directory`, as PostgreSQL's processes do in their data."""
    place = str(directory.resolve())
    _kill(lambda process: process.cwd() == place)


def kill_marked(data_dir: Path) -> None:
    """Kill every process that an earlier supervisor of `data_dir` started."""
    _kill(lambda process: process.environ().get(MARK) == str(data_dir))


def _kill(wanted: Callable[[psutil.Process], bool]) -> None:
    """Kill what is wanted, again and again: a dying parent may have forked meanwhile."""
    for _ in range(50):
        found = list(_find(wanted))
        if not found:
            return
        for process in found:
            with contextlib.suppress(psutil.Error):
                process.kill()
        psutil.wait_procs(found, timeout=1)
        time.sleep(0.02)


def _find(wanted: Callable[[psutil.Process], bool]) -> Iterator[psutil.Process]:
    us = psutil.Process()
    ours = {us.pid, *(parent.pid for parent in us.parents())}
    for process in psutil.process_iter():
        # Other people's processes cannot be asked, and are not ours.
        with contextlib.suppress(psutil.Error, OSError):
            if (
                process.pid not in ours
                and process.status() != psutil.STATUS_ZOMBIE
                and wanted(process)
            ):
                yield process
