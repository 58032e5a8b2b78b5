"""Merging: one organisation signed twice on a letter, by two people. One of the two is listed.

The contact of the one becomes a further contact of the other, its evidence moves along, and it is
rejected, or withdrawn where it was listed.
"""

import pghistory
from django.db import IntegrityError, transaction
from django.utils import timezone

from campaign.publication import want
from campaign.tokens import address_key, new_epoch
from signatories.models import Contact, Evidence, Hold, SignOn
from signatories.models.sign_on import MERGED, Status
from signatories.services.moving import Refused, lock, move
from signatories.services.telling import tell

#: What can be merged, and what it can be merged into.
STANDING = {Status.PENDING, Status.APPROVED}


#: What the reason of a merged one begins with.
INTO = "Merged into"


def was_merged(sign_on: SignOn) -> bool:
    return sign_on.reason.startswith(INTO)


def obstacle(sign_on: SignOn, into: SignOn) -> str:
    """Why the one cannot be merged into the other, in words for staff; empty where it can."""
    if sign_on.pk == into.pk:
        return "A sign-on is not merged into itself."
    if sign_on.letter_id != into.letter_id:
        return f"“{into.listed_name}” is on another letter."
    if sign_on.status == Status.UNCONFIRMED:
        return (
            f"“{sign_on.listed_name}” is not confirmed yet: whose address it is nobody knows. "
            "Wait for the confirmation, or reject it."
        )
    for one in (sign_on, into):
        if one.status not in STANDING:
            return f"“{one.listed_name}” is neither listed nor waiting for you."
    if sign_on.status == Status.APPROVED and into.status == Status.PENDING:
        return (
            f"“{sign_on.listed_name}” is listed and “{into.listed_name}” only waits: "
            "merge that one into this."
        )
    return ""


@transaction.atomic
def merge(*, sign_on: SignOn, into: SignOn) -> None:
    """Make its contacts further contacts of `into`; it is then rejected, or withdrawn if listed.

    Who moves is told by mail how the organisation is listed; where `into` waits, once it is
    approved. Raises Refused, in the words of `obstacle`.
    """
    # In one order, so that two who merge the same two the other way round do not wait for ever.
    there = {pk: lock(one) for pk, one in sorted({s.pk: s for s in (sign_on, into)}.items())}
    sign_on_now, into_now = there[sign_on.pk], there[into.pk]
    if problem := obstacle(sign_on_now, into_now):
        raise Refused(problem)
    with pghistory.context(merged=sign_on.pk):
        pghistory.create_event(into_now, label=MERGED)
        _leave(sign_on_now, into_now)
        moved = _move_contacts(sign_on_now, into_now)
        Evidence.objects.filter(sign_on=sign_on_now).update(sign_on=into_now)
    held = Hold.objects.filter(sign_on=into_now, lifted_at__isnull=True).exists()
    if into_now.status == Status.APPROVED and not held:
        for contact in moved:
            tell(contact, into_now, "sign_on.listed")
    sign_on.refresh_from_db()
    into.refresh_from_db()


def _leave(sign_on: SignOn, into: SignOn) -> None:
    reason = f"{INTO} “{into.listed_name}” (sign-on {into.pk})."[:500]
    now = timezone.now()
    if sign_on.status == Status.APPROVED:
        move(sign_on, Status.WITHDRAWN, withdrawn_at=now, reason=reason)
        want(sign_on.letter)
    else:
        move(sign_on, Status.REJECTED, rejected_at=now, reason=reason)


def _move_contacts(sign_on: SignOn, into: SignOn) -> list[Contact]:
    """As new rows, so that the first contact of `into` stays the first, and old mails go nowhere.

    Who is a contact of both already is told nothing.
    """
    first = into.contacts.first()
    known = {address_key(contact.email) for contact in into.contacts.all()}
    moved = []
    for contact in sign_on.contacts.all():
        key = address_key(contact.email)
        if key not in known:
            known.add(key)
            moved.append(
                Contact.objects.create(
                    sign_on=into, name=contact.name, title=contact.title, email=contact.email
                )
            )
    sign_on.contacts.all().delete()
    SignOn.objects.filter(pk=sign_on.pk).update(email_key="", epoch=new_epoch())
    if first is None and moved:
        try:
            with transaction.atomic():
                SignOn.objects.filter(pk=into.pk).update(email_key=address_key(moved[0].email))
        except IntegrityError as error:
            raise Refused(
                f"“{into.listed_name}” from this contact is waiting already, a third time: "
                "reject one of them first."
            ) from error
    return moved
