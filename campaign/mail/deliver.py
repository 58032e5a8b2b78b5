"""Delivering: claim a batch, send it over one connection, commit row by row."""

import smtplib
from datetime import timedelta
from typing import cast

import structlog
from django.conf import settings
from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.module_loading import import_string

from campaign.mail.cap import free_again_at
from campaign.mail.rendered import NothingToSend, RenderedMail
from campaign.models import OutgoingMail
from campaign.models.mail import MailState, Withheld

log = structlog.get_logger(__name__)

BATCH = 50
FIRST_PAUSE = timedelta(seconds=10)
LONGEST_PAUSE = timedelta(hours=2)
#: About three days of growing pauses; then staff see it as failed.
MOST_ATTEMPTS = 44


def run(*, overdue: timedelta) -> int:
    """Send what has been due for at least `overdue`; returns how many mails were handled."""
    handled = 0
    while batch := _claim(overdue):
        handled += len(batch)
        if not _send_batch(batch):
            break  # the server is away: what is left has been put back, with a pause
    return handled


def _claim(overdue: timedelta) -> list[OutgoingMail]:
    """Mark a batch as being sent. A mail whose sender died is claimed again after its claim."""
    now = timezone.now()
    due = Q(state=MailState.QUEUED, not_before__lte=now - overdue) | Q(
        state=MailState.SENDING, claimed_until__lt=now
    )
    with transaction.atomic():
        rows = list(
            OutgoingMail.objects.filter(due)
            .select_for_update(skip_locked=True)
            .order_by("not_before", "pk")[:BATCH]
        )
        OutgoingMail.objects.filter(pk__in=[row.pk for row in rows]).update(
            state=MailState.SENDING, claimed_until=now + settings.MAIL_CLAIM
        )
    for row in rows:
        row.claimed_until = now + settings.MAIL_CLAIM
    return rows


def _send_batch(batch: list[OutgoingMail]) -> bool:
    """Send a batch; False when the server cannot be reached. The rest is then put back at once:
    each would wait for the same time-out, and nothing else could be done meanwhile.
    """
    connection = get_connection()
    try:
        for number, mail in enumerate(batch):
            if not _send(mail, connection):
                for other in batch[number + 1 :]:
                    _not_sent(other, ConnectionError(), attempted=False)
                return False
        return True
    finally:
        try:
            connection.close()
        except (OSError, smtplib.SMTPException):
            log.warning("mail.connection_not_closed")


def _send(mail: OutgoingMail, connection: BaseEmailBackend) -> bool:
    """Returns whether the server can be reached, as far as this mail has shown."""
    if not _hold_claim(mail):
        return True  # taken over by another worker meanwhile
    free_at = free_again_at(mail)
    if free_at is not None:
        _settle(
            mail, state=MailState.QUEUED, not_before=free_at, problem="held: many to one address"
        )
        return True
    try:
        rendered = _render(mail)
        connection.open()
        connection.send_messages([rendered.message(mail)])
    except NothingToSend as reason:
        _settle(mail, state=MailState.WITHHELD, withheld_for=Withheld.GONE, problem=str(reason))
        return True
    except Exception as error:
        # One mail that cannot be rendered or sent must not hold back the others.
        _close_quietly(connection)
        _not_sent(mail, error)
        return not _is_away(error)
    _settle(
        mail,
        state=MailState.SENT,
        sent_at=timezone.now(),
        attempts=mail.attempts + 1,
        problem="",
    )
    log.info("mail.sent", mail=mail.pk)
    return True


def _hold_claim(mail: OutgoingMail) -> bool:
    """Renew the claim. Its end is also what proves it: another worker's is another."""
    until = timezone.now() + settings.MAIL_CLAIM
    held = _claimed(mail).update(claimed_until=until)
    mail.claimed_until = until
    return bool(held)


def _claimed(mail: OutgoingMail) -> QuerySet[OutgoingMail]:
    return OutgoingMail.objects.filter(
        pk=mail.pk, state=MailState.SENDING, claimed_until=mail.claimed_until
    )


def _render(mail: OutgoingMail) -> RenderedMail:
    render = import_string(settings.MAIL_KINDS[mail.kind])
    return cast(RenderedMail, render(mail))


def _settle(mail: OutgoingMail, **changes: object) -> None:
    _claimed(mail).update(claimed_until=None, **changes)


def _not_sent(mail: OutgoingMail, error: Exception, *, attempted: bool = True) -> None:
    """A refusal for good is final; anything else is tried again after a growing pause."""
    problem = _describe(error)
    attempts = mail.attempts + attempted
    if _is_final(error) or attempts >= MOST_ATTEMPTS:
        _settle(mail, state=MailState.FAILED, attempts=attempts, problem=problem)
    else:
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** max(0, min(attempts - 1, 20)))
        _settle(
            mail,
            state=MailState.QUEUED,
            attempts=attempts,
            not_before=timezone.now() + pause,
            problem=problem,
        )
    log.warning("mail.not_sent", mail=mail.pk, problem=problem)


def _is_away(error: Exception) -> bool:
    """Whether the server cannot be reached, which all mails share (SMTPException is an OSError)."""
    if isinstance(error, smtplib.SMTPServerDisconnected | smtplib.SMTPConnectError):
        return True
    return isinstance(error, OSError) and not isinstance(error, smtplib.SMTPException)


def _is_final(error: Exception) -> bool:
    """5xx is final (RFC 5321 section 4.2.1), but for the sign-in and the sender's address, which
    say nothing of this mail, and which the operator can mend.
    """
    if isinstance(error, smtplib.SMTPAuthenticationError | smtplib.SMTPSenderRefused):
        return False
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _ in error.recipients.values())
    if isinstance(error, smtplib.SMTPResponseException):
        return error.smtp_code >= 500 and not isinstance(
            error, smtplib.SMTPConnectError | smtplib.SMTPHeloError
        )
    return isinstance(error, UnicodeError | ValueError)


def _describe(error: Exception) -> str:
    """The error's class and code: a server's own words may repeat the address."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = sorted({code for code, _ in error.recipients.values()})
        return f"recipient refused ({', '.join(map(str, codes))})"
    code = getattr(error, "smtp_code", None)
    return f"{type(error).__name__}{f' ({code})' if code else ''}"


def _close_quietly(connection: BaseEmailBackend) -> None:
    try:
        connection.close()
    except Exception as error:
        log.warning("mail.connection_broken", error=type(error).__name__)
