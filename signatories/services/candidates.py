"""What an index gives for names: the rows that share a key with one of them.

One query for all of them, never more than MOST rows, and never a table read whole. Trigrams would
find a slip of the fingers, too, but PostgreSQL compares all that have a word such as “Foundation”
in common: a page of fifty names took it seconds, where keys take milliseconds (bench/matching.py).
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

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


def of_registry(asked: Sequence[Asked]) -> list[list[Organisation]]:
    """For each name, in their order, the organisations that may be like it."""
    wanted = _wanted(asked)
    found = Organisation.objects.standing().filter(match_keys__overlap=list(wanted))
    return _sorted(asked, wanted, found.order_by()[:MOST])


def of_letters(asked: Sequence[Asked]) -> list[list[SignOn]]:
    """For each name, in their order, what stands or waits on its letter and may be like it."""
    wanted = _wanted(asked)
    found = SignOn.objects.filter(
        letter__in={one.letter for one in asked},
        status__in=STANDING,
        match_keys__overlap=list(wanted),
    )
    sharing = _sorted(asked, wanted, found.order_by()[:MOST])
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


def _sorted(
    asked: Sequence[Asked], wanted: dict[str, list[int]], rows: Iterable[Row]
) -> list[list[Row]]:
    """The rows by who looks for them."""
    found: list[dict[int, Row]] = [{} for _ in asked]
    for row in rows:
        for key in row.match_keys:
            for place in wanted.get(key, ()):
                found[place][row.pk] = row
    return [
        [row for pk, row in candidates.items() if pk != one.but]
        for one, candidates in zip(asked, found, strict=True)
    ]
