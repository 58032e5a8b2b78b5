"""The sweep's part: queues the digests that are due, each once a day whoever else does it, too."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import structlog
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from campaign.digest.choosing import may_have
from campaign.digest.mails import has_something
from campaign.digest.moments import last_before, next_after
from campaign.mail.queue import queue_mail
from campaign.models import Digest, DigestDay
from campaign.models.digest import Wanted
from campaign.turn import Turn

log = structlog.get_logger(__name__)

EVERY = 10.0  # seconds
#: Later than this, as after a standstill, one is left out: the next is nearer.
LATEST = timedelta(hours=12)
#: None is due later than this. Another was put off by a clock that has been set back since.
LONGEST_WAIT = timedelta(days=1, hours=3)
LANGUAGE = "en-GB"
_turn = Turn()


def run(*, overdue: timedelta) -> int:
    """Queue what is due, at most once in EVERY seconds in this process; returns how many mails."""
    return queue_due() if _turn.has_come(EVERY) else 0


def queue_due() -> int:
    """Queue the digests that are due at this moment; returns how many mails."""
    now = timezone.now()
    due = Q(next_at__lte=now) | Q(next_at__gt=now + LONGEST_WAIT)
    return sum(
        _queue(pk, due, now) for pk in Digest.objects.filter(due).values_list("pk", flat=True)
    )


@transaction.atomic
def _queue(pk: int, due: Q, now: datetime) -> bool:
    """The mail, that this day had one, and when the next is due, all in one transaction.

    Whoever else is at it has locked the row, and has moved it on when it is free again. That there
    is one a day the database holds, whatever clocks say.
    """
    locked = Digest.objects.filter(due, pk=pk).select_for_update(skip_locked=True, of=("self",))
    digest = locked.select_related("user").first()
    if digest is None:
        return False
    hour, zone = digest.hour, digest.time_zone
    moment = last_before(now, hour=hour, zone=zone)
    # What a clock put off is not due: its moment comes again.
    was_due = digest.next_at is not None and digest.next_at <= now
    Digest.objects.filter(pk=pk).update(next_at=next_after(now, hour=hour, zone=zone))
    if not was_due or now - moment > LATEST or not _wanted(digest):
        return False
    day = moment.astimezone(ZoneInfo(zone)).date()
    _, new = DigestDay.objects.get_or_create(user=digest.user, day=day)
    if new:
        queue_mail(
            "desk.digest",
            letter=None,
            address=digest.user.email,
            language=LANGUAGE,
            user=digest.user_id,
        )
        log.info("digest.queued", user=digest.user_id)
    return new


def _wanted(digest: Digest) -> bool:
    user = digest.user
    if not user.email or not may_have(user):
        return False
    return digest.wanted == Wanted.DAILY or has_something(user)
