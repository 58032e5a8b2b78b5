"""What a letter is under: what was refused or withheld, counted for staff."""

from collections import defaultdict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import TruncHour
from django.utils import timezone

from campaign.models import OutgoingMail
from campaign.models.mail import Withheld
from signatories.models import Refusal
from signatories.models.refusal import Outcome


@dataclass
class Pressure:
    """How often, in one hour or on one letter. The field's label is the column's heading."""

    asked: int = 0
    refused: int = 0
    slowed: int = 0
    capped: int = 0
    paused: int = 0
    suppressed: int = 0
    bounced: int = 0


#: How staff read the fields, in the order of the columns.
HEADINGS = {
    "asked": "Asked for a calculation",
    "refused": "Told to try later",
    "slowed": "Mail sent slowly",
    "capped": "Mail waits: many to that address",
    "paused": "Mail held: letter paused",
    "suppressed": "Not mailed: bounced before",
    "bounced": "Mail came back",
}
MAILS = {
    "slowed": Q(slow=True),
    "capped": Q(withheld_for=Withheld.CAP),
    "paused": Q(withheld_for=Withheld.PAUSE),
    "suppressed": Q(withheld_for=Withheld.SUPPRESSED),
    "bounced": ~Q(bounce=""),
}


def by_hour(letter: int, *, of: timedelta) -> list[tuple[datetime, Pressure]]:
    """The hours in which there was anything, newest first. Two queries, whatever there was."""
    since = _since(of)
    mails = OutgoingMail.objects.filter(letter=letter, created_at__gte=since)
    refusals = Refusal.objects.filter(letter=letter, hour__gte=since)
    found = _counted(refusals, mails.annotate(hour=TruncHour("created_at")), "hour")
    return sorted(found.items(), reverse=True)


def by_letter(*, of: timedelta) -> dict[int, Pressure]:
    """The letters, by id, of which there was anything. Two queries, whatever there was."""
    since = _since(of)
    mails = OutgoingMail.objects.filter(created_at__gte=since)
    return _counted(Refusal.objects.filter(hour__gte=since), mails, "letter")


def networks(letter: int, *, of: timedelta, most: int) -> list[int]:
    """How often each of the networks that were stopped most was, for how wide it comes from."""
    found = (
        Refusal.objects.filter(letter=letter, hour__gte=_since(of))
        .exclude(range_key="")
        .order_by()
        .values("range_key")
        .annotate(times=Sum("count"))
        .order_by("-times")
    )
    return [row["times"] for row in found[:most]]


def _since(of: timedelta) -> datetime:
    return (timezone.now() - of).replace(minute=0, second=0, microsecond=0)


def _counted(
    refusals: QuerySet[Refusal], mails: QuerySet[OutgoingMail], by: str
) -> dict[Any, Pressure]:
    found: dict[Hashable, Pressure] = defaultdict(Pressure)
    for row in refusals.order_by().values(by, "outcome").annotate(times=Sum("count")):
        setattr(found[row[by]], Outcome(row["outcome"]).value, row["times"])
    either = Q()
    for condition in MAILS.values():
        either |= condition
    counts = {name: Count("pk", filter=condition) for name, condition in MAILS.items()}
    for row in mails.filter(either).order_by().values(by).annotate(**counts):
        for name in MAILS:
            setattr(found[row[by]], name, row[name])
    return dict(found)


def total(pressures: Iterable[Pressure]) -> Pressure:
    result = Pressure()
    for pressure in pressures:
        for field in fields(Pressure):
            added = getattr(result, field.name) + getattr(pressure, field.name)
            setattr(result, field.name, added)
    return result


def cells(pressure: Pressure) -> list[int]:
    """The counts in the order of HEADINGS."""
    return [getattr(pressure, name) for name in HEADINGS]
