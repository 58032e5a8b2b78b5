"""Bulk actions: begin one, stop it, go on, try again what was refused. A worker does them."""

from django.db import connection, transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from campaign.hints import hint
from campaign.models import Group
from signatories.models import Bulk, BulkItem, SignOn
from signatories.models.bulk import BulkState, ItemState, Verb
from signatories.services.moving import Refused

_CHOOSE = """
    INSERT INTO signatories_bulkitem (bulk_id, sign_on_id, state, problem)
    SELECT %s, chosen.id, 'waiting', '' FROM ({chosen}) AS chosen(id)
"""


@transaction.atomic
def begin(
    *,
    verb: Verb,
    sign_ons: QuerySet[SignOn],
    by: int | None,
    group: Group | None = None,
    reason: str = "",
    tell: bool = False,
) -> Bulk:
    """Note what is to be done with all that `sign_ons` finds at this moment, and hint at it.

    `by` is the id of who asks for it. Raises Refused when a rejection has no reason, or nothing is
    found.
    """
    if verb == Verb.REJECT and not reason.strip():
        raise Refused("Please give a reason: it is kept with each sign-on.")
    letters = list(sign_ons.order_by().values_list("letter", flat=True).distinct()[:2])
    bulk = Bulk.objects.create(
        verb=verb,
        letter_id=letters[0] if len(letters) == 1 else None,
        group=group,
        reason=reason.strip()[:500],
        tell=tell,
        by_id=by,
    )
    # Not read into this process and written back: there may be a hundred thousand.
    chosen, values = sign_ons.order_by().values("pk").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(_CHOOSE.format(chosen=chosen), [bulk.pk, *values])
        total = cursor.rowcount
    if not total:
        raise Refused("Nothing was found that could be selected.")
    Bulk.objects.filter(pk=bulk.pk).update(total=total)
    bulk.refresh_from_db()
    hint("bulk")
    return bulk


def stop(*, bulk: Bulk) -> None:
    """End it after what is being done at this moment. Raises Refused when it has ended already."""
    stopped = Bulk.objects.filter(pk=bulk.pk, state=BulkState.RUNNING).update(
        state=BulkState.STOPPED, ended_at=timezone.now()
    )
    bulk.refresh_from_db()
    if not stopped:
        raise Refused("It has ended already.")


@transaction.atomic
def go_on(*, bulk: Bulk) -> None:
    """Do what is left of a stopped one. Raises Refused when it is not stopped, or nothing is."""
    waiting = BulkItem.objects.filter(bulk=bulk, state=ItemState.WAITING)
    if not waiting.exists() or not _run(bulk, BulkState.STOPPED):
        raise Refused("It is not stopped, or nothing is left of it.")


@transaction.atomic
def try_again(*, bulk: Bulk) -> None:
    """Do what was refused, once more. Raises Refused while it runs, or when nothing was refused."""
    if not _run(bulk, BulkState.STOPPED, BulkState.DONE):
        raise Refused("It is still running.")
    again = BulkItem.objects.filter(bulk=bulk, state=ItemState.REFUSED).update(
        state=ItemState.WAITING, problem=""
    )
    if not again:
        raise Refused("Nothing of it was refused, or what was is not kept any more.")
    Bulk.objects.filter(pk=bulk.pk).update(refused=F("refused") - again)
    bulk.refresh_from_db()


def _run(bulk: Bulk, *sources: BulkState) -> bool:
    moved = Bulk.objects.filter(pk=bulk.pk, state__in=sources).update(
        state=BulkState.RUNNING, ended_at=None
    )
    bulk.refresh_from_db()
    hint("bulk")
    return bool(moved)
