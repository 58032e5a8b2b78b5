"""The purge: every hour, in bounded batches, by the rules; two at once do no harm."""

from datetime import datetime, timedelta

import pghistory
import structlog
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from signatories.models import PurgeClock, PurgeRecord
from signatories.privacy.rule import Purged, Rule
from signatories.privacy.rules import RULES

log = structlog.get_logger(__name__)

EVERY = timedelta(hours=1)
#: Whoever has claimed a run and died is followed after this.
CLAIM = timedelta(minutes=10)
#: Batches of one rule in one run; what is left is due again at once.
MOST_BATCHES = 20


def run(*, overdue: timedelta) -> int:
    """Purge when it is due, for at least `overdue`; returns how many rows it went by."""
    now = timezone.now()
    if not _claimed(now, overdue):
        return 0
    purged, all_done = purge(now)
    PurgeClock.objects.update(due_at=now + EVERY if all_done else now)
    return purged


def purge(now: datetime) -> tuple[int, bool]:
    """All that is due at `now`: how much it was, and whether nothing of it is left."""
    total, all_done = 0, True
    for rule in RULES:
        purged, done = _apply(rule, now)
        total += purged
        all_done &= done
    return total, all_done


def _apply(rule: Rule, now: datetime) -> tuple[int, bool]:
    total = 0
    for _ in range(MOST_BATCHES):
        with transaction.atomic(), pghistory.context(action="purge"):
            batch = rule.batch(now)
            record(rule.name, batch)
        if not batch.total():
            return total, True
        total += batch.total()
        log.info("purge.done", rule=rule.name, count=batch.total())
    return total, False


def record(rule: str, purged: Purged, *, by: int | None = None) -> None:
    """Note in the same transaction that it happened, letter by letter."""
    PurgeRecord.objects.bulk_create(
        [
            PurgeRecord(rule=rule, letter_id=letter, count=count, by_id=by)
            for letter, count in purged.items()
            if count
        ]
    )


def _claimed(now: datetime, overdue: timedelta) -> bool:
    """Whether it is due and nobody else has claimed it. Cheap when it is not."""
    due = PurgeClock.objects.values_list("due_at", flat=True).first()
    if due is None:
        PurgeClock.objects.bulk_create([PurgeClock(due_at=now - overdue)], ignore_conflicts=True)
    # Later than any run is put off, it was put off by a clock that has been set back since.
    lost = now + 2 * EVERY
    if due is not None and now - overdue < due <= lost:
        return False
    claimed = PurgeClock.objects.filter(Q(due_at__lte=now - overdue) | Q(due_at__gt=lost))
    return bool(claimed.update(due_at=now + CLAIM))
