"""The cap per address: nobody is flooded by mails that a stranger can ask for."""

from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from campaign.models import OutgoingMail
from campaign.models.mail import MailState

#: Mails that anybody can cause by typing an address into the form.
CAPPED = {"sign_on.confirm"}
MOST = 3
WITHIN = timedelta(hours=1)


def free_again_at(mail: OutgoingMail) -> datetime | None:
    """When the address may be mailed again; None when it may be now."""
    if mail.kind not in CAPPED or not settings.RATE_LIMITS:
        return None
    since = timezone.now() - WITHIN
    sent = OutgoingMail.objects.filter(
        recipient_key=mail.recipient_key,
        kind__in=CAPPED,
        state=MailState.SENT,
        sent_at__gt=since,
    ).order_by("-sent_at")[MOST - 1 : MOST]
    nth_last = next(iter(sent), None)
    return nth_last.sent_at + WITHIN if nth_last and nth_last.sent_at else None
