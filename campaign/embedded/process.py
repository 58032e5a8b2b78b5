"""One server or worker as a child process: started, watched, stopped."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from campaign.embedded.errors import CannotStartError
from campaign.embedded.identity import Identity, launched

LARGEST_LOG = 10_000_000  # bytes


def _nothing() -> None:
    return


@dataclass(frozen=True)
class Service:
    """How to run one process. `prepare` runs before each start, `settle` once after the first."""

    name: str
    command: Sequence[str]
    ready: Callable[[], bool]
    environment: Mapping[str, str] = field(default_factory=dict)
    prepare: Callable[[], None] = _nothing
    settle: Callable[[], None] = _nothing
    identity: Identity | None = None
    directory: Path | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    #: What the kernel sends when the supervisor is killed. It must end the children as well.
    orphan_signal: signal.Signals = signal.SIGKILL
    patience: float = 60.0  # seconds from start to ready
    #: Asked again and again once it was ready: a process can hang without ending. It gives up soon.
    lives: Callable[[], bool] | None = None
    #: Above 0: others go first where they want the processor as well.
    niceness: int = 0


class Running:
    """A started service. Must be made in the main thread: see `die_with_parent`."""

    def __init__(
        self, service: Service, log_dir: Path, environment: Mapping[str, str] | None = None
    ) -> None:
        self.service = service
        self.log = log_dir / f"{service.name}.log"
        service.prepare()
        shorten(self.log)
        with self.log.open("ab") as output:
            self._log_start = output.tell()
            self.started = time.monotonic()
            self._process = subprocess.Popen(
                launched(
                    service.command,
                    orphan_signal=service.orphan_signal,
                    niceness=service.niceness,
                    identity=service.identity,
                ),
                cwd=service.directory,
                env={**os.environ, **service.environment, **(environment or {})},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                # Ctrl-C reaches the supervisor only, which stops the rest in order.
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    def ended(self) -> bool:
        return self._process.poll() is not None

    def is_ready(self) -> bool:
        return not self.ended() and self.service.ready()

    def wait_ready(self) -> None:
        """Wait until it answers. Raises CannotStartError when it ends or stays silent."""
        while not self.is_ready():
            if self.ended():
                raise CannotStartError(self.obituary())
            if time.monotonic() - self.started > self.service.patience:
                raise CannotStartError(
                    f"{self.service.name} does not answer after {self.service.patience:.0f} s: "
                    f"{self.last_line()} (see {self.log})"
                )
            time.sleep(0.02)
        self.service.settle()

    def obituary(self) -> str:
        """One line that says how it ended, with the last line it wrote."""
        code = self._process.returncode
        how = f"with status {code}" if code >= 0 else f"by signal {-code}"
        return f"{self.service.name} ended {how}: {self.last_line()} (see {self.log})"

    def last_line(self) -> str:
        with self.log.open("rb") as log:
            size = log.seek(0, os.SEEK_END)
            log.seek(max(min(self._log_start, size), size - 4096))
            lines = log.read().decode(errors="replace").strip().splitlines()
        return lines[-1].strip()[:300] if lines else "it wrote nothing"

    def ask_to_stop(self) -> None:
        if not self.ended():
            self._process.send_signal(self.service.stop_signal)

    def stop(self, patience: float = 5.0) -> None:
        """End it, kindly for `patience` seconds, then at once."""
        self.ask_to_stop()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(patience)
        self.kill()

    def kill(self) -> None:
        """End it and all that it started, at once. What has ended by itself left nothing."""
        if self.ended():
            return
        # PostgreSQL's processes each lead a group of their own, so the tree is asked.
        family: list[psutil.Process] = []
        with contextlib.suppress(psutil.Error):
            family = psutil.Process(self.pid).children(recursive=True)
        self._process.kill()
        self._process.wait()
        for process in family:
            with contextlib.suppress(psutil.Error):
                process.kill()
        psutil.wait_procs(family, timeout=2)


def shorten(log: Path) -> None:
    """Move a large log aside, replacing the one before. Writers append, so they carry on.

    On a full disk it is lost, and makes room.
    """
    with contextlib.suppress(OSError):
        if log.stat().st_size <= LARGEST_LOG:
            return
        aside = log.with_suffix(".log.1")
        try:
            aside.write_bytes(log.read_bytes())
        except OSError:
            aside.unlink(missing_ok=True)
        os.truncate(log, 0)
