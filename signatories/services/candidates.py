"""What an index gives for names: the rows that share a key with one of them.

Two queries for all of them, never more than MOST rows, and never a table read whole. Trigrams would
find a slip of the fingers, too, but PostgreSQL compares all that have a word such as “Foundation”
in common: a page of fifty names took it seconds, where keys take milliseconds (bench/matching.py).
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from django.db import connection
from django.db.models import QuerySet

from signatories.matching import keys
from signatories.models import Organisation, SignOn
from signatories.models.sign_on import Status

#: Sign-ons that are listed, or may be.
STANDING = [Status.UNCONFIRMED, Status.PENDING, Status.APPROVED]
MOST = 5000
Row = TypeVar("Row", Organisation, SignOn)


@dataclass(frozen=True)
class Asked:
    """A name that others may be like. `but` is the row that it is the name of, `letter` its letter
    where it is a sign-on's.
    """

    name: str
    website: str = ""
    letter: int = 0
    but: int = 0


# Key by key, although `match_keys && <all of them>` says the same: PostgreSQL takes that for a
# tenth of the table, which it then reads whole. For the same reason without LIMIT, and with OFFSET
# 0, which keeps the other conditions out: it would read all of a letter for each key.
_IN_REGISTRY = """
    SELECT asked.key, found.id
    FROM unnest(%s::varchar[]) AS asked (key)
    CROSS JOIN LATERAL (
        SELECT id, merged_into_id FROM signatories_organisation
        WHERE match_keys @> ARRAY[asked.key] OFFSET 0
    ) AS found
    WHERE merged_into_id IS NULL
"""
_ON_LETTERS = """
    SELECT asked.key, found.id
    FROM unnest(%s::varchar[]) AS asked (key)
    CROSS JOIN LATERAL (
        SELECT id, letter_id, status FROM signatories_signon
        WHERE match_keys @> ARRAY[asked.key] OFFSET 0
    ) AS found
    WHERE letter_id = ANY(%s) AND status IN ('unconfirmed', 'pending', 'approved')
"""


def of_registry(asked: Sequence[Asked]) -> list[list[Organisation]]:
    """For each name, in their order, the organisations that may be like it."""
    wanted = _wanted(asked)
    found = _found(_IN_REGISTRY, [list(wanted)])
    return _sorted(asked, wanted, found, Organisation.objects.standing())


def of_letters(asked: Sequence[Asked]) -> list[list[SignOn]]:
    """For each name, in their order, what stands or waits on its letter and may be like it."""
    wanted = _wanted(asked)
    found = _found(_ON_LETTERS, [list(wanted), list({one.letter for one in asked})])
    sharing = _sorted(asked, wanted, found, SignOn.objects.filter(status__in=STANDING))
    return [
        [row for row in candidates if row.letter_id == one.letter]
        for one, candidates in zip(asked, sharing, strict=True)
    ]


def _wanted(asked: Sequence[Asked]) -> dict[str, list[int]]:
    """The keys that are looked for, each with the places of those who look for it."""
    wanted: dict[str, list[int]] = defaultdict(list)
    for place, one in enumerate(asked):
        for key in keys.sought(one.name, one.website):
            wanted[key].append(place)
    return wanted


def _found(sql: str, values: Sequence[list[str] | list[int]]) -> list[tuple[str, int]]:
    """(key, id of a row that has it)."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return [(key, pk) for key, pk in cursor.fetchmany(MOST)]


def _sorted(
    asked: Sequence[Asked],
    wanted: dict[str, list[int]],
    found: list[tuple[str, int]],
    among: QuerySet[Row],
) -> list[list[Row]]:
    """The rows by who looks for them."""
    rows = among.in_bulk(list({pk for _, pk in found})) if found else {}
    sharing: list[dict[int, Row]] = [{} for _ in asked]
    for key, pk in found:
        for place in wanted[key]:
            if pk in rows and pk != asked[place].but:
                sharing[place][pk] = rows[pk]
    return [list(each.values()) for each in sharing]
