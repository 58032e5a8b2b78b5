"""Counting in PostgreSQL, for as long as Redis is away; and what is spent only once."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime

from django.db import connection
from django.utils import timezone

from campaign.limits.in_redis import Hit
from campaign.models import Counted, Spent

# In the order of the keys, so that two requests never wait for each other crosswise.
_HIT = """
    WITH now_counted AS (
        INSERT INTO campaign_counted AS counted (key, count, ends)
        SELECT key, 1, ends FROM unnest(%s::text[], %s::timestamptz[]) AS hit (key, ends)
        ORDER BY key
        ON CONFLICT (key) DO UPDATE SET count = counted.count + 1
        RETURNING key, count
    )
    SELECT key, count FROM now_counted
    UNION ALL
    SELECT key, count FROM campaign_counted WHERE key = ANY(%s)
"""


def hit(hits: Sequence[Hit]) -> list[bool]:
    """As campaign.limits.in_redis.Windows.hit, by the same approximation, in one statement.

    A sliding window is the current hour's count and the previous one's, in proportion to how much
    of it is still within an hour. A hit that finds no room is counted too, but weighs no more than
    the limit once its hour has passed.
    """
    now = time.time()
    current, previous, ends, weights = [], [], [], []
    for item, whose in hits:
        length = item.get_expiry()
        number, passed = divmod(now, length)
        name = f"{item.namespace}:{whose}"
        current.append(f"{name}:{int(number)}")
        previous.append(f"{name}:{int(number) - 1}")
        ends.append(datetime.fromtimestamp((number + 2) * length, UTC))
        weights.append(1 - passed / length)
    with connection.cursor() as cursor:
        cursor.execute(_HIT, [current, ends, previous])
        counts = dict(cursor.fetchall())
    return [
        min(counts.get(before, 0), item.amount) * weight + counts[key] <= item.amount
        for (item, _), key, before, weight in zip(hits, current, previous, weights, strict=True)
    ]


def give_back(hits: Sequence[Hit]) -> None:
    """Take one off each window that was hit just before."""
    now = time.time()
    keys = sorted(
        f"{item.namespace}:{whose}:{int(now // item.get_expiry())}" for item, whose in hits
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE campaign_counted SET count = count - 1 WHERE count > 0 AND key IN"
            " (SELECT key FROM campaign_counted WHERE key = ANY(%s) ORDER BY key FOR UPDATE)",
            [keys],
        )


def spend(what: str, *, until: datetime) -> bool:
    """True for the first who spends `what`, at whatever moment and in whatever process.

    In a logged table, as the loss of Redis or a crash of PostgreSQL would make all valid again. It
    is kept until `until`.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO campaign_spent (key, ends) VALUES (%s, %s) ON CONFLICT (key) DO NOTHING",
            [what, until],
        )
        return bool(cursor.rowcount == 1)


def tidy() -> int:
    """Remove what counts no more; returns how many rows."""
    now = timezone.now()
    return sum(model.objects.filter(ends__lt=now).delete()[0] for model in (Counted, Spent))
