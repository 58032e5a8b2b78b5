"""What comes back after a mail was sent: one verb for all doors that it comes through."""

import structlog
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from campaign.models import OutgoingMail, Suppression
from campaign.models.mail import Bounce, MailState

log = structlog.get_logger(__name__)

WEIGHT = list(Bounce)
#: After these the address is mailed no more, until staff say so.
SUPPRESSING = {Bounce.PERMANENT, Bounce.COMPLAINT}


class UnknownMail(Exception):
    """It is about no mail that we sent."""


@transaction.atomic
def note_bounce(bounce: Bounce, *, message_id: str = "", provider_id: str = "") -> None:
    """Note on a mail what came back, and suppress its address if that was final.

    The mail is known by its Message-ID, of which 122 bits are random, or by the id that a mail
    provider gave it: only who received the mail, or carried it, can name either. An address proves
    nothing, so none is asked for. The same again changes nothing, and what weighs less does not
    replace what weighs more. Raises UnknownMail.
    """
    mail = _sent(message_id, provider_id).select_for_update(of=("self",)).first()
    if mail is None:
        raise UnknownMail
    if not mail.bounce or WEIGHT.index(bounce) > WEIGHT.index(Bounce(mail.bounce)):
        OutgoingMail.objects.filter(pk=mail.pk).update(bounce=bounce, bounced_at=timezone.now())
        log.info("mail.bounced", mail=mail.pk, bounce=bounce.value)
        # By the exact address only: otherwise a stranger who types ada+nobody@, which bounces
        # where labels are unknown, would silence ada@.
        if bounce in SUPPRESSING and mail.address_key:
            Suppression.objects.get_or_create(
                address_key=mail.address_key, defaults={"reason": bounce, "mail": mail}
            )


def _sent(message_id: str, provider_id: str) -> QuerySet[OutgoingMail]:
    # While it is being sent, or was given up, a server may have taken it all the same.
    possible = OutgoingMail.objects.exclude(state=MailState.WITHHELD)
    if provider_id:
        found = possible.filter(provider_id=provider_id, sent_with__isnull=True)
        if found.exists():
            return found
    return possible.filter(message_id=message_id or provider_id)
