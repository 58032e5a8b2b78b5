"""What an index gives for a name: rows that share a key with it, or many of its trigrams.

Never more than MOST for a set of names, and never a table read whole.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from django.db import connection, transaction

from campaign.names import name_key
from signatories.matching import keys
from signatories.matching.fold import folded
from signatories.models import Organisation, SignOn
from signatories.models.sign_on import Status

#: Sign-ons that are listed, or may be.
STANDING = [Status.UNCONFIRMED, Status.PENDING, Status.APPROVED]
MOST = 5000
#: Of those that share trigrams with a name, so many are looked at: the rules ask for far more.
NEAREST = 8
#: The share of trigrams (0 to 1, PostgreSQL pg_trgm) of a name with a letter or two wrong. By
#: PostgreSQL's own threshold of 0.3 two names are alike that have a word such as “Foundation” in
#: common: of 100,000 names it gave 9,000 to each, to be compared one by one.
TRIGRAMS = 0.5

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


def of_registry(asked: Sequence[Asked]) -> list[list[Organisation]]:
    """For each name, in their order, the organisations that may be like it. Two queries."""
    rows = {one.pk: one for one in _sharing(asked)}
    near = _near_in_registry([folded(one.name) for one in asked])
    missing = {pk for pks in near.values() for pk in pks} - rows.keys()
    rows |= Organisation.objects.standing().in_bulk(list(missing)) if missing else {}
    return _sorted(asked, rows, near)


def of_letters(asked: Sequence[Asked]) -> list[list[SignOn]]:
    """For each name, in their order, what stands or waits on its letter. Two queries."""
    standing = SignOn.objects.filter(status__in=STANDING)
    wanted = _wanted(asked)
    sharing = standing.filter(
        letter__in={one.letter for one in asked}, match_keys__overlap=list(wanted)
    )
    rows = {one.pk: one for one in sharing[:MOST]}
    near = _near_on_letters(asked)
    missing = {pk for pks in near.values() for pk in pks} - rows.keys()
    rows |= standing.in_bulk(list(missing)) if missing else {}
    found = _sorted(asked, rows, near)
    return [
        [row for row in candidates if row.letter_id == one.letter]
        for one, candidates in zip(asked, found, strict=True)
    ]


def _wanted(asked: Sequence[Asked]) -> dict[str, list[int]]:
    """The keys that are looked for, each with the places of those who look for it."""
    wanted: dict[str, list[int]] = defaultdict(list)
    for place, one in enumerate(asked):
        for key in keys.sought(one.name, one.website):
            wanted[key].append(place)
    return wanted


def _sharing(asked: Sequence[Asked]) -> list[Organisation]:
    wanted = _wanted(asked)
    found = Organisation.objects.standing().filter(match_keys__overlap=list(wanted))
    return list(found.order_by()[:MOST])


def _sorted(
    asked: Sequence[Asked], rows: dict[int, Row], near: dict[int, list[int]]
) -> list[list[Row]]:
    """The rows by who looks for them."""
    wanted = _wanted(asked)
    found: list[dict[int, Row]] = [{} for _ in asked]
    for row in rows.values():
        for key in row.match_keys:
            for place in wanted.get(key, ()):
                found[place][row.pk] = row
    for place, pks in near.items():
        found[place] |= {pk: rows[pk] for pk in pks if pk in rows}
    return [
        [row for pk, row in candidates.items() if pk != one.but]
        for one, candidates in zip(asked, found, strict=True)
    ]


# Trigrams. Each name is looked up by itself, in one statement for all: joined, PostgreSQL would
# compare each with each.

_NEAR_IN_REGISTRY = """
    SELECT asked.place - 1, near.id
    FROM unnest(%s::text[]) WITH ORDINALITY AS asked (key, place)
    CROSS JOIN LATERAL (
        SELECT id FROM signatories_organisation
        WHERE search_key %%> asked.key AND merged_into_id IS NULL
        ORDER BY word_similarity(asked.key, search_key) DESC, id LIMIT %s
    ) AS near
"""
_NEAR_ON_LETTERS = """
    SELECT asked.place - 1, near.id
    FROM unnest(%s::text[], %s::bigint[], %s::bigint[]) WITH ORDINALITY
        AS asked (key, letter, pk, place)
    CROSS JOIN LATERAL (
        SELECT id FROM signatories_signon
        WHERE name_key %% asked.key AND letter_id = asked.letter AND id <> asked.pk
            AND status IN ('unconfirmed', 'pending', 'approved')
        ORDER BY similarity(name_key, asked.key) DESC, id LIMIT %s
    ) AS near
"""


def _near_in_registry(names: list[str]) -> dict[int, list[int]]:
    return _near("word_similarity_threshold", _NEAR_IN_REGISTRY, [names, NEAREST])


def _near_on_letters(asked: Sequence[Asked]) -> dict[int, list[int]]:
    columns = [
        [name_key(one.name) for one in asked],
        [one.letter for one in asked],
        [one.but for one in asked],
    ]
    return _near("similarity_threshold", _NEAR_ON_LETTERS, [*columns, NEAREST])


def _near(setting: str, sql: str, values: list[object]) -> dict[int, list[int]]:
    """The ids that the statement finds for each place. The setting ends with the transaction."""
    found: dict[int, list[int]] = defaultdict(list)
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config(%s, %s, true)", [f"pg_trgm.{setting}", str(TRIGRAMS)]
        )
        cursor.execute(sql, values)
        for place, pk in cursor.fetchall():
            found[place].append(pk)
    return found
