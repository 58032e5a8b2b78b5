"""The whole outbox rests while the server is away or throttles us, quietly.

Everybody sees the rest in one row and sends nothing. When it ends, one worker tries one mail: the
rest ends with it, or grows. While all is well nothing is written here.
"""

from datetime import datetime, timedelta

import structlog
from django.utils import timezone

from campaign.mail.pauses import growing
from campaign.models import Outbox

log = structlog.get_logger(__name__)

FIRST_REST = timedelta(seconds=5)
LONGEST_REST = timedelta(minutes=10)


def look() -> Outbox:
    """The outbox as it is; at first there is no row, which means that all is well."""
    return Outbox.objects.first() or Outbox(pk=1)


def resting(seen: Outbox, *, now: datetime) -> bool:
    """A rest that is longer than any was begun by a clock that has been set back since."""
    return seen.rests_until is not None and now < seen.rests_until <= now + 2 * LONGEST_REST


def reserve_try(seen: Outbox, *, until: datetime) -> None:
    """After a rest, keep others away `until` then, while the caller tries one mail."""
    Outbox.objects.filter(pk=1).update(rests_until=until)
    seen.rests_until = until


def give_up_try(seen: Outbox, *, now: datetime) -> None:
    """The one mail said nothing of the server: let somebody try another."""
    Outbox.objects.filter(pk=1, rests=seen.rests, rests_until=seen.rests_until).exclude(
        rests=0
    ).update(rests_until=now)


def wake() -> None:
    """Let somebody try one mail now: staff say that the server is well again."""
    Outbox.objects.filter(rests__gt=0).update(rests_until=timezone.now())


def rest(seen: Outbox, *, now: datetime, problem: str) -> None:
    """Rest longer than last time, unless the outbox rests already since `seen` was read."""
    pause = growing(seen.rests + 1, first=FIRST_REST, longest=LONGEST_REST)
    changes = {"rests_until": now + pause, "rests": seen.rests + 1, "problem": problem[:300]}
    if not Outbox.objects.filter(pk=1).exists():
        Outbox.objects.bulk_create([Outbox(pk=1)], ignore_conflicts=True)
    rested = Outbox.objects.filter(pk=1, rests_until=seen.rests_until, rests=seen.rests)
    if seen.rests_until is None:
        rested = Outbox.objects.filter(pk=1, rests_until__isnull=True)
    if rested.update(**changes):
        log.warning(
            "mail.outbox_rests", rests=seen.rests + 1, seconds=round(pause.total_seconds()),
            problem=problem,
        )  # fmt: skip


def recovered(seen: Outbox) -> None:
    """The server took a mail, or refused it for itself: the rest is over, if there was one."""
    if not seen.rests:
        return
    ended = Outbox.objects.filter(pk=1, rests=seen.rests, rests_until=seen.rests_until)
    if ended.update(rests=0, rests_until=None, problem=""):
        log.info("mail.outbox_recovered", rests=seen.rests)
    seen.rests, seen.rests_until = 0, None
