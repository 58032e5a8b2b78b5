"""Moderation: what staff do with a sign-on. Each move is one conditional UPDATE."""

import pghistory
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone

from campaign.mail.queue import drop
from campaign.models import Group, Letter
from campaign.models.letter import State
from campaign.names import clean_name, name_key, sort_key
from campaign.publication import want
from campaign.tokens import address_key, new_epoch
from signatories.models import Contact, Evidence, Hold, Organisation, SignOn, SignOnOrganisation
from signatories.models.hold import HoldKind
from signatories.models.sign_on import CONTACT_CHANGED, Source, Status, sources_of
from signatories.services.signing import Person, renew
from signatories.services.telling import tell


class Refused(Exception):
    """A move that cannot be made; the message is for staff."""


def _read_again(sign_on: SignOn) -> None:
    """Raises Refused when it was erased or purged since it was read."""
    try:
        sign_on.refresh_from_db()
    except SignOn.DoesNotExist as error:
        raise Refused(f"“{sign_on.listed_name}” is gone: it was deleted meanwhile.") from error


def _lock(sign_on: SignOn) -> SignOn:
    """The row as it stands; whoever changes the same at this moment waits. Raises Refused."""
    there = SignOn.objects.select_for_update(of=("self",)).filter(pk=sign_on.pk).first()
    if there is None:
        raise Refused(f"“{sign_on.listed_name}” is gone: it was deleted meanwhile.")
    return there


def _move(sign_on: SignOn, to: Status, *, by_link: bool = False, **stamps: object) -> None:
    rows = SignOn.objects.filter(pk=sign_on.pk, status__in=sources_of(to))
    if by_link:  # whose epoch was compared when the row was read, and may be another by now
        rows = rows.filter(epoch=sign_on.epoch)
    moved = rows.update(status=to, **stamps)
    _read_again(sign_on)
    if not moved:
        raise Refused(
            f"“{sign_on.listed_name}” is {sign_on.get_status_display().lower()} already "
            f"or cannot become {to.label.lower()}."
            if sign_on.status != to
            else f"“{sign_on.listed_name}” is {to.label.lower()} already: somebody got there first."
        )


def _check_group(group: Group, letter: Letter) -> None:
    if group.letter_id != letter.pk:
        raise Refused(f"The group “{group.title}” belongs to another letter.")


def _mail(kind: str, sign_on: SignOn) -> None:
    """Tell the contacts, unless their address was typed into the form and never confirmed: it may
    be that of somebody who has never heard of this.
    """
    if sign_on.confirmed_at is None and sign_on.source == Source.FORM:
        return
    for contact in sign_on.contacts.all():
        tell(contact, sign_on, kind)


def approve(*, sign_on: SignOn) -> None:
    """List the sign-on, linked to its organisation, and tell the contact how it is listed.

    A sign-on that nobody linked is linked to the organisation of the same name, made if there is
    none. Raises Refused when it is not waiting, or the organisation is on the letter already.
    """
    try:
        with transaction.atomic():
            # Whoever approves the same at this moment waits here, and is then refused politely.
            _lock(sign_on)
            sign_on.refresh_from_db()
            if sign_on.letter.state == State.ARCHIVED:
                raise Refused(f"“{sign_on.letter.slug}” is archived: its list is complete.")
            if not sign_on.links.exists():
                SignOnOrganisation.objects.create(
                    sign_on=sign_on, organisation=organisation_named(sign_on)
                )
            _move(sign_on, Status.APPROVED, approved_at=timezone.now())
            _mail("sign_on.listed", sign_on)
            want(sign_on.letter)
    except IntegrityError as error:
        if "organisation_approved_once_in_a_letter" not in str(error):
            raise
        _read_again(sign_on)
        raise Refused(
            f"“{sign_on.listed_name}” was not approved: its organisation is listed on this "
            "letter already. Reject it as a duplicate, or link it to another organisation."
        ) from error


def organisation_named(sign_on: SignOn) -> Organisation:
    """The organisation of this name or alias in the registry, made if there is none."""
    known = (
        Organisation.objects.filter(name_key=sign_on.name_key).first()
        or Organisation.objects.filter(aliases__contains=[sign_on.listed_name]).first()
    )
    if known is not None:
        return known
    organisation, _ = Organisation.objects.get_or_create(
        name_key=sign_on.name_key,
        defaults={
            "display_name": sign_on.listed_name,
            "website": sign_on.website,
            "country": sign_on.country,
        },
    )
    return organisation


@transaction.atomic
def reject(*, sign_on: SignOn, reason: str, tell: bool) -> None:
    """Refuse a sign-on, with a reason that is kept and, if `tell`, mailed to who confirmed it.

    Raises Refused.
    """
    if not reason.strip():
        raise Refused("Please give a reason: it is kept with the sign-on.")
    _move(sign_on, Status.REJECTED, rejected_at=timezone.now(), reason=reason.strip()[:500])
    drop("sign_on.confirm", letter=sign_on.letter, sign_on=sign_on.pk)
    if tell:
        _mail("sign_on.rejected", sign_on)


@transaction.atomic
def withdraw(*, sign_on: SignOn, reason: str = "", by_link: bool = False) -> None:
    """Take a sign-on off the list, or out of the queue, and tell the contact.

    `by_link` says that a link in a mail is what authorises it. Raises Refused, also when that link
    was replaced meanwhile.
    """
    _move(
        sign_on,
        Status.WITHDRAWN,
        by_link=by_link,
        withdrawn_at=timezone.now(),
        reason=reason.strip()[:500],
    )
    if sign_on.confirmed_at is None:
        drop("sign_on.confirm", letter=sign_on.letter, sign_on=sign_on.pk)
    _mail("sign_on.withdrawn", sign_on)
    if sign_on.approved_at is not None:  # it was listed, if not when our caller last looked
        want(sign_on.letter)


@transaction.atomic
def reconsider(*, sign_on: SignOn) -> None:
    """Put a rejected or withdrawn sign-on back into the queue. Raises Refused."""
    try:
        with transaction.atomic():
            if sign_on.status == Status.UNCONFIRMED:
                raise Refused(f"“{sign_on.listed_name}” was never confirmed by its organisation.")
            _move(sign_on, Status.PENDING, reason="")
    except IntegrityError as error:
        raise Refused(
            f"“{sign_on.listed_name}” was signed again meanwhile, or was never confirmed."
        ) from error


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
    listed_name = clean_name(listed_name)
    sort_as = clean_name(sort_as) if sort_as.strip() else ""
    _check_group(group, sign_on.letter)
    before = _lock(sign_on)
    try:
        with transaction.atomic():
            SignOn.objects.filter(pk=sign_on.pk).update(
                listed_name=listed_name,
                name_key=name_key(listed_name),
                sort_as=sort_as,
                sort_key=sort_key(sort_as or listed_name),
                group=group,
                website=website,
                country=country,
            )
    except IntegrityError as error:
        raise Refused(f"“{listed_name}” from the same contact is waiting already.") from error
    sign_on.refresh_from_db()
    if before.status == Status.APPROVED:
        if before.listed_name != listed_name:
            _mail("sign_on.listed", sign_on)
        want(sign_on.letter)


@transaction.atomic
def note_contact(*, sign_on: SignOn) -> None:
    """Before staff change a contact: the audit says that they did, never what is in it.

    By this the form, sent again, leaves the contact as they put it. Locks the sign-on, so that who
    sends the form at this moment waits. Raises Refused when it was deleted meanwhile.
    """
    pghistory.create_event(_lock(sign_on), label=CONTACT_CHANGED)


@transaction.atomic
def contact_changed(*, sign_on: SignOn) -> None:
    """After staff gave it another contact: older links end, and what is unconfirmed is asked again.

    Asked also after closing, as confirming is possible then. Raises Refused when the letter is
    archived, so that nobody could confirm, or the new contact's sign-on under this name is waiting
    already.
    """
    there = _lock(sign_on)
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


@transaction.atomic
def enter(
    *,
    letter: Letter,
    group: Group,
    listed_name: str,
    evidence: str,
    added_by: User | None,
    person: Person | None = None,
    sort_as: str = "",
    website: str = "",
    country: str = "",
) -> SignOn:
    """Enter a sign-on that came by e-mail, post or telephone, with the evidence; it is pending.

    Possible until the letter is delivered, also after closing. Raises Refused without words to
    sign, after delivery, or when the same is waiting already.
    """
    text = letter.current_text
    if text is None or text.fixed_at is None:
        raise Refused(f"“{letter.slug}” is not open yet: there is no text to sign.")
    if letter.delivered_at is not None:
        raise Refused(f"“{letter.slug}” has been delivered: its list is complete.")
    listed_name = clean_name(listed_name)
    _check_group(group, letter)
    try:
        with transaction.atomic():
            sign_on = SignOn.objects.create(
                letter=letter,
                wording=text.wording_in(letter.language),
                group=group,
                listed_name=listed_name,
                name_key=name_key(listed_name),
                sort_as=sort_as,
                sort_key=sort_key(sort_as or listed_name),
                website=website,
                country=country,
                status=Status.PENDING,
                source=Source.STAFF,
                language=letter.language,
                email_key=address_key(person.email) if person else "",
            )
    except IntegrityError as error:
        raise Refused(f"“{listed_name}” with this address is waiting already.") from error
    Evidence.objects.create(sign_on=sign_on, note=evidence, added_by=added_by)
    if person is not None:
        Contact.objects.create(
            sign_on=sign_on, name=person.name, title=person.title, email=person.email
        )
    return sign_on


@transaction.atomic
def place_hold(*, sign_on: SignOn, kind: HoldKind, reason: str = "") -> None:
    """Take an approved sign-on off the list for a time. Raises Refused when it is held so."""
    _lock(sign_on)
    try:
        with transaction.atomic():
            Hold.objects.create(sign_on=sign_on, kind=kind, reason=reason)
    except IntegrityError as error:
        raise Refused(f"“{sign_on.listed_name}” is held for this reason already.") from error
    want(sign_on.letter)


@transaction.atomic
def lift_holds(*, sign_on: SignOn) -> None:
    """List it again. Raises Refused when nothing holds it."""
    if not sign_on.holds.filter(lifted_at__isnull=True).update(lifted_at=timezone.now()):
        raise Refused(f"“{sign_on.listed_name}” is not held.")
    want(sign_on.letter)
