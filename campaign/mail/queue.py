"""Queueing a mail: a row in the transaction of what it tells about."""

import uuid

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from campaign.env import public_host_of
from campaign.hints import hint
from campaign.models import Letter, OutgoingMail
from campaign.models.mail import MailState
from campaign.tokens import address_key


def queue_mail(
    kind: str, *, letter: Letter, address: str, language: str, **references: int
) -> None:
    """Write the mail as a row and hint that there is one to send.

    `references` are the ids that its renderer needs. Neither the address nor the text is kept.
    """
    OutgoingMail.objects.create(
        kind=kind,
        letter=letter,
        references=references,
        recipient_key=address_key(address),
        language=language,
        message_id=f"<{uuid.uuid4()}@{public_host_of(settings.PUBLIC_URL)}>",
        not_before=timezone.now(),
    )
    hint("mail")


def requeue(mails: QuerySet[OutgoingMail]) -> int:
    """Try failed and withheld mails again from the start; returns how many."""
    count = mails.filter(state__in=[MailState.FAILED, MailState.WITHHELD]).update(
        state=MailState.QUEUED, attempts=0, not_before=timezone.now(), problem=""
    )
    hint("mail")
    return count
