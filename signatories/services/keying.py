"""The keys of names that some writer left out, made by the sweep, and which organisations look like
one another. Nothing waits for either.

Rows that were there before the keys, or that an older release writes during an upgrade, have none;
a change that forgets them empties them, by a trigger.
"""

from datetime import timedelta
from typing import Any

from django.db import transaction

from signatories.models import Organisation, SignOn
from signatories.services.similar import best_of, likeness_of

#: In one transaction.
BATCH = 500
#: At most, in one run: others have work, too.
MOST = 5000
#: From this score two organisations are shown as possible duplicates.
DUPLICATE = 0.8


def run(*, overdue: timedelta) -> int:
    """Make keys, then compare. `overdue` is not needed, as a row without keys is due at once.

    Returns how many rows were given keys.
    """
    made = _keyed(SignOn, ["match_keys"]) + _keyed(Organisation, ["match_keys", "search_key"])
    for _ in range(MOST // BATCH):
        if not _compare():
            break
    return made


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
