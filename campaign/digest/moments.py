"""When a digest is due: once a day, at an hour of a time zone."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)


def next_after(now: datetime, *, hour: int, zone: str) -> datetime:
    """The first moment after `now` at which clocks in `zone` show this hour.

    Where clocks are put forward over it, it comes as much later; where they show it twice, the
    first time counts.
    """
    today = now.astimezone(ZoneInfo(zone)).date()
    moments = (_at(today + days * DAY, hour, zone) for days in range(3))
    return next(moment for moment in moments if moment > now)


def last_before(now: datetime, *, hour: int, zone: str) -> datetime:
    """The last such moment that is not after `now`."""
    today = now.astimezone(ZoneInfo(zone)).date()
    moments = (_at(today - days * DAY, hour, zone) for days in range(3))
    return next(moment for moment in moments if moment <= now)


def _at(day: date, hour: int, zone: str) -> datetime:
    # By way of UTC: moments of one zone are compared by what its clocks show, twice an hour or not.
    return datetime.combine(day, time(hour), ZoneInfo(zone)).astimezone(UTC)
