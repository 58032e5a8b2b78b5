"""Claiming: which mails a worker sends next, decided by one worker at a time.

The decision takes a few milliseconds under a transaction's advisory lock, so that two workers can
neither pass an address's cap together nor send two mails where one would do. Sending needs no
lock: the moment at which a claim ends proves whose it is.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from campaign.mail import cap, outbox, slow
from campaign.models import Outbox, OutgoingMail, Suppression
from campaign.models.mail import MailState, Withheld

BATCH = 100
#: Any number that nothing else uses.
LOCK = 0x6D61696C
#: A worker that is stopped while it decides holds the others up for this long at most.
LONGEST_DECISION = "10s"


@dataclass
class Parcel:
    """What is one mail for the server: a row, and the rows that go out inside it."""

    mail: OutgoingMail
    joined: list[OutgoingMail] = field(default_factory=list)

    @property
    def rows(self) -> list[OutgoingMail]:
        return [self.mail, *self.joined]

    @property
    def pks(self) -> list[int]:
        return [mail.pk for mail in self.rows]


@dataclass
class Batch:
    """Parcels that are ours until `until`."""

    parcels: list[Parcel]
    until: datetime
    outbox: Outbox
    #: On time.monotonic's clock, which no operator sets.
    claimed: float = field(default_factory=time.monotonic)

    def claimed_rows(self, parcels: Sequence[Parcel]) -> QuerySet[OutgoingMail]:
        """Those of the rows that are still ours: nobody else's claim ends at the same moment."""
        return OutgoingMail.objects.filter(
            pk__in=[pk for parcel in parcels for pk in parcel.pks],
            state=MailState.SENDING,
            claimed_until=self.until,
        )

    def hold(
        self, remaining: list[Parcel], before: Callable[[], None] = lambda: None
    ) -> list[Parcel]:
        """Renew the claim when half of it has gone; returns those that are still ours.

        `before` notes what still stands under the old claim.
        """
        if time.monotonic() - self.claimed < settings.MAIL_CLAIM.total_seconds() / 2:
            return remaining
        before()
        until, claimed = timezone.now() + settings.MAIL_CLAIM, time.monotonic()
        self.claimed_rows(remaining).update(claimed_until=until)
        self.until, self.claimed = until, claimed
        ours = set(self.claimed_rows(remaining).values_list("pk", flat=True))
        return [parcel for parcel in remaining if ours.issuperset(parcel.pks)]


def claim(overdue: timedelta) -> Batch | None:
    """The next mails, marked as being sent; None when nothing is to be done now.

    A mail whose sender died is claimed again after its claim, exactly as it was.
    """
    if not _due(timezone.now(), overdue).exists():
        return None
    with transaction.atomic():
        _one_at_a_time()
        now = timezone.now()
        seen = outbox.look()
        if outbox.resting(seen, now=now):
            return None
        batch = Batch([], now + settings.MAIL_CLAIM, seen)
        found = _due(now, overdue).order_by("not_before", "pk")[: 1 if seen.rests else BATCH]
        due = list(found.select_for_update(skip_locked=True, of=("self",)))
        if not due:
            return None
        _take(_without_suppressed(due), batch, now)
        if seen.rests and batch.parcels:
            outbox.reserve_try(seen, until=batch.until)
    return batch


def _due(now: datetime, overdue: timedelta) -> QuerySet[OutgoingMail]:
    return OutgoingMail.objects.filter(
        Q(state=MailState.QUEUED)
        | Q(withheld_for=Withheld.CAP)
        | Q(state=MailState.SENDING, claimed_until__lt=now),
        not_before__lte=now - overdue,
        sent_with__isnull=True,
    )


def _take(due: Sequence[OutgoingMail], batch: Batch, now: datetime) -> None:
    """Make parcels of what may go now, and mark them as ours."""
    again = [mail for mail in due if _may_be_there(mail)]
    fresh = slow.in_slot([mail for mail in due if not _may_be_there(mail)], now=now)
    plain = [mail for mail in fresh if not cap.capped(mail)]
    leads = cap.admit([mail for mail in fresh if cap.capped(mail)], now=now)
    joined = cap.joining(leads) if leads else {}
    inside = _inside(again)
    batch.parcels = [
        *(Parcel(mail, inside.get(mail.pk, [])) for mail in again),
        *(Parcel(mail) for mail in plain),
        *(Parcel(mail, joined.get(mail.pk, [])) for mail in leads),
    ]
    ours = {"state": MailState.SENDING, "withheld_for": "", "claimed_until": batch.until}
    rows = [pk for parcel in batch.parcels for pk in parcel.pks]
    OutgoingMail.objects.filter(pk__in=rows).update(**ours)
    if again:
        OutgoingMail.objects.filter(pk__in=[mail.pk for mail in again]).update(unsure=True)
    for lead, mails in joined.items():
        OutgoingMail.objects.filter(pk__in=[mail.pk for mail in mails]).update(sent_with=lead)


def _may_be_there(mail: OutgoingMail) -> bool:
    """Whether a server may have this mail already: its sender died, or lost the connection."""
    return mail.unsure or mail.state == MailState.SENDING


def _inside(mails: Sequence[OutgoingMail]) -> dict[int, list[OutgoingMail]]:
    """What went out, or may have gone out, inside each of these."""
    inside: dict[int, list[OutgoingMail]] = {}
    if mails:
        rows = OutgoingMail.objects.filter(
            sent_with__in=mails, state__in=[MailState.QUEUED, MailState.SENDING]
        )
        for row in rows.order_by("pk"):
            inside.setdefault(row.sent_with_id or 0, []).append(row)
    return inside


def _without_suppressed(due: Sequence[OutgoingMail]) -> list[OutgoingMail]:
    """Withhold what is for addresses that bounced or complained, and return the others."""
    keys = {mail.suppression_key for mail in due}
    suppressed = set(
        Suppression.objects.filter(address_key__in=keys).values_list("address_key", flat=True)
    )
    held = [mail.pk for mail in due if mail.suppression_key in suppressed]
    if held:
        OutgoingMail.objects.filter(Q(pk__in=held) | Q(sent_with__in=held)).exclude(
            state=MailState.SENT
        ).update(
            state=MailState.WITHHELD,
            withheld_for=Withheld.SUPPRESSED,
            claimed_until=None,
            sent_with=None,
        )
    return [mail for mail in due if mail.suppression_key not in suppressed]


def _one_at_a_time() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('idle_in_transaction_session_timeout', %s, true),"
            " pg_advisory_xact_lock(%s)",
            [LONGEST_DECISION, LOCK],
        )
