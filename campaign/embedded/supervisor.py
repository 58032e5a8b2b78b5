"""The supervisor: starts processes in order, brings back those that die, stops them all."""

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from campaign.embedded.identity import MARK
from campaign.embedded.process import Running, Service, shorten
from campaign.embedded.pulse import Pulse

#: A process that ends sooner than this after its start has failed, not merely ended.
STEADY = 10.0  # seconds
#: Seconds before the next start, doubled at each failure in a row. It is never given up: readers
#: need none of what fails but Caddy, and a full disk or a server's bad hour passes.
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 15.0
#: A process that says nothing for so long hangs, and is killed. Each try to reach it takes 5.
LONGEST_SILENCE = 20.0  # seconds
#: For each stage to end kindly. Readers go first, the data last; together under 10 s.
PATIENCE = (1.5, 3.5, 3.0)  # seconds
LOOK_AROUND = 0.2  # seconds
CHECK_LOGS = 60.0  # seconds


class Supervised:
    """A service with its present process, and how it fared."""

    def __init__(self, service: Service, start: Callable[[Service], Running]) -> None:
        self.service = service
        self._start = start
        self._pulse: Pulse | None = None
        self.failures = 0
        self.start_again_at: float | None = None
        self.running = self._begin()

    def look(self, say: Callable[[str], None]) -> None:
        """Start it again when it ended, after a pause, or when it hangs."""
        now = time.monotonic()
        if self.start_again_at is not None:
            if now >= self.start_again_at:
                self._start_again(say)
            return
        if not self.running.ended():
            self._feel(say)
            return
        if now - self.running.started >= STEADY:
            self.failures = 0
        self._failed(say, self.running.obituary())

    def _start_again(self, say: Callable[[str], None]) -> None:
        try:
            self.running = self._begin()
        except Exception as error:
            # No room for its socket, perhaps. It must not take the others along.
            self._failed(say, f"{self.service.name} cannot be started: {error}")
        else:
            self.start_again_at = None

    def _failed(self, say: Callable[[str], None], why: str) -> None:
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(self.failures, 10))
        self.failures += 1
        self.start_again_at = time.monotonic() + pause
        say(f"{why}. Starting it again in {pause:g} s.")

    def _begin(self) -> Running:
        if self._pulse:
            self._pulse.stop()
        running = self._start(self.service)
        self._pulse = Pulse(self.service.lives) if self.service.lives else None
        return running

    def _feel(self, say: Callable[[str], None]) -> None:
        """Kill and start it again when it hangs. That is no failure to count: what it waits for may
        be away for hours, and everything else goes on.
        """
        if self._pulse is None or self._pulse.silence() < LONGEST_SILENCE:
            return
        say(
            f"{self.service.name} runs, but has not answered for {LONGEST_SILENCE:g} s. Killing it."
        )
        self.running.kill()
        self._start_again(say)


class Supervisor:
    def __init__(self, data_dir: Path, say: Callable[[str], None]) -> None:
        self._mark = {MARK: str(data_dir)}
        self._log_dir = data_dir / "log"
        self._log_dir.mkdir(mode=0o700, exist_ok=True)
        self._say = say
        self._stages: list[list[Supervised]] = []

    def start(self, services: Sequence[Service]) -> None:
        """Start services side by side, as one stage, and wait until all are ready.

        Raises CannotStartError. Must be called in the main thread.
        """
        stage: list[Supervised] = []
        self._stages.append(stage)
        for service in services:
            stage.append(Supervised(service, self._run))
        for supervised in stage:
            supervised.running.wait_ready()

    def _run(self, service: Service) -> Running:
        return Running(service, self._log_dir, self._mark)

    def watch(self) -> None:
        """Keep all running until an exception, such as KeyboardInterrupt, ends it."""
        logs_checked = time.monotonic()
        while True:
            for supervised in self._all():
                supervised.look(self._say)
            if time.monotonic() - logs_checked > CHECK_LOGS:
                logs_checked = time.monotonic()
                for supervised in self._all():
                    shorten(supervised.running.log)
            time.sleep(LOOK_AROUND)

    def stop(self) -> None:
        """End everything, the last stage first. Leaves nothing running."""
        patience = iter(PATIENCE)
        for stage in reversed(self._stages):
            deadline = time.monotonic() + next(patience, 1.0)
            for supervised in stage:
                supervised.running.ask_to_stop()
            for supervised in stage:
                supervised.running.stop(max(0.0, deadline - time.monotonic()))

    def kill(self) -> None:
        """End everything at once."""
        for stage in reversed(self._stages):
            for supervised in stage:
                supervised.running.kill()

    def _all(self) -> Iterator[Supervised]:
        for stage in self._stages:
            yield from stage
