"""Confirming: what a signer does by the link in the mail, or no longer can."""

from datetime import datetime

import pghistory
from django.db import IntegrityError, transaction
from django.utils import timezone

from campaign.models import OutgoingMail, Wording
from campaign.models.letter import State
from campaign.models.mail import MailState
from campaign.tokens import mailbox_key, new_epoch
from signatories.models import SignOn
from signatories.models.sign_on import Status, sources_of
from signatories.services.asking import CONFIRM_WITHIN, ask_again, remind
from signatories.services.shown import shown_of
from signatories.services.signals import is_quick

#: Where a confirmed sign-on is, unless it came to nothing afterwards.
CONFIRMED = {Status.PENDING, Status.APPROVED}


class NotWhatWasShown(Exception):
    """Something else would be signed than what the signer has seen."""


class LinkExpired(Exception):
    """The link no longer confirms anything."""


@transaction.atomic
def confirm(*, sign_on: SignOn, wording: Wording, seen: str | None = None) -> bool:
    """The signer confirms, having seen `wording`; False when it was confirmed before.

    `seen` is what the page showed, as signatories.services.shown puts it: NotWhatWasShown is raised
    when something else is there by now. Possible after closing too, as staff decide. Raises
    LinkExpired when the link is too old or was replaced, the sign-on lapsed, was rejected,
    withdrawn or deleted, or the letter is archived.
    """
    now = timezone.now()
    if sign_on.letter.state == State.ARCHIVED:
        raise LinkExpired
    # Whoever posts the same again at this moment waits, and then finds it confirmed.
    there = SignOn.objects.select_for_update(of=("self",)).filter(pk=sign_on.pk).first()
    # Since it was read, it was erased or purged, or its link was ended.
    if there is None or there.epoch != sign_on.epoch:
        raise LinkExpired
    unseen = seen is not None and seen != shown_of(there, there.contacts.first())
    if unseen and there.status == Status.UNCONFIRMED:
        raise NotWhatWasShown
    quick = ["quick"] if is_quick(_mailed_at(sign_on), now) else []
    with pghistory.context(action="confirm"):
        moved = SignOn.objects.filter(
            pk=sign_on.pk, status=Status.UNCONFIRMED, confirm_by__gte=now
        ).update(
            status=Status.PENDING,
            confirmed_at=now,
            wording=wording,
            signals=[*there.signals, *quick],
        )
    sign_on.refresh_from_db()
    if not moved and sign_on.status not in CONFIRMED:
        raise LinkExpired
    return bool(moved)


def _mailed_at(sign_on: SignOn) -> datetime | None:
    """When the newest mail that asks to confirm was sent."""
    contact = sign_on.contacts.first()
    if contact is None:
        return None
    sent = OutgoingMail.objects.filter(  # by the hash, which has an index
        recipient_key=mailbox_key(contact.email),
        references__sign_on=sign_on.pk,
        state=MailState.SENT,
    )
    return sent.order_by("-sent_at").values_list("sent_at", flat=True).first()


@transaction.atomic
def renew(*, sign_on: SignOn, after_closing: bool = False) -> None:
    """Send a new link in place of an expired one.

    Raises LinkExpired without one to renew, when it was replaced meanwhile, or when the letter
    takes no sign-ons any more; with `after_closing`, when it is archived.
    """
    now = timezone.now()
    contact = sign_on.contacts.first()
    letter = sign_on.letter
    possible = letter.state != State.ARCHIVED if after_closing else letter.accepts_sign_ons(now)
    if contact is None or not possible:
        raise LinkExpired
    try:
        with transaction.atomic(), pghistory.context(action="renew"):
            renewed = SignOn.objects.filter(
                pk=sign_on.pk,
                epoch=sign_on.epoch,
                status__in=[Status.UNCONFIRMED, Status.LAPSED],
            ).update(
                status=Status.UNCONFIRMED,
                confirm_by=now + CONFIRM_WITHIN,
                epoch=new_epoch(),
            )
    except IntegrityError:
        # The same organisation and person signed again meanwhile: that one is waiting.
        remind(letter=sign_on.letter, listed_name=sign_on.listed_name, email=contact.email)
        return
    if not renewed:
        raise LinkExpired
    sign_on.refresh_from_db()
    ask_again(contact, sign_on)


def lapse() -> int:
    """Move what was not confirmed in time to lapsed; returns how many."""
    now = timezone.now()
    with pghistory.context(action="lapse"):
        return SignOn.objects.filter(
            status__in=sources_of(Status.LAPSED), confirm_by__lt=now
        ).update(status=Status.LAPSED, lapsed_at=now)
