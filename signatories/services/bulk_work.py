"""Doing bulk actions: batch by batch, each with its record in one transaction.

Killed at any moment, a batch is done with all that belongs to it, or not at all; whoever comes next
goes on behind the last. One process at a time does one bulk action, as all its batches would wait
for the same rows of the publication.
"""

from collections.abc import Callable, Collection
from datetime import timedelta

import pghistory
import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from campaign.hints import hint
from campaign.publication import gathered
from signatories.models import Bulk, BulkItem, SignOn
from signatories.models.bulk import BulkState, ItemState, Verb
from signatories.services import moderation
from signatories.services.approving import approve_many
from signatories.services.one_by_one import Refusals, gone, locked, one_by_one
from signatories.services.regrouping import regroup_many

log = structlog.get_logger(__name__)

#: What a few statements do to all of a batch. Of others each takes some, so a batch has fewer: its
#: rows are locked until it ends.
TOGETHER = {Verb.APPROVE, Verb.REGROUP}
#: What says "you are listed" waits until that can be seen: to write a thousand mails takes as much
#: of the machine as all the rest.
PAGE_FIRST = timedelta(seconds=5)
#: After so many batches it is somebody else's turn.
MOST_BATCHES = 40


def run(*, overdue: timedelta) -> int:
    """Do what is left of the bulk actions; returns how many sign-ons were asked for.

    `overdue` is not needed: who finds a bulk action in the hands of another passes it over.
    """
    total = 0
    for _ in range(MOST_BATCHES):
        asked = batch()
        if asked is None:
            return total
        total += asked
    hint("bulk")
    return total


@transaction.atomic
def batch() -> int | None:
    """The next sign-ons of the first bulk action that nobody is at; None when there is none."""
    running = Bulk.objects.filter(state=BulkState.RUNNING).order_by("pk")
    bulk = running.select_for_update(skip_locked=True, no_key=True, of=("self",)).first()
    if bulk is None:
        return None
    waiting = BulkItem.objects.filter(bulk=bulk, state=ItemState.WAITING).order_by("sign_on")
    size = settings.BULK_BATCH if bulk.verb in TOGETHER else settings.BULK_BATCH // 5
    # One more tells whether that is the end.
    found = list(waiting.values_list("sign_on", flat=True)[: size + 1])
    asked = found[:size]
    # What is wanted is asked for at the very end: the publications' rows are locked no longer.
    with pghistory.context(user=bulk.by_id, action="bulk", bulk=bulk.pk), gathered():
        refused = _VERBS[Verb(bulk.verb)](bulk, asked) if asked else {}
    _note(bulk, asked, refused)
    ends = {} if len(found) > size else {"state": BulkState.DONE, "ended_at": timezone.now()}
    done = len(asked) - len(refused)
    Bulk.objects.filter(pk=bulk.pk).update(
        done=F("done") + done, refused=F("refused") + len(refused), **ends
    )
    log.info("bulk.batch", bulk=bulk.pk, verb=bulk.verb, done=done, refused=len(refused))
    return len(asked)


def _note(bulk: Bulk, asked: Collection[int], refused: Refusals) -> None:
    items = BulkItem.objects.filter(bulk=bulk, sign_on__in=asked)
    items.exclude(sign_on__in=list(refused)).update(state=ItemState.DONE)
    if refused:
        there = list(items.filter(sign_on__in=list(refused)))
        for item in there:
            item.state = ItemState.REFUSED
            item.problem = refused[item.sign_on_id][:600]
        BulkItem.objects.bulk_update(there, ["state", "problem"])


def _reject(bulk: Bulk, sign_ons: Collection[int]) -> Refusals:
    def reject(sign_on: SignOn) -> None:
        moderation.reject(sign_on=sign_on, reason=bulk.reason, tell=bulk.tell)

    there = locked(sign_ons)
    return one_by_one(there, reject) | gone(sign_ons, there)


def _withdraw(bulk: Bulk, sign_ons: Collection[int]) -> Refusals:
    def withdraw(sign_on: SignOn) -> None:
        moderation.withdraw(sign_on=sign_on, reason=bulk.reason)

    there = locked(sign_ons)
    return one_by_one(there, withdraw) | gone(sign_ons, there)


_VERBS: dict[Verb, Callable[[Bulk, Collection[int]], Refusals]] = {
    Verb.APPROVE: lambda bulk, sign_ons: approve_many(sign_ons, mail_after=PAGE_FIRST),
    Verb.REJECT: _reject,
    Verb.WITHDRAW: _withdraw,
    Verb.REGROUP: lambda bulk, sign_ons: regroup_many(sign_ons, bulk.group),
}
