"""Entering a sign-on that came by e-mail, post or telephone."""

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone

from campaign.mail.queue import drop
from campaign.models import Group, Letter
from campaign.tokens import address_key
from signatories.models import Contact, SignOn
from signatories.models.contact import EvidenceKind
from signatories.models.sign_on import Source, Status
from signatories.services.asking import CONFIRM_WITHIN, ask
from signatories.services.confirming import LinkExpired, renew
from signatories.services.evidence import add_evidence
from signatories.services.evidence_files import KeptFile
from signatories.services.moving import Refused, check_group, lock, move
from signatories.services.naming import named
from signatories.services.signing import Person


@transaction.atomic
def enter(
    *,
    letter: Letter,
    group: Group,
    listed_name: str,
    evidence: str,
    added_by: User | None,
    kind: EvidenceKind = EvidenceKind.EMAIL,
    file: KeptFile | None = None,
    person: Person | None = None,
    website: str = "",
    country: str = "",
    confirm: bool = False,
) -> SignOn:
    """Enter a sign-on that came by e-mail, post or telephone, with the evidence; it is pending.

    With `confirm` it is unconfirmed, and the organisation is asked to confirm by the usual link,
    which also works after closing. Possible until the letter is delivered, also after closing.
    Raises Refused without words to sign, after delivery, when the same is waiting already, or when
    there is nobody who could confirm.
    """
    if confirm and person is None:
        raise Refused("To be asked to confirm, the organisation needs a contact with an address.")
    text = letter.current_text
    if text is None or text.fixed_at is None:
        raise Refused(f"“{letter.slug}” is not open yet: there is no text to sign.")
    if letter.delivered_at is not None:
        raise Refused(f"“{letter.slug}” has been delivered: its list is complete.")
    name = named(listed_name, website=website)
    check_group(group, letter)
    try:
        with transaction.atomic():
            sign_on = SignOn.objects.create(
                letter=letter,
                wording=text.wording_in(letter.language),
                group=group,
                **name,
                website=website,
                country=country,
                status=Status.UNCONFIRMED if confirm else Status.PENDING,
                confirm_by=timezone.now() + CONFIRM_WITHIN if confirm else None,
                source=Source.STAFF,
                language=letter.language,
                email_key=address_key(person.email) if person else "",
            )
    except IntegrityError as error:
        raise Refused(f"“{name['listed_name']}” with this address is waiting already.") from error
    add_evidence(sign_on=sign_on, kind=kind, note=evidence, added_by=added_by, file=file)
    if person is not None:
        contact = Contact.objects.create(
            sign_on=sign_on, name=person.name, title=person.title, email=person.email
        )
        if confirm:
            ask(contact, sign_on, slow=False)
    return sign_on


@transaction.atomic
def ask_again(*, sign_on: SignOn) -> None:
    """Mail a new link to confirm what staff entered; the old one ends. Raises Refused."""
    lock(sign_on)
    try:
        renew(sign_on=sign_on, after_closing=True)
    except LinkExpired as error:
        raise Refused(f"“{sign_on.listed_name}” has nobody who could confirm it now.") from error


@transaction.atomic
def do_without_confirmation(*, sign_on: SignOn) -> None:
    """What staff entered waits for their approval, by the evidence alone. Raises Refused."""
    if lock(sign_on).source != Source.STAFF:
        raise Refused(f"“{sign_on.listed_name}” came by the form: its contact has to confirm it.")
    if sign_on.status != Status.UNCONFIRMED:
        raise Refused(f"“{sign_on.listed_name}” waits for no confirmation.")
    move(sign_on, Status.PENDING)
    drop("sign_on.confirm", letter=sign_on.letter, sign_on=sign_on.pk)
