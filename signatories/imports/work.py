"""Imports and undos: a small one at once, a large one by a worker, with the same verbs.

Ten thousand rows take longer than a page may. What is wished stands in the import's own row, which
is locked while it is done, all of it in one transaction: a worker that dies leaves nothing behind,
and the next begins anew.
"""

from collections.abc import Callable
from datetime import timedelta

import structlog
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from campaign.hints import hint
from signatories.imports import running, undo
from signatories.imports.table import FileError
from signatories.models import Import
from signatories.models.importing import Wish
from signatories.services.moving import Refused

log = structlog.get_logger(__name__)
#: Rows that are imported, or undone, while the page is waited for.
AT_ONCE = 500
FAILED = (
    "It could not be done, and nothing of it was: the error is in the log. You can try it again."
)


@transaction.atomic
def wish(*, imported: Import, what: Wish, by: User, seen: str = "") -> bool:
    """Do it now, or ask a worker to; returns whether it is done.

    `seen` are the counts that `by` pressed the button under. Raises FileError, Refused.
    """
    there = Import.objects.select_for_update(of=("self",)).get(pk=imported.pk)
    if there.wish:
        raise Refused("A worker is at it already. Please look again in a moment.")
    if _size(there) <= AT_ONCE:
        _do(there, what, by=by, seen=seen)
        return True
    Import.objects.filter(pk=there.pk).update(
        wish=what, wished_at=timezone.now(), wished_by=by, seen=seen, problem=""
    )
    hint("imports")
    return False


def run(*, overdue: timedelta) -> int:
    """Do what was wished at least so long ago; returns how much was done."""
    done = 0
    while _next(overdue):
        done += 1
    return done


def _next(overdue: timedelta) -> bool:
    """Whether there was something to do."""
    due = Import.objects.exclude(wish="").filter(wished_at__lte=timezone.now() - overdue)
    if not due.exists():  # by an index of the few that are wished; the sweep asks every second
        return False
    with transaction.atomic():
        locked = due.select_for_update(of=("self",), skip_locked=True).order_by("wished_at")
        imported = locked.defer("rows").select_related("wished_by").first()
        if imported is None:
            return False
        problem = _problem_of(
            lambda: _do(imported, Wish(imported.wish), by=imported.wished_by, seen=imported.seen)
        )
        if problem:
            Import.objects.filter(pk=imported.pk).update(wish="", problem=problem)
    return True


def _problem_of(work: Callable[[], None]) -> str:
    try:
        with transaction.atomic():
            work()
    except (Refused, FileError) as refusal:
        return str(refusal)[:500]
    except Exception:
        # Or it would be tried again, and fail again, for ever.
        log.exception("import.failed")
        return FAILED
    return ""


def _do(imported: Import, what: Wish, *, by: User | None, seen: str) -> None:
    if what == Wish.IMPORT:
        running.confirm(imported=imported, by=by, seen=seen)
    else:
        undo.undo(imported=imported, by=by, withdraws=what == Wish.WITHDRAW)


def _size(imported: Import) -> int:
    if imported.confirmed_at is not None:
        return imported.done.count()
    return len(imported.rows["lines"]) if imported.rows else 0
