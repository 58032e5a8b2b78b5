"""Undersigned's own processes: web, worker and scheduler."""

import http.client
import os
import socket
import sys
from functools import partial
from pathlib import Path

from campaign.embedded.process import Service

#: Whoever waits for a page goes before mails and editions: about three parts of four to one.
BEHIND = 5


def web(base_dir: Path, path: Path, *, processes: int = 0) -> Service:
    """Django in granian, on the socket at `path`; 0 processes are as many as suit the machine."""
    # A process has one core's worth of Python; the database and the workers need theirs.
    suitable = max(1, min(4, (os.cpu_count() or 1) // 2))
    return Service(
        name="web",
        command=[
            *(sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws"),
            *("--uds", str(path), "--uds-permissions", "0600"),
            *("--workers", str(processes or suitable)),
            *("--blocking-threads", "4", "--workers-kill-timeout", "3"),
            # More than these wait for their turn with the kernel, and then Caddy says "paused".
            *("--backlog", "1024", "--backpressure", "256"),
            *("--no-access-log", "--log-level", "warning", "campaign.wsgi:application"),
        ],
        ready=partial(_lives, path),
        lives=partial(_lives, path),
        prepare=partial(path.unlink, missing_ok=True),
        directory=base_dir,
    )


def worker(base_dir: Path) -> Service:
    """A Celery worker. Nobody waits for it to be ready: until then the scheduler does its work."""
    return Service(
        name="worker",
        command=[
            *(sys.executable, "-m", "celery", "--app", "campaign", "worker"),
            *("--pool", "prefork", "--concurrency", "2", "--loglevel", "WARNING"),
            # It works alone: what workers tell each other would only be traffic.
            *("--without-gossip", "--without-mingle", "--without-heartbeat"),
        ],
        ready=lambda: True,
        directory=base_dir,
        niceness=BEHIND,
    )


def scheduler(base_dir: Path) -> Service:
    return Service(
        name="scheduler",
        command=[sys.executable, str(base_dir / "manage.py"), "sweep", "--loop"],
        ready=lambda: True,
        directory=base_dir,
        niceness=BEHIND,
    )


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=5)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def _lives(path: Path) -> bool:
    connection = _UnixConnection(path)
    try:
        connection.request("GET", "/health/live")
        return connection.getresponse().status < http.client.INTERNAL_SERVER_ERROR
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
