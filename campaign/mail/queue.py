"""Queueing a mail: a row in the transaction of what it tells about."""

import uuid

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from campaign.env import public_host_of
from campaign.hints import hint
from campaign.models import Letter, OutgoingMail, Suppression
from campaign.models.mail import MailState, Withheld
from campaign.tokens import address_key, mailbox_key

log = structlog.get_logger(__name__)


def queue_mail(
    kind: str,
    *,
    letter: Letter,
    address: str,
    language: str,
    slow: bool = False,
    hold: bool = False,
    **references: int,
) -> None:
    """Write the mail as a row and hint that there is one to send.

    `references` are the ids that its renderer needs. Neither the address nor the text is kept.
    With `slow` it goes through the letter's slow lane (campaign.mail.slow); with `hold` it waits
    for `release_paused`.
    """
    OutgoingMail.objects.create(
        kind=kind,
        letter=letter,
        references=references,
        recipient_key=mailbox_key(address),
        address_key=address_key(address),
        language=language,
        message_id=f"<{uuid.uuid4()}@{public_host_of(settings.PUBLIC_URL)}>",
        state=MailState.WITHHELD if hold else MailState.QUEUED,
        withheld_for=Withheld.PAUSE if hold else "",
        slow=slow,
        not_before=timezone.now(),
    )
    if not hold:
        hint("mail")


def on_its_way(kind: str, *, address: str, **references: int) -> bool:
    """Whether such a mail is still to be rendered, so that another would say the same.

    One that is being sent does not count: it may have been rendered with what has changed since.
    """
    return (
        OutgoingMail.objects.filter(
            Q(state=MailState.QUEUED) | Q(withheld_for__in=[Withheld.CAP, Withheld.PAUSE]),
            recipient_key=mailbox_key(address),  # it has the index
            address_key=address_key(address),
            kind=kind,
            references__contains=references,
        )
        .filter(unsure=False)
        .exists()
    )


def release_paused(letter: Letter) -> int:
    """Queue what was withheld for the letter's pause; returns how many."""
    count = OutgoingMail.objects.filter(letter=letter, withheld_for=Withheld.PAUSE).update(
        state=MailState.QUEUED, withheld_for="", not_before=timezone.now()
    )
    hint("mail")
    return count


def requeue(mails: QuerySet[OutgoingMail]) -> int:
    """Try failed and withheld mails again from the start; returns how many.

    What is withheld as the address is suppressed stays so; the cap still holds.
    """
    again = Q(state=MailState.FAILED) | Q(state=MailState.WITHHELD)
    return _from_the_start(mails.filter(again).exclude(withheld_for=Withheld.SUPPRESSED))


@transaction.atomic
def send_despite_suppression(mails: QuerySet[OutgoingMail]) -> int:
    """Mail suppressed addresses again, beginning with these mails; returns how many."""
    held = mails.filter(withheld_for=Withheld.SUPPRESSED)
    keys = {mail.suppression_key for mail in held}
    Suppression.objects.filter(address_key__in=keys).delete()
    log.info("mail.suppressions_lifted", number=len(keys))
    return _from_the_start(held)


def _from_the_start(mails: QuerySet[OutgoingMail]) -> int:
    count = mails.update(
        state=MailState.QUEUED,
        withheld_for="",
        attempts=0,
        first_failed_at=None,
        unsure=False,
        sent_with=None,
        not_before=timezone.now(),
        problem="",
    )
    hint("mail")
    return count
