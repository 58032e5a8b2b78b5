"""What is to become of each row of a file, in words for staff."""

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum


class Verdict(StrEnum):
    NEW = "new"
    CHANGED = "changed"
    DUPLICATE = "duplicate"
    WRONG = "wrong"


#: In the order in which they are shown: what stands in the way comes first.
SHOWN = {
    Verdict.WRONG: "Wrong",
    Verdict.NEW: "New",
    Verdict.CHANGED: "Changed",
    Verdict.DUPLICATE: "There already",
}


@dataclass(frozen=True)
class Change:
    column: str
    before: str
    after: str


@dataclass
class Row:
    """A row of the file; `name` as it stands there if it could not be read."""

    number: int
    name: str
    verdict: Verdict
    #: Of a wrong row: column (or "") and reason, each.
    problems: list[tuple[str, str]] = field(default_factory=list)
    #: Of a duplicate: of what.
    of: str = ""
    changes: list[Change] = field(default_factory=list)
    #: Names that it looks like, which it may be on purpose: a chapter is a body of its own.
    looks_like: list[str] = field(default_factory=list)


def as_seen(found: dict[str, int]) -> str:
    """The counts of a preview, in one word."""
    return "-".join(f"{verdict}{count}" for verdict, count in sorted(found.items()))


def counts(rows: list[Row]) -> dict[str, int]:
    found = Counter(row.verdict for row in rows)
    return {verdict.value: found[verdict] for verdict in SHOWN}
