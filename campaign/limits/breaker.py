"""A circuit breaker: who has just failed is left alone for a while."""

import threading
import time


class Breaker:
    """Of those who ask after the pause one is let through, to see whether it works again."""

    def __init__(self, pause: float) -> None:
        """`pause` in seconds."""
        self._pause = pause
        self._shut_until: float | None = None
        self._lock = threading.Lock()

    def lets_through(self) -> bool:
        if self._shut_until is None:
            return True
        with self._lock:
            if self._shut_until is None:
                return True
            if time.monotonic() < self._shut_until:
                return False
            self._shut_until = time.monotonic() + self._pause
            return True

    def failed(self) -> None:
        with self._lock:
            self._shut_until = time.monotonic() + self._pause

    def worked(self) -> None:
        if self._shut_until is not None:
            with self._lock:
                self._shut_until = None
