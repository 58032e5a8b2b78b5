"""The slow lane: a letter's doubtful mails get slots, so that a flood cannot use up the sender's
good name. Slots are given while claiming, which one worker does at a time; whoever queues a slow
mail reads and locks nothing.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Q, QuerySet

from campaign.models import OutgoingMail
from campaign.models.mail import MailState, to_suppressed

#: Mails that one letter's slow lane sends in an hour.
SLOW_RATE = 60
INTERVAL = timedelta(hours=1) / SLOW_RATE

GIVE_SLOTS = """
    UPDATE campaign_outgoingmail AS mail
    SET not_before = %s + slot.place * %s::interval
    FROM (
        SELECT id, row_number() OVER (ORDER BY id) AS place
        FROM campaign_outgoingmail
        WHERE letter_id = %s AND slow AND state = 'queued' AND not_before <= %s
            AND sent_with_id IS NULL AND NOT unsure AND id <> %s
    ) AS slot
    WHERE mail.id = slot.id AND mail.state = 'queued'
"""


def in_slot(mails: Sequence[OutgoingMail], *, now: datetime) -> list[OutgoingMail]:
    """Of these due mails, those that are not slow, and the one of each letter whose turn it is.

    What else is due in those lanes is moved to slots after all that are given.
    """
    passing = [mail for mail in mails if not _in_lane(mail)]
    for letter in sorted({mail.letter_id for mail in mails if mail.letter_id and _in_lane(mail)}):
        turn = _turn(letter, now)
        if turn is not None:
            passing.append(turn)
        _give_slots(letter, now, but=turn)
    return passing


def _in_lane(mail: OutgoingMail) -> bool:
    return mail.slow and mail.state == MailState.QUEUED


def _due(letter: int, now: datetime) -> QuerySet[OutgoingMail]:
    return OutgoingMail.objects.filter(
        letter=letter, slow=True, state=MailState.QUEUED, not_before__lte=now,
        sent_with__isnull=True, unsure=False,
    )  # fmt: skip


def _went(now: datetime) -> Q:
    """What went out, but by a clock that has been set back since."""
    return Q(state__in=[MailState.SENT, MailState.SENDING], not_before__lte=now)


def _last(letter: int, those: Q) -> datetime | None:
    lane = OutgoingMail.objects.filter(those, letter=letter, slow=True, sent_with__isnull=True)
    return lane.order_by("-not_before").values_list("not_before", flat=True).first()


def _turn(letter: int, now: datetime) -> OutgoingMail | None:
    """The oldest that is due, unless the last one went less than an interval before."""
    last = _last(letter, _went(now))
    if last is not None and last + INTERVAL > now:
        return None
    # It need not be one of those whose addresses were asked for.
    open_to_mail = _due(letter, now).exclude(to_suppressed())
    oldest = open_to_mail.order_by("pk").select_for_update(skip_locked=True, of=("self",))
    turn = oldest.first()
    if turn is not None:
        # The slot that it had, so that the next comes an interval after it. After a standstill
        # the lane catches up at twice its rate at most.
        turn.not_before = max(turn.not_before, now - INTERVAL / 2)
        OutgoingMail.objects.filter(pk=turn.pk).update(not_before=turn.not_before)
    return turn


def _give_slots(letter: int, now: datetime, *, but: OutgoingMail | None) -> None:
    end = _last(letter, Q(state=MailState.QUEUED, not_before__gt=now))
    end = end or _last(letter, _went(now))
    start = max(end or now, but.not_before if but else now - INTERVAL)
    with connection.cursor() as cursor:
        cursor.execute(GIVE_SLOTS, [start, str(INTERVAL), letter, now, but.pk if but else 0])
