"""When what is known of mails goes."""

from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db.models import Q
from django.db.models.functions import Greatest

from campaign.mail import cap
from campaign.models import OutgoingMail
from campaign.models.mail import ERASED, FORGOTTEN, MailState, Withheld
from signatories.privacy.rule import BATCH, MONTH, Purged, Rule

#: A mail that is still to be sent is counted by its hash, so that nobody is mailed too often, and
#: goes to no other address than it was queued for. What the cap or a pause holds is such a mail.
SETTLED = Q(state__in=[MailState.SENT, MailState.FAILED]) | Q(
    withheld_for__in=[Withheld.SUPPRESSED, Withheld.GONE]
)
#: Reports of bounces come within days, complaints within weeks; the cap looks back a day.
MAILS_KEPT = timedelta(days=180)


def _old_mails(now: datetime) -> Purged:
    """By what last happened to them, as one may have been held, or been sent again, late."""
    last = Greatest("created_at", "not_before", "first_failed_at", "sent_at", "bounced_at")
    before = now - MAILS_KEPT
    # Each of those is later than created_at, by which an index knows what has lost its hashes; that
    # comes first (signatories.privacy.aged).
    due = OutgoingMail.objects.filter(SETTLED, FORGOTTEN, created_at__lt=before).alias(last=last)
    locked = due.filter(last__lt=before).select_for_update(of=("self",), skip_locked=True)
    batch = dict(locked.order_by("created_at")[:BATCH].values_list("pk", "letter_id"))
    OutgoingMail.objects.filter(pk__in=list(batch)).delete()
    return Counter(batch.values())


def _erased_mails(now: datetime) -> Purged:
    """What an erasure left for the cap (signatories.privacy.subject, forget).

    What belonged to a sign-on that was erased whole has no reference, and is deleted.
    """
    # One that was never sent, as far as is known, by when it was last tried.
    over = Q(sent_at__lt=now - cap.LONGEST) | Q(
        SETTLED, sent_at__isnull=True, not_before__lt=now - cap.LONGEST
    )
    due = OutgoingMail.objects.filter(ERASED, over)
    locked = due.select_for_update(of=("self",), skip_locked=True).order_by("created_at")[:BATCH]
    pks = list(locked.values_list("pk", flat=True))
    mails = OutgoingMail.objects.filter(pk__in=pks)
    mails.filter(references={}).delete()
    mails.update(recipient_key="")
    return Counter({None: len(pks)})


def _kept_mails(now: datetime) -> Purged:
    """Mails in files, which a trial on one machine keeps in place of sending them."""
    kept = 0
    for path in Path(settings.MAIL_DIR).glob("*.eml"):
        if kept < BATCH and path.stat().st_mtime < (now - MONTH).timestamp():
            path.unlink(missing_ok=True)
            kept += 1
    return Counter({None: kept})


OLD_MAILS = Rule(
    "old mails",
    "What is known of a mail that was sent, failed or has nothing to tell: 180 days after anything "
    "last happened to it",
    _old_mails,
)
ERASED_MAILS = Rule(
    "mails of the erased",
    "What an erasure leaves of mails, so that the cap on them goes on: a day after they were sent",
    _erased_mails,
)
KEPT_MAILS = Rule("kept mails", "Mails in files, on a trial: after 30 days", _kept_mails)
