"""The keys of names that some writer left out, made by the sweep, and which organisations look like
one another. Nothing waits for either.

Rows that were there before the keys, or that an older release writes during an upgrade, have none;
a change that forgets them empties them, by a trigger.
"""

from datetime import timedelta
from typing import Any

from django.db import transaction

from campaign.turn import Turn
from signatories.models import Organisation, SignOn
from signatories.services.similar import best_of, likeness_of

#: Seconds.
EVERY = 5
#: In one transaction.
BATCH = 500
#: At most, in one run: others have work, too.
MOST = 5000
#: From this score two organisations are shown as possible duplicates.
DUPLICATE = 0.8

_turn = Turn()


def run(*, overdue: timedelta) -> int:
    """`catch_up`, at most every few seconds. `overdue` is not needed: what has no keys is due."""
    return catch_up() if _turn.has_come(EVERY) else 0


def catch_up() -> int:
    """Make keys, then compare. Returns how many rows were given keys."""
    if not _anything():
        return 0
    made = _keyed(SignOn, ["match_keys"]) + _keyed(Organisation, ["match_keys", "search_key"])
    for _ in range(MOST // BATCH):
        if not _compare():
            break
    return made


def _anything() -> bool:
    """In one query, by three indexes of what is left to do."""
    unkeyed = [model.objects.filter(match_keys=[]) for model in (SignOn, Organisation)]
    left = [*unkeyed, Organisation.objects.filter(compared=False)]
    nothing, *more = (rows.order_by().values("pk")[:1] for rows in left)
    return bool(nothing.union(*more, all=True))


def _keyed(model: Any, columns: list[str]) -> int:
    made = 0
    while made < MOST:
        with transaction.atomic():
            rows = list(
                model.objects.select_for_update(skip_locked=True, of=("self",))
                .filter(match_keys=[])
                .order_by("pk")[:BATCH]
            )
            for row in rows:
                for column in columns:
                    setattr(row, column, getattr(row, f"make_{column}")())
            model.objects.bulk_update(rows, columns)
        made += len(rows)
        if len(rows) < BATCH:
            break
    return made


@transaction.atomic
def _compare() -> int:
    """Look for the likeness of organisations that are new or have another name."""
    rows = list(
        Organisation.objects.select_for_update(skip_locked=True, of=("self",))
        .filter(compared=False)
        .exclude(match_keys=[])
        .order_by("pk")[:BATCH]
    )
    if not rows:
        return 0
    by_pk = {row.pk: row for row in rows}
    _let_go(by_pk)
    best = best_of([row for row in rows if row.merged_into_id is None])
    partners = {}
    for row in rows:
        found = best.get(row.pk)
        row.alike_to_id = found.organisation.pk if found and found.score >= DUPLICATE else None
        row.compared = True
        if row.alike_to_id is not None:
            partners[row.alike_to_id] = row.pk
    Organisation.objects.bulk_update(rows, ["alike_to", "compared"])
    for partner, pk in partners.items():
        Organisation.objects.filter(pk=partner, alike_to__isnull=True).update(alike_to=pk)
    return len(rows)


def _let_go(changed: dict[int, Organisation]) -> None:
    """Those that looked like one of these, and do so no more, are compared again."""
    suitors = Organisation.objects.filter(alike_to__in=changed.keys(), compared=True)
    gone = []
    for suitor in suitors.exclude(pk__in=changed.keys()):
        other = changed[suitor.alike_to_id or 0]
        parted = {suitor.parent_id, other.parent_id} & {suitor.pk, other.pk}
        found = None if parted or other.merged_into_id else likeness_of(suitor, other)
        if found is None or found.score < DUPLICATE:
            gone.append(suitor.pk)
    if gone:
        Organisation.objects.filter(pk__in=gone).update(compared=False, alike_to=None)
