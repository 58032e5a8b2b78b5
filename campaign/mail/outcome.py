"""What became of a mail: one conditional UPDATE, which a claim that was lost makes void."""

import time
from collections.abc import Sequence
from datetime import timedelta

import structlog
from django.conf import settings
from django.db.models import F
from django.utils import timezone

from campaign.mail import outbox
from campaign.mail.claim import Batch, Parcel
from campaign.mail.errors import Failure, Verdict
from campaign.mail.pauses import growing
from campaign.mail.rendered import Gone
from campaign.models import OutgoingMail
from campaign.models.mail import MailState

log = structlog.get_logger(__name__)

FIRST_PAUSE = timedelta(seconds=10)
LONGEST_PAUSE = timedelta(hours=2)
#: Seconds. What a kill repeats is what was sent in so long at most, and each once.
MOMENT = 0.05
#: So long after its first failure a mail is given up, and shown to staff.
GIVEN_UP_AFTER = timedelta(days=3)
#: For staff, who find the mail among the failed.
MAY_HAVE_ARRIVED = (
    "the server had the whole mail and did not answer, so it may have arrived. "
    "“Send again” sends it once more"
)


class Sent:
    """Mails of a batch that the server has taken, until they are noted.

    Those taken within a moment share one commit, as waiting for the disk costs as much as sending.
    A slow server's are noted one by one, as a moment has passed with each.
    """

    def __init__(self, batch: Batch) -> None:
        self._batch = batch
        self._parcels: list[Parcel] = []
        self._since = 0.0

    def add(self, parcel: Parcel, *, provider_id: str) -> None:
        if not self._parcels:
            self._since = time.monotonic()
        self._parcels.append(parcel)
        if provider_id:
            self._note(provider_id=provider_id[:200])
        elif self._batch.outbox.rests or time.monotonic() - self._since >= MOMENT:
            self.note()

    def note(self) -> None:
        """One UPDATE, which passes over what another worker has taken over meanwhile."""
        self._note()

    def _note(self, **changes: object) -> None:
        parcels, self._parcels = self._parcels, []
        if not parcels:
            return
        rows = self._batch.claimed_rows(parcels).update(
            state=MailState.SENT,
            claimed_until=None,
            sent_at=timezone.now(),
            attempts=F("attempts") + 1,
            unsure=False,
            problem="",
            **changes,
        )
        for parcel in parcels:
            log.info("mail.sent", mail=parcel.mail.pk, joined=len(parcel.joined))
        if rows < sum(len(parcel.rows) for parcel in parcels):
            log.warning("mail.sent_after_its_claim", mails=[parcel.mail.pk for parcel in parcels])
        outbox.recovered(self._batch.outbox)


def gone(parcel: Parcel, batch: Batch, mail: OutgoingMail, why: Gone) -> None:
    """There is nothing to tell, or not now: of the mail itself, or of one inside it.

    Without the mail that they would go out in, the others are queued again by themselves.
    """
    held = batch.claimed_rows([parcel]).filter(pk=mail.pk)
    held.update(
        state=MailState.WITHHELD,
        withheld_for=why.withheld_for,
        claimed_until=None,
        sent_with=None,
        unsure=False,
        problem=why.reason,
    )
    if mail is parcel.mail:
        put_back([Parcel(row) for row in parcel.joined], batch, alone=True)


def not_sent(parcel: Parcel, batch: Batch, failure: Failure) -> None:
    """A refusal for good is final; anything else is tried again after a growing pause.

    So is a second silence about the whole mail: a server that takes it each time, and answers too
    late, would send copies for three days.
    """
    mail, now = parcel.mail, timezone.now()
    attempts, first = mail.attempts + 1, mail.first_failed_at or now
    unanswered = max(row.unanswered for row in parcel.rows) + failure.unsure
    silent = failure.unsure and unanswered > 1
    changes: dict[str, object] = {
        "attempts": attempts,
        "first_failed_at": first,
        "problem": failure.problem[:300],
        "claimed_until": None,
        "unanswered": unanswered,
    }
    if failure.verdict is Verdict.FINAL or silent or now - first >= GIVEN_UP_AFTER:
        changes |= {"state": MailState.FAILED, "not_before": now}
        if unanswered:
            changes["problem"] = f"{failure.problem[:150]}: {MAY_HAVE_ARRIVED}"
    else:
        pause = growing(attempts, first=FIRST_PAUSE, longest=LONGEST_PAUSE)
        if failure.unsure:
            pause = max(pause, settings.MAIL_SILENCE)
        changes |= {"state": MailState.QUEUED, "not_before": now + pause}
        # What the server may have goes again as it was. What it refused can join anew.
        if failure.unsure or mail.unsure:
            changes["unsure"] = True
        else:
            changes["sent_with"] = None
    batch.claimed_rows([parcel]).update(**changes)
    if failure.verdict is Verdict.AWAY:
        outbox.rest(batch.outbox, now=now, problem=failure.problem)
    else:
        log.warning("mail.not_sent", mail=mail.pk, problem=failure.problem)


def put_back(parcels: Sequence[Parcel], batch: Batch, *, alone: bool = False) -> None:
    """Queue what was not tried as it was, at no cost to its attempts."""
    again = [parcel for parcel in parcels if parcel.mail.unsure and not alone]
    fresh = [parcel for parcel in parcels if not parcel.mail.unsure or alone]
    back = {"state": MailState.QUEUED, "claimed_until": None}
    if again:
        batch.claimed_rows(again).update(**back)
    if fresh:
        batch.claimed_rows(fresh).update(**back, sent_with=None, unsure=False)
