"""Delivering: claim a batch, send it over one connection, commit what was sent as it goes."""

import time
from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta
from typing import Any

import structlog
from django.conf import settings
from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import DatabaseError
from django.utils import timezone

from campaign.mail import outbox, outcome, smtp
from campaign.mail.claim import Batch, Parcel, claim
from campaign.mail.errors import Failure, Verdict, judge
from campaign.mail.rendered import Gone, Renderer

log = structlog.get_logger(__name__)

#: Seconds for which what was read about a batch's mails holds; then it is read again.
FRESH = 5.0


def run(*, overdue: timedelta) -> int:
    """Send what has been due for at least `overdue`; returns how many mails were handled."""
    handled = 0
    while batch := claim(overdue):
        handled += sum(len(parcel.rows) for parcel in batch.parcels)
        if not _send_batch(batch):
            break
    return handled


def longest_talk() -> float:
    """Seconds that a server has for one mail: less than the half of a claim that is always left."""
    return settings.MAIL_CLAIM.total_seconds() * 0.4


def _send_batch(batch: Batch) -> bool:
    """Send a batch; False when the server is away: what is left is then put back at once."""
    connection = get_connection()
    renderer, sent = Renderer(), outcome.Sent(batch)
    read_at = float("-inf")
    remaining = batch.parcels
    try:
        while remaining := batch.hold(remaining, before=sent.note):
            if time.monotonic() - read_at > FRESH:
                renderer.read([mail for parcel in remaining for mail in parcel.rows])
                read_at = time.monotonic()
            parcel, *remaining = remaining
            failure = _send(parcel, batch, renderer, connection, sent)
            if failure is not None:
                _dismiss(connection)
                if failure.verdict is Verdict.AWAY:
                    outcome.put_back(remaining, batch)
                    return False
        sent.note()
        if batch.outbox.rests:
            outbox.give_up_try(batch.outbox, now=timezone.now())
        return True
    finally:
        try:
            sent.note()
        finally:
            _dismiss(connection)


def _send(
    parcel: Parcel,
    batch: Batch,
    renderer: Renderer,
    connection: BaseEmailBackend,
    sent: outcome.Sent,
) -> Failure | None:
    """Send one mail and note what became of it; returns what went wrong."""
    for mail in parcel.rows:
        about = renderer.about(mail)
        if isinstance(about, Gone):
            outcome.gone(parcel, batch, mail, about)
            if mail is parcel.mail:
                return None
            parcel.joined.remove(mail)
    handed_over = False
    try:
        message = renderer.message(parcel.rows)
        with _within(connection, longest_talk()):
            connection.open()
            handed_over = True
            connection.send_messages([message])
    except DatabaseError:
        raise
    except Exception as error:
        # One mail that cannot be rendered or sent must not hold back the others.
        sent.note()
        failure = judge(error, handed_over=handed_over)
        outcome.not_sent(parcel, batch, failure)
        if handed_over and failure.verdict is not Verdict.AWAY:
            outbox.recovered(batch.outbox)
        return failure
    sent.add(parcel, provider_id=_provider_id(message))
    return None


def _provider_id(message: Any) -> str:
    """What a provider of django-anymail calls the mail; there is one recipient, so one id."""
    status = getattr(message, "anymail_status", None)
    return str(getattr(status, "message_id", None) or "")


def _within(connection: BaseEmailBackend, seconds: float) -> AbstractContextManager[None]:
    """SMTP is watched. A provider's answer is small, and its requests have a time-out."""
    if isinstance(connection, smtp.EmailBackend):
        return connection.within(seconds)
    return nullcontext()


def _dismiss(connection: BaseEmailBackend) -> None:
    try:
        if isinstance(connection, smtp.EmailBackend):
            connection.dismiss()
        else:
            connection.close()
    except Exception as error:
        log.warning("mail.connection_broken", error=type(error).__name__)
