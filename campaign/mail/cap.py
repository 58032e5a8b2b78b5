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
CAPS = [(MOST, WITHIN), (8, timedelta(days=1))]


def free_again_at(mail: OutgoingMail) -> datetime | None:
    """When the address may be mailed again; None when it may be now."""
    if mail.kind not in CAPPED or not settings.RATE_LIMITS or not mail.recipient_key:
        return None  # without the key it is an old mail, purged of it, that staff send again
    now = timezone.now()
    most = max(most for most, _ in CAPS)
    sent = OutgoingMail.objects.filter(
        recipient_key=mail.recipient_key, kind__in=CAPPED, state=MailState.SENT
    ).order_by("-sent_at")
    times = [at for at in sent.values_list("sent_at", flat=True)[:most] if at]
    free = [times[most - 1] + within for most, within in CAPS if len(times) >= most]
    latest = max(free, default=now)
    return latest if latest > now else None
