"""A turn that comes now and then: for the kinds of work that the sweep asks for more often."""

import time


class Turn:
    """Comes at most once in so many seconds in this process; at first it is there at once."""

    def __init__(self) -> None:
        self._next = 0.0

    def has_come(self, every: float, *, at_once: bool = False) -> bool:
        """Whether it is time, or has to be; the next turn is then `every` seconds away."""
        if not at_once and time.monotonic() < self._next:
            return False
        self._next = time.monotonic() + every
        return True
