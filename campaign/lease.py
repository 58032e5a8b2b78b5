"""When a lease is to be had, and with what it is given back: for rows that are `Leased`.

A holder that dies lets it run out. After a failure the row rests, longer each time.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Q

from campaign.clock import SKEW
from campaign.models.leased import Leased


def free(now: datetime, length: timedelta) -> Q:
    """Nobody holds the lease, which lasts for `length`.

    One that ends later than any could is from before the clock was set back: waiting for its end
    might take days.
    """
    return (
        Q(lease_expires_at__isnull=True)
        | Q(lease_expires_at__lt=now)
        | Q(lease_expires_at__gt=now + 2 * length)
    )


def rests(row: Leased, now: datetime, *, first: timedelta, longest: timedelta) -> bool:
    """Whether it failed a moment ago: for `first`, doubled with each failure up to `longest`.

    A failure that is yet to come says nothing.
    """
    if row.failed_at is None or row.failed_at > now + SKEW:
        return False
    pause: timedelta = first * 2 ** min(row.failures - 1, 10)
    return now < row.failed_at + min(longest, pause)


def fulfilled(*, problem: str = "") -> dict[str, Any]:
    """The columns of a row whose work is done, with what staff should know all the same."""
    return _given_back(problem, failed_at=None, failures=0)


def failed(now: datetime, *, problem: str) -> dict[str, Any]:
    """The columns of a row whose work failed, with one line for staff."""
    return _given_back(problem, failed_at=now, failures=F("failures") + 1)


def _given_back(problem: str, **outcome: Any) -> dict[str, Any]:
    return {"lease_owner": "", "lease_expires_at": None, "problem": problem[:500], **outcome}
