"""When a digest is due: at an hour of a day of its own calendar."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from campaign.digest.moments import last_before, next_after


def utc(*moment: int) -> datetime:
    return datetime(*moment, tzinfo=UTC)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("now", "zone", "before", "after"),
    [
        (utc(2026, 5, 4, 7), "UTC", utc(2026, 5, 3, 8), utc(2026, 5, 4, 8)),
        (utc(2026, 5, 4, 8), "UTC", utc(2026, 5, 4, 8), utc(2026, 5, 5, 8)),
        (utc(2026, 5, 4, 23), "UTC", utc(2026, 5, 4, 8), utc(2026, 5, 5, 8)),
        (utc(2026, 5, 4, 6), "Europe/Paris", utc(2026, 5, 4, 6), utc(2026, 5, 5, 6)),
        # It is tomorrow already on Kiritimati, and still yesterday in Pago Pago.
        (utc(2026, 5, 4, 20), "Pacific/Kiritimati", utc(2026, 5, 4, 18), utc(2026, 5, 5, 18)),
        (utc(2026, 5, 4, 3), "Pacific/Pago_Pago", utc(2026, 5, 3, 19), utc(2026, 5, 4, 19)),
        # Around the night in which clocks in Paris are put forward.
        (utc(2026, 3, 28, 12), "Europe/Paris", utc(2026, 3, 28, 7), utc(2026, 3, 29, 6)),
    ],
)
def test_it_is_due_once_a_day_at_its_hour(
    now: datetime, zone: str, before: datetime, after: datetime
) -> None:
    assert last_before(now, hour=8, zone=zone) == before
    assert next_after(now, hour=8, zone=zone) == after


@pytest.mark.parametrize("hour", range(24))
@pytest.mark.parametrize("night", [utc(2026, 3, 27), utc(2026, 10, 23)])
def test_also_where_clocks_are_changed_each_day_has_one(hour: int, night: datetime) -> None:
    """Paris puts them forward on 29 March, so that 02:00 never is, and back on 25 October."""
    found, now = [], night
    while now < night + timedelta(days=5):
        due = next_after(now, hour=hour, zone="Europe/Paris")
        assert now < due <= now + timedelta(hours=26)
        assert last_before(due, hour=hour, zone="Europe/Paris") == due
        found.append(due)
        now = due
    gaps = {later - sooner for sooner, later in pairwise(found)}
    assert gaps <= {timedelta(hours=number) for number in (23, 24, 25)}
