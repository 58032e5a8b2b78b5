"""Counting what was not taken at once."""

from django.db import connection
from django.utils import timezone

from campaign.models import Letter
from signatories.models.refusal import Outcome

# One statement and one round trip. It is not waited for until it is on the disk: under a flood from
# one network all update one row, and each would hold it for as long. A crash costs half a second's.
_COUNT = """
    INSERT INTO signatories_refusal AS refusal
        (letter_id, "limit", outcome, range_key, hour, count)
    SELECT %s, %s, %s, %s, %s, 1
    FROM (SELECT set_config('synchronous_commit', 'off', true)) AS hasty
    ON CONFLICT (letter_id, hour, "limit", outcome, range_key)
    DO UPDATE SET count = refusal.count + 1
"""


def count_refusal(*, letter: Letter, limit: str, outcome: Outcome, range_key: str) -> None:
    """Call it outside of a transaction."""
    hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [letter.pk, limit, outcome.value, range_key, hour])
