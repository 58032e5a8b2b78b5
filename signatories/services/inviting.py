"""Inviting: what staff do with invitations, and what these say about a sign-on's authority."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

import pghistory
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from campaign.mail.cap import MOST_IN_ONE
from campaign.mail.queue import ROWS_AT_ONCE, Recipient, queue_mails
from campaign.models import Group, Letter
from campaign.models.letter import State
from campaign.names import name_key
from campaign.tokens import address_key, new_epoch
from signatories.models import Contact, Invitation, InvitationBatch, Organisation, SignOn
from signatories.models.invitation import LINK_SHOWN
from signatories.models.sign_on import CONTACT_CHANGED, Source
from signatories.services.invitations import has_signed, link_of
from signatories.services.invite_list import Row
from signatories.services.moving import Refused
from signatories.services.signing import Person


def check_may_ask(letter: Letter) -> None:
    """Raises Refused where nobody could sign by an invitation now, or staff paused the mails."""
    if letter.state != State.OPEN:
        raise Refused(f"“{letter.slug}” is not open: nobody could sign it by an invitation.")
    if letter.paused_at is not None:
        raise Refused(f"“{letter.slug}” is paused: press Go on first.")


@transaction.atomic
def invite(
    *,
    letter: Letter,
    rows: Sequence[Row],
    by: User | None,
    message: str = "",
    group: Group | None = None,
    pre_approved: bool = False,
    authority: str = "",
) -> int:
    """Invite the organisations of these rows, all or none of them; returns how many.

    The rows are those of `read_list` that are to be invited. Organisations that the registry does
    not know are made. `group` is for rows without one of their own. Raises Refused, also when
    somebody invited one of them at the same moment.
    """
    letter = Letter.objects.select_for_update(no_key=True, of=("self",)).get(pk=letter.pk)
    check_may_ask(letter)
    bodies = _organisations(rows)
    batch = InvitationBatch.objects.create(letter=letter, message=message.strip(), created_by=by)
    now = timezone.now()
    try:
        with transaction.atomic():
            invitations = Invitation.objects.bulk_create(
                [
                    Invitation(
                        letter=letter,
                        organisation=row.known or bodies[name_key(row.organisation)],
                        batch=batch,
                        group=row.group or group,
                        invited_by=by,
                        pre_approved=pre_approved,
                        authority=authority.strip(),
                        invited_at=now,
                    )
                    for row in rows
                ],
                batch_size=ROWS_AT_ONCE,
            )
    except IntegrityError as error:
        raise Refused("Somebody invited one of these at the same moment. Look again.") from error
    contacts = Contact.objects.bulk_create(
        [
            Contact(
                invitation=invitation,
                name=row.person.name,
                title=row.person.title,
                email=row.person.email,
            )
            for invitation, row in zip(invitations, rows, strict=True)
        ],
        batch_size=ROWS_AT_ONCE,
    )
    ask("invitation.invite", letter=letter, contacts=contacts)
    return len(invitations)


def _organisations(rows: Sequence[Row]) -> dict[str, Organisation]:
    """Those that are new, made, by the key of their name."""
    new = {name_key(row.organisation): row.organisation for row in rows if row.known is None}
    Organisation.objects.bulk_create(
        [Organisation(display_name=name, name_key=key) for key, name in new.items()],
        batch_size=ROWS_AT_ONCE,
        ignore_conflicts=True,  # somebody may have made one meanwhile
    )
    keys = list(new)
    found: dict[str, Organisation] = {}
    for start in range(0, len(keys), ROWS_AT_ONCE):
        some = Organisation.objects.filter(name_key__in=keys[start : start + ROWS_AT_ONCE])
        found |= {organisation.name_key: organisation for organisation in some}
    return found


_NEWEST_MAIL = """
    UPDATE signatories_invitation AS invitation SET mail_id = newest.mail
    FROM unnest(%s::bigint[], %s::bigint[]) AS newest(invitation, mail)
    WHERE invitation.id = newest.invitation
"""


def ask(kind: str, *, letter: Letter, contacts: Sequence[Contact]) -> None:
    """Queue a mail of this kind to each of these, who are invited; one address gets one mail.

    Call it in a transaction.
    """
    by_address: dict[str, list[Contact]] = defaultdict(list)
    for contact in contacts:
        by_address[address_key(contact.email)].append(contact)
    parcels = [
        theirs[start : start + MOST_IN_ONE]
        for theirs in by_address.values()
        for start in range(0, len(theirs), MOST_IN_ONE)
    ]
    mails = queue_mails(
        kind,
        letter=letter,
        recipients=[
            Recipient(
                parcel[0].email,
                letter.language,
                {
                    "invitations": [
                        one.invitation_id for one in parcel if one.invitation_id is not None
                    ],
                    "contact": parcel[0].pk,
                },
            )
            for parcel in parcels
        ],
    )
    pairs = [
        (contact.invitation_id, mail.pk)
        for parcel, mail in zip(parcels, mails, strict=True)
        for contact in parcel
    ]
    with connection.cursor() as cursor:
        cursor.execute(_NEWEST_MAIL, [[one for one, _ in pairs], [mail for _, mail in pairs]])


def _lock(invitation: Invitation) -> Invitation:
    """Raises Refused when it was taken back, or is answered by a signature."""
    there = (
        Invitation.objects.select_for_update(of=("self",))
        .filter(pk=invitation.pk, taken_back_at__isnull=True)
        .first()
    )
    if there is None:
        raise Refused("This invitation was taken back.")
    if has_signed(there) is not None:
        raise Refused(f"“{there.organisation}” has signed: the invitation is answered.")
    return there


@transaction.atomic
def correct(*, invitation: Invitation, person: Person) -> None:
    """Invite this person in place of the one before: the old link ends, and a mail goes out.

    Raises Refused.
    """
    there = _lock(invitation)
    check_may_ask(there.letter)
    # The audit says that they did, never what is in it.
    pghistory.create_event(there, label=CONTACT_CHANGED)
    contact = there.contacts.first() or Contact(invitation=there)
    contact.name, contact.title, contact.email = person.name, person.title, person.email
    contact.save()
    Invitation.objects.filter(pk=there.pk).update(epoch=new_epoch(), invited_at=timezone.now())
    ask("invitation.invite", letter=there.letter, contacts=[contact])


@transaction.atomic
def take_back(*, invitation: Invitation) -> None:
    """End its link, and forget whom it was for; nobody is mailed. Raises Refused."""
    there = _lock(invitation)
    Invitation.objects.filter(pk=there.pk).update(epoch=new_epoch(), taken_back_at=timezone.now())
    Contact.objects.filter(invitation=there).delete()


@transaction.atomic
def show_link(*, invitation: Invitation) -> str:
    """The path of its link, for staff to pass on by hand; the audit keeps that they saw it.

    Raises Refused.
    """
    there = _lock(invitation)
    pghistory.create_event(there, label=LINK_SHOWN)
    return link_of(there)


@transaction.atomic
def join_invitations(*, kept: Organisation, gone: Organisation) -> None:
    """Before two organisations are merged: `kept` has the invitations of `gone` from now on.

    Where a letter invited both, that of `gone` is taken back.
    """
    both = Invitation.objects.filter(organisation=kept, taken_back_at__isnull=True)
    theirs = Invitation.objects.filter(organisation=gone)
    double = theirs.filter(taken_back_at__isnull=True, letter__in=both.values("letter"))
    pks = list(double.values_list("pk", flat=True))
    Contact.objects.filter(invitation__in=pks).delete()
    Invitation.objects.filter(pk__in=pks).update(taken_back_at=timezone.now(), epoch=new_epoch())
    theirs.update(organisation=kept)


def authority_of(sign_on: SignOn, *, note: bool = False) -> str:
    """Why its contact may sign, as far as an invitation tells; "" without one.

    `note` adds what staff wrote, which can name people: for those who may see contacts.
    """
    found = Invitation.objects.filter(sign_on=sign_on).select_related("invited_by")
    invitation = found.order_by("pk").last()
    if invitation is None:
        return ""
    by = f", by {invitation.invited_by.get_username()}" if invitation.invited_by else ""
    said = [f"Invited on {_day(invitation.invited_at)}{by}"]
    if invitation.passed_on_at is not None:
        times = f" ({invitation.passed_on} times)" if invitation.passed_on > 1 else ""
        said.append(
            f"passed on by the address that was invited, on {_day(invitation.passed_on_at)}{times}"
        )
    said.append(
        "signed by the personal link, which proves the address"
        if sign_on.source == Source.INVITED
        else "signed by the personal link, with another address than the one invited"
    )
    if invitation.pre_approved:
        said.append("approved in advance by who invited them")
    if note and invitation.authority:
        said.append(f"authority: {invitation.authority}")
    return f"{'; '.join(said)}."


def _day(moment: datetime) -> str:
    return f"{moment.day} {moment:%B %Y}"
