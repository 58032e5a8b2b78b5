"""Correcting what a sign-on says: how it is listed, and who is its contact."""

import pghistory
from django.db import IntegrityError, transaction

from campaign.models import Group
from campaign.models.letter import State
from campaign.publication import want
from campaign.tokens import address_key, new_epoch
from signatories.models import SignOn
from signatories.models.sign_on import CONTACT_CHANGED, Status
from signatories.services.confirming import renew
from signatories.services.moving import Refused, check_group, lock, tell_contacts
from signatories.services.naming import named


@transaction.atomic
def edit(
    *,
    sign_on: SignOn,
    listed_name: str,
    group: Group,
    sort_as: str = "",
    website: str = "",
    country: str = "",
) -> None:
    """Correct how a sign-on is listed; a listed name that changes is mailed to the contact.

    Raises ValidationError for a name that cannot be listed, Refused when it would then be the
    same as another sign-on of this contact that is waiting, or it was deleted meanwhile.
    """
    name = named(listed_name, sort_as, website)
    check_group(group, sign_on.letter)
    before = lock(sign_on)
    try:
        with transaction.atomic():
            SignOn.objects.filter(pk=sign_on.pk).update(
                **name, group=group, website=website, country=country
            )
    except IntegrityError as error:
        raise Refused(
            f"“{name['listed_name']}” from the same contact is waiting already."
        ) from error
    sign_on.refresh_from_db()
    if before.status == Status.APPROVED:
        if before.listed_name != sign_on.listed_name:
            tell_contacts("sign_on.listed", sign_on)
        want(sign_on.letter)


@transaction.atomic
def note_contact(*, sign_on: SignOn) -> None:
    """Before staff change a contact: the audit says that they did, never what is in it.

    By this the form, sent again, leaves the contact as they put it. Locks the sign-on, so that who
    sends the form at this moment waits. Raises Refused when it was deleted meanwhile.
    """
    pghistory.create_event(lock(sign_on), label=CONTACT_CHANGED)


@transaction.atomic
def contact_changed(*, sign_on: SignOn) -> None:
    """After staff gave it another contact: older links end, and what is unconfirmed is asked again.

    Asked also after closing, as confirming is possible then. Raises Refused when the letter is
    archived, so that nobody could confirm, or the new contact's sign-on under this name is waiting
    already.
    """
    there = lock(sign_on)
    contact = there.contacts.first()
    if contact is not None and past_confirming(there):
        raise Refused(PAST_CONFIRMING)
    key = address_key(contact.email) if contact else ""
    try:
        with transaction.atomic():
            SignOn.objects.filter(pk=sign_on.pk).update(email_key=key, epoch=new_epoch())
    except IntegrityError as error:
        raise Refused(
            f"“{sign_on.listed_name}” from this contact is waiting already: reject one of the two."
        ) from error
    sign_on.refresh_from_db()
    if sign_on.status == Status.UNCONFIRMED and contact is not None:
        renew(sign_on=sign_on, after_closing=True)


PAST_CONFIRMING = (
    "The letter is archived: nobody can confirm this sign-on any more, so that its address "
    "cannot be changed."
)


def past_confirming(sign_on: SignOn) -> bool:
    """Whether it waits for a confirmation that can never come."""
    return sign_on.status == Status.UNCONFIRMED and sign_on.letter.state == State.ARCHIVED
