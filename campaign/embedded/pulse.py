"""Whether a process that runs still answers."""

import threading
import time
from collections.abc import Callable

EVERY = 2.0  # seconds


class Pulse:
    """Asks a process in a thread of its own, which may hang with it. Silence counts from the first
    answer on: how long a start may take is another question.
    """

    def __init__(self, lives: Callable[[], bool]) -> None:
        self._lives = lives
        self._heard: float | None = None
        self._over = threading.Event()
        threading.Thread(target=self._listen, name="pulse", daemon=True).start()

    def silence(self) -> float:
        """Seconds since it answered last; 0 before it ever did."""
        return 0.0 if self._heard is None else time.monotonic() - self._heard

    def stop(self) -> None:
        self._over.set()

    def _listen(self) -> None:
        while not self._over.is_set():
            if self._lives():
                self._heard = time.monotonic()
            self._over.wait(EVERY)
