"""Queueing a mail: a row in the transaction of what it tells about."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import BigIntegerField, Q, QuerySet
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast
from django.utils import timezone

from campaign.env import public_host_of
from campaign.hints import hint
from campaign.mail import outbox
from campaign.mail.claim import one_at_a_time
from campaign.models import Letter, OutgoingMail, Suppression
from campaign.models.mail import MailState, Withheld
from campaign.tokens import address_key, mailbox_key

log = structlog.get_logger(__name__)

#: A statement has at most 65,535 values.
ROWS_AT_ONCE = 2000


@dataclass(frozen=True)
class Recipient:
    """To whom a mail goes; `references` are what its renderer needs."""

    address: str
    language: str
    references: Mapping[str, int | str | list[int]]


def queue_mail(
    kind: str,
    *,
    letter: Letter | None,
    address: str,
    language: str,
    slow: bool = False,
    hold: bool = False,
    **references: int | str,
) -> None:
    """Write the mail as a row and hint that there is one to send.

    `references` are the ids that its renderer needs. Neither the address nor the text is kept.
    With `slow` it goes through the letter's slow lane (campaign.mail.slow); with `hold` it waits
    for `release_paused`. Without a letter its kind is one of those to staff (FOR_STAFF).
    """
    mail = _queued(kind, letter, Recipient(address, language, references))
    mail.slow = slow
    if hold:
        mail.state, mail.withheld_for = MailState.WITHHELD, Withheld.PAUSE
    mail.save(force_insert=True)
    if not hold:
        hint("mail")


def queue_mails(
    kind: str,
    *,
    letter: Letter,
    recipients: Iterable[Recipient],
    after: timedelta = timedelta(0),
) -> list[OutgoingMail]:
    """`queue_mail` for many, in few statements; returns them in their order.

    They are not sent before `after` has passed. Call it in a transaction.
    """
    mails = [_queued(kind, letter, one) for one in recipients]
    for mail in mails:
        mail.not_before += after
    if OutgoingMail.objects.bulk_create(mails, batch_size=ROWS_AT_ONCE):
        hint("mail")
    return mails


def _queued(kind: str, letter: Letter | None, recipient: Recipient) -> OutgoingMail:
    return OutgoingMail(
        kind=kind,
        letter=letter,
        references=dict(recipient.references),
        recipient_key=mailbox_key(recipient.address),
        address_key=address_key(recipient.address),
        language=recipient.language,
        message_id=f"<{uuid.uuid4()}@{public_host_of(settings.PUBLIC_URL)}>",
        not_before=timezone.now(),
    )


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


def references_on_their_way(
    kind: str, name: str, *, since: datetime
) -> QuerySet[OutgoingMail, int]:
    """The ids under this name in the references of mails that wait since then or longer."""
    waiting = (
        Q(state__in=[MailState.QUEUED, MailState.SENDING])
        | Q(withheld_for=Withheld.CAP)
        | Q(withheld_for=Withheld.PAUSE)
    )
    reference = Cast(KeyTextTransform(name, "references"), BigIntegerField())
    mails = OutgoingMail.objects.filter(waiting, kind=kind, created_at__lte=since).order_by()
    return mails.values_list(reference, flat=True)


def hold_paused(letter: Letter) -> int:
    """Withhold, as the letter's pause begins, what strangers asked for and is not being sent.

    Returns how many. What is being sent meanwhile, and has to be tried again, is withheld when it
    is rendered. It ends in a transaction, in which nobody claims.
    """
    # They lock the same rows in another order.
    one_at_a_time()
    waiting = Q(state=MailState.QUEUED) | Q(withheld_for=Withheld.CAP)
    ours = OutgoingMail.objects.filter(waiting, letter=letter, kind__in=settings.MAIL_JOINS)
    # What other letters have inside of ours goes on by itself.
    inside = OutgoingMail.objects.filter(sent_with__in=ours, state=MailState.QUEUED)
    inside.exclude(letter=letter).update(sent_with=None, unsure=False)
    return ours.update(
        state=MailState.WITHHELD, withheld_for=Withheld.PAUSE, sent_with=None, unsure=False
    )


def release_paused(letter: Letter) -> int:
    """Queue what was withheld for the letter's pause; returns how many.

    They have three days from then on: those of before it have been waiting.
    """
    count = OutgoingMail.objects.filter(letter=letter, withheld_for=Withheld.PAUSE).update(
        state=MailState.QUEUED, withheld_for="", not_before=timezone.now(), first_failed_at=None
    )
    hint("mail")
    return count


def drop(kind: str, *, letter: Letter, sign_on: int) -> None:
    """Withhold for good what waits of this kind about a sign-on: it has moved on.

    When it is rendered it would be found out anyway; this keeps it from being counted until then.
    What may have been sent already is left to that, and so is what somebody claims at this moment:
    the caller has locked a sign-on, and waits for nobody who may hold several mails.
    """
    waiting = Q(state=MailState.QUEUED, unsure=False) | Q(
        withheld_for__in=[Withheld.CAP, Withheld.PAUSE]
    )
    found = OutgoingMail.objects.filter(
        waiting, letter=letter, kind=kind, references__sign_on=sign_on
    ).select_for_update(skip_locked=True, of=("self",))
    OutgoingMail.objects.filter(pk__in=[mail.pk for mail in found]).update(
        state=MailState.WITHHELD,
        withheld_for=Withheld.GONE,
        sent_with=None,
        problem="the sign-on has moved on",
    )


@transaction.atomic
def requeue(mails: QuerySet[OutgoingMail]) -> int:
    """Try failed and withheld mails again from the start, and at once those that wait for their
    next try, the server's rest included; returns how many.

    What is withheld as the address is suppressed stays so; the cap still holds. Nobody claims
    until the transaction ends.
    """
    # They lock the same rows in another order.
    one_at_a_time()
    sooner = mails.filter(state=MailState.QUEUED, attempts__gt=0).update(not_before=timezone.now())
    if sooner:
        outbox.wake()
    again = Q(state=MailState.FAILED) | Q(state=MailState.WITHHELD)
    return sooner + _from_the_start(mails.filter(again).exclude(withheld_for=Withheld.SUPPRESSED))


@transaction.atomic
def send_despite_suppression(mails: QuerySet[OutgoingMail]) -> int:
    """Mail suppressed addresses again, beginning with these mails; returns how many.

    Nobody claims until the transaction ends.
    """
    one_at_a_time()
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
