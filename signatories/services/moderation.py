"""Moderation: what staff decide on a sign-on. Withdrawing is also the signer's, by a link."""

from django.db import IntegrityError, transaction
from django.utils import timezone

from campaign.letters import keep_text
from campaign.mail.queue import drop
from campaign.models.letter import State
from campaign.publication import want
from signatories.models import Hold, SignOn, SignOnOrganisation
from signatories.models.hold import HoldKind
from signatories.models.sign_on import Status
from signatories.services import reaffirming
from signatories.services.bodies import organisation_named
from signatories.services.moving import Refused, lock, move, read_again, tell_contacts


def approve(*, sign_on: SignOn) -> None:
    """List the sign-on, linked to its organisation, and tell the contact how it is listed.

    One that signed older words, before a substantive Text, is held and asked instead. A sign-on
    that nobody linked is linked to the organisation of the same name, made if there is
    none. Raises Refused when it is not waiting, or the organisation is on the letter already.
    """
    try:
        with transaction.atomic():
            # A Text that is fixed at this moment waits, or is known below.
            keep_text(sign_on.letter)
            # Whoever approves the same at this moment waits here, and is then refused politely.
            lock(sign_on)
            sign_on.refresh_from_db()
            if sign_on.letter.state == State.ARCHIVED:
                raise Refused(f"“{sign_on.letter.slug}” is archived: its list is complete.")
            if not sign_on.links.exists():
                SignOnOrganisation.objects.create(
                    sign_on=sign_on, organisation=organisation_named(sign_on)
                )
            move(sign_on, Status.APPROVED, approved_at=timezone.now())
            if reaffirming.signed_older_words(sign_on):
                reaffirming.hold_until_answered(sign_on)
                tell_contacts(reaffirming.KIND, sign_on)
            else:
                tell_contacts("sign_on.listed", sign_on)
            want(sign_on.letter)
    except IntegrityError as error:
        if "organisation_approved_once_in_a_letter" not in str(error):
            raise
        read_again(sign_on)
        raise Refused(
            f"“{sign_on.listed_name}” was not approved: its organisation is listed on this "
            "letter already. Reject it as a duplicate, or link it to another organisation."
        ) from error


@transaction.atomic
def reject(*, sign_on: SignOn, reason: str, tell: bool) -> None:
    """Refuse a sign-on, with a reason that is kept and, if `tell`, mailed to who confirmed it.

    Raises Refused.
    """
    if not reason.strip():
        raise Refused("Please give a reason: it is kept with the sign-on.")
    move(sign_on, Status.REJECTED, rejected_at=timezone.now(), reason=reason.strip()[:500])
    drop("sign_on.confirm", letter=sign_on.letter, sign_on=sign_on.pk)
    if tell:
        tell_contacts("sign_on.rejected", sign_on)


@transaction.atomic
def withdraw(*, sign_on: SignOn, reason: str = "", by_link: bool = False) -> None:
    """Take a sign-on off the list, or out of the queue, and tell the contact.

    `by_link` says that a link in a mail is what authorises it. Raises Refused, also when that link
    was replaced meanwhile.
    """
    move(
        sign_on,
        Status.WITHDRAWN,
        by_link=by_link,
        withdrawn_at=timezone.now(),
        reason=reason.strip()[:500],
    )
    if sign_on.confirmed_at is None:
        drop("sign_on.confirm", letter=sign_on.letter, sign_on=sign_on.pk)
    tell_contacts("sign_on.withdrawn", sign_on)
    if sign_on.approved_at is not None:  # it was listed, if not when our caller last looked
        want(sign_on.letter)


@transaction.atomic
def reconsider(*, sign_on: SignOn) -> None:
    """Put a rejected or withdrawn sign-on back into the queue. Raises Refused."""
    try:
        with transaction.atomic():
            if sign_on.status == Status.UNCONFIRMED:
                raise Refused(f"“{sign_on.listed_name}” was never confirmed by its organisation.")
            move(sign_on, Status.PENDING, reason="")
    except IntegrityError as error:
        raise Refused(
            f"“{sign_on.listed_name}” was signed again meanwhile, or was never confirmed."
        ) from error


@transaction.atomic
def place_hold(*, sign_on: SignOn, kind: HoldKind, reason: str = "") -> None:
    """Take an approved sign-on off the list for a time. Raises Refused when it is held so."""
    lock(sign_on)
    try:
        with transaction.atomic():
            Hold.objects.create(sign_on=sign_on, kind=kind, reason=reason)
    except IntegrityError as error:
        raise Refused(f"“{sign_on.listed_name}” is held for this reason already.") from error
    want(sign_on.letter)


@transaction.atomic
def lift_holds(*, sign_on: SignOn) -> None:
    """List it again. Raises Refused when nothing holds it.

    Whether an organisation still signs, after a substantive Text, is for itself to say: that hold
    ends by signatories.services.reaffirming only.
    """
    holds = sign_on.holds.filter(lifted_at__isnull=True).exclude(kind=HoldKind.REAFFIRM)
    if not holds.update(lifted_at=timezone.now()):
        raise Refused(f"“{sign_on.listed_name}” is not held.")
    want(sign_on.letter)
