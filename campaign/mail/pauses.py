"""Pauses that grow, with jitter, so that what failed together is not tried again together."""

import random
from datetime import timedelta

JITTER = 0.2


def growing(number: int, *, first: timedelta, longest: timedelta) -> timedelta:
    """The pause after the `number`th failure in a row: doubled each time, a fifth more or less."""
    pause = min(longest, first * (1 << min(number - 1, 30)))
    return pause * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - not a secret
