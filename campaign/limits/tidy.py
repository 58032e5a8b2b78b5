"""The sweep's part: what was counted in PostgreSQL and counts no more."""

import time
from datetime import timedelta

from campaign.limits import in_postgres

EVERY = 60.0  # seconds
_next = 0.0


def run(*, overdue: timedelta) -> int:
    """At most once in EVERY seconds in this process; `overdue` is not needed."""
    global _next
    if time.monotonic() < _next:
        return 0
    _next = time.monotonic() + EVERY
    in_postgres.tidy()
    return 0
