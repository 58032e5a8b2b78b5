"""The sweep's part: what was counted in PostgreSQL and counts no more."""

from datetime import timedelta

from campaign.limits import in_postgres
from campaign.turn import Turn

EVERY = 60.0  # seconds
_turn = Turn()


def run(*, overdue: timedelta) -> int:
    """At most once in EVERY seconds in this process; `overdue` is not needed."""
    if _turn.has_come(EVERY):
        in_postgres.tidy()
    return 0
