"""What the invited do by their personal link: sign, pass it on, or say that they will not sign."""

import pghistory
from django.db import IntegrityError, transaction
from django.utils import timezone

from campaign.limits.judge import Client
from campaign.mail.queue import drop
from campaign.models import Group, Letter, Wording
from campaign.names import name_key
from campaign.tokens import address_key, new_epoch
from signatories.models import Contact, Invitation, Organisation, SignOn, SignOnOrganisation
from signatories.models.sign_on import Source, Status
from signatories.services import moderation, signing
from signatories.services.invitations import has_signed
from signatories.services.inviting import ask
from signatories.services.moving import Refused
from signatories.services.naming import Named, named
from signatories.services.signing import NOBODY, Person, SigningClosed

#: Other addresses that one link may have us mail: to pass it on, or to sign with them.
MOST_OTHERS = 3
#: How the audit calls who acts by the link (campaign.admin.trail).
ACTION = "invitation"


class LinkEnded(Exception):
    """The link was replaced by another, or the invitation was taken back."""


class SignedAlready(Exception):
    """The organisation has signed, by this link or otherwise."""


class TooManyOthers(Exception):
    """The link has named as many other addresses as it may."""


def _lock(invitation: Invitation) -> Invitation:
    """The row as it stands; who acts by the same link at this moment waits. Raises LinkEnded, or
    SignedAlready.
    """
    there = (
        Invitation.objects.select_for_update(of=("self",))
        .select_related("letter", "organisation", "group", "sign_on")
        .filter(pk=invitation.pk, epoch=invitation.epoch, taken_back_at__isnull=True)
        .first()
    )
    if there is None:
        raise LinkEnded
    if has_signed(there) is not None:
        raise SignedAlready
    return there


def is_invited(invitation: Invitation, email: str) -> bool:
    """Whether the link proves this address: it was mailed there, and nowhere else."""
    contact = invitation.contacts.first()
    return contact is not None and address_key(contact.email) == address_key(email)


@transaction.atomic
def sign(
    *,
    invitation: Invitation,
    wording: Wording,
    listed_name: str,
    person: Person,
    website: str = "",
    country: str = "",
    client: Client = NOBODY,
    slow: bool = False,
) -> SignOn | None:
    """Sign for the organisation that is invited.

    With the address that was invited the sign-on is confirmed at once, and, where staff approved it
    in advance and the name is one they know, listed. Any other address is not proven by the link:
    it is mailed to confirm, by the usual way, and None is returned. Raises LinkEnded,
    SignedAlready, SigningClosed or TooManyOthers.
    """
    there = _lock(invitation)
    letter = there.letter
    if not letter.accepts_sign_ons():
        raise SigningClosed(letter.slug)
    group = _group(there)
    with pghistory.context(action=ACTION):
        if is_invited(there, person.email):
            sign_on = _confirmed(
                there, wording, group, named(listed_name), person, website, country
            )
            _approve_if_allowed(there, sign_on)
            return sign_on
        _count_other(there, person.email)
        signing.sign(
            letter=letter,
            wording=wording,
            group=group,
            listed_name=listed_name,
            person=person,
            website=website,
            country=country,
            client=client,
            slow=slow,
        )
        _remember_unproven(there, listed_name, person.email)
    return None


def _group(invitation: Invitation) -> Group:
    letter = invitation.letter
    group = invitation.group or letter.default_group or letter.groups.last()
    if group is None:
        raise SigningClosed(letter.slug)
    return group


def _confirmed(
    invitation: Invitation,
    wording: Wording,
    group: Group,
    name: Named,
    person: Person,
    website: str,
    country: str,
) -> SignOn:
    """A sign-on that waits for staff, with the person that was invited as its contact.

    One that the same person has left unconfirmed by the form is confirmed in its place.
    """
    now = timezone.now()
    values = {
        **name,
        "wording": wording,
        "group": group,
        "website": website,
        "country": country,
        "language": wording.language,
        "status": Status.PENDING,
        "confirmed_at": now,
    }
    key = address_key(person.email)
    waiting = _waiting(invitation.letter, key, name["name_key"])
    if waiting is None:
        try:
            with transaction.atomic():
                sign_on = SignOn.objects.create(
                    letter=invitation.letter, source=Source.INVITED, email_key=key, **values
                )
        except IntegrityError:  # posted by the form at this moment
            waiting = _waiting(invitation.letter, key, name["name_key"])
            if waiting is None:
                raise
    if waiting is not None:
        sign_on = waiting
        if waiting.status == Status.UNCONFIRMED:
            SignOn.objects.filter(pk=waiting.pk).update(**values, source=Source.INVITED)
            drop("sign_on.confirm", letter=invitation.letter, sign_on=waiting.pk)
        Contact.objects.filter(sign_on=waiting).delete()
    if not sign_on.links.exists():
        SignOnOrganisation.objects.create(sign_on=sign_on, organisation=invitation.organisation)
    Contact.objects.filter(invitation=invitation).update(
        sign_on=sign_on, invitation=None, name=person.name, title=person.title
    )
    Invitation.objects.filter(pk=invitation.pk).update(
        sign_on=sign_on, signed_at=now, declined_at=None, decline_reason=""
    )
    sign_on.refresh_from_db()
    return sign_on


def _waiting(letter: Letter, email_key: str, key: str) -> SignOn | None:
    return (
        SignOn.objects.waiting()
        .select_for_update(of=("self",))
        .filter(letter=letter, email_key=email_key, name_key=key)
        .first()
    )


def _approve_if_allowed(invitation: Invitation, sign_on: SignOn) -> None:
    """Staff approved an organisation, not whatever name is typed for it."""
    if not invitation.pre_approved or not _is_name_of(invitation.organisation, sign_on.listed_name):
        return
    try:
        moderation.approve(sign_on=sign_on)
    except Refused:
        # Somebody listed the organisation at this moment: staff see two, and decide.
        sign_on.refresh_from_db()


def _is_name_of(organisation: Organisation, name: str) -> bool:
    known = {organisation.name_key, *map(name_key, organisation.aliases)}
    return name_key(name) in known


def _count_other(invitation: Invitation, email: str) -> None:
    """Raises TooManyOthers. The address that is to confirm already counts once."""
    before = invitation.sign_on
    if before is not None and before.email_key == address_key(email):
        return
    if invitation.other_addresses >= MOST_OTHERS:
        raise TooManyOthers
    invitation.other_addresses += 1
    Invitation.objects.filter(pk=invitation.pk).update(other_addresses=invitation.other_addresses)


def _remember_unproven(invitation: Invitation, listed_name: str, email: str) -> None:
    """It belongs to the organisation as soon as it is confirmed."""
    key = named(listed_name)["name_key"]
    sign_on = _waiting(invitation.letter, address_key(email), key)
    if sign_on is None or sign_on.status != Status.UNCONFIRMED:
        return
    if not sign_on.links.exists():
        SignOnOrganisation.objects.create(sign_on=sign_on, organisation=invitation.organisation)
    Invitation.objects.filter(pk=invitation.pk).update(
        sign_on=sign_on, declined_at=None, decline_reason=""
    )


@transaction.atomic
def pass_on(*, invitation: Invitation, person: Person) -> None:
    """Invite a colleague in place of the one who holds the link, which ends.

    Raises LinkEnded, SignedAlready, SigningClosed, or TooManyOthers.
    """
    there = _lock(invitation)
    if not there.letter.accepts_sign_ons():
        raise SigningClosed(there.letter.slug)
    with pghistory.context(action=ACTION):
        if there.other_addresses >= MOST_OTHERS:
            raise TooManyOthers
        contact = there.contacts.first() or Contact(invitation=there)
        contact.name, contact.title, contact.email = person.name, person.title, person.email
        contact.save()
        Invitation.objects.filter(pk=there.pk).update(
            epoch=new_epoch(),
            passed_on=there.passed_on + 1,
            passed_on_at=timezone.now(),
            other_addresses=there.other_addresses + 1,
            declined_at=None,
            decline_reason="",
        )
        ask("invitation.passed_on", letter=there.letter, contacts=[contact])


@transaction.atomic
def decline(*, invitation: Invitation, reason: str = "") -> None:
    """They will not sign; the same link still signs. Raises LinkEnded or SignedAlready."""
    there = _lock(invitation)
    with pghistory.context(action=ACTION):
        Invitation.objects.filter(pk=there.pk).update(
            declined_at=timezone.now(), decline_reason=reason
        )
