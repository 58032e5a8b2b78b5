"""What a rule of the purge is. Each takes one batch at a time, and may run twice."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

#: Rows in one transaction: it locks them, and others wait no longer than for so many.
BATCH = 500
#: What never came to a listing, keyed hashes, and what is kept of mails, go after this.
MONTH = timedelta(days=30)

#: How many, by the letter they belonged to.
Purged = Counter[int | None]


@dataclass(frozen=True)
class Rule:
    """`batch` purges at most BATCH rows that are due, inside a transaction, and counts them."""

    name: str
    says: str
    batch: Callable[[datetime], Purged]
