"""Names of a file that look like names that are there: pointed out, never in the way."""

from collections.abc import Collection

from django.db import connection, transaction

from campaign.models import Letter
from signatories.services.similar import ALIKE

#: So many are shown for each.
MOST = 3

_ON_LETTER = """
    SELECT asked.key, found.name
    FROM unnest(%(keys)s::text[]) AS asked (key)
    CROSS JOIN LATERAL (
        SELECT listed_name AS name, similarity(name_key, asked.key) AS likeness
        FROM signatories_signon
        WHERE letter_id = %(letter)s AND status IN ('unconfirmed', 'pending', 'approved')
            AND name_key %% asked.key
        ORDER BY likeness DESC, id LIMIT %(most)s
    ) AS found
"""
_IN_REGISTRY = """
    SELECT asked.key, found.name
    FROM unnest(%(keys)s::text[]) AS asked (key)
    CROSS JOIN LATERAL (
        SELECT display_name AS name, similarity(name_key, asked.key) AS likeness
        FROM signatories_organisation
        WHERE name_key %% asked.key AND name_key <> asked.key
        ORDER BY likeness DESC, id LIMIT %(most)s
    ) AS found
"""


@transaction.atomic(savepoint=False)
def alike(keys: Collection[str], letter: Letter | None) -> dict[str, list[str]]:
    """By key, the names on the letter that are like it, or without a letter in the registry.

    One query for all, each name by the index of trigrams; most alike first.
    """
    if not keys:
        return {}
    found: dict[str, list[str]] = {}
    with connection.cursor() as cursor:
        # As in signatories.services.similar: until the end of the transaction.
        cursor.execute("SELECT set_config('pg_trgm.similarity_threshold', %s, true)", [str(ALIKE)])
        cursor.execute(
            _ON_LETTER if letter else _IN_REGISTRY,
            {"keys": sorted(keys), "letter": letter.pk if letter else None, "most": MOST},
        )
        for key, name in cursor.fetchall():
            found.setdefault(key, []).append(name)
    return found
