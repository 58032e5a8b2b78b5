"""Signing: what the form brings is taken, and its mail is queued. Nobody needs an account."""

from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from campaign.limits.judge import Client
from campaign.models import Group, Letter, Wording
from campaign.tokens import address_key
from signatories.models import Contact, SignOn
from signatories.models.sign_on import Source, Status
from signatories.services.asking import CONFIRM_WITHIN, ask, ask_again
from signatories.services.naming import named
from signatories.services.signals import signals_of, suspicious
from signatories.services.taking import replace, take

NOBODY = Client()


class SigningClosed(Exception):
    """The letter takes no sign-ons at this moment."""


@dataclass(frozen=True)
class Person:
    """Who signs for the organisation."""

    name: str
    title: str
    email: str


def sign(
    *,
    letter: Letter,
    wording: Wording,
    group: Group,
    listed_name: str,
    person: Person,
    website: str = "",
    country: str = "",
    client: Client = NOBODY,
    trap: str = "",
    unproven: bool = False,
    slow: bool = False,
) -> None:
    """Take an unconfirmed sign-on and queue the mail that asks to confirm it.

    The same organisation and address again, while the first is unconfirmed, replaces what was
    typed and asks for the mail once more; later it leaves a signal for staff. The caller cannot
    tell the difference. Raises SigningClosed.

    `trap` is what stood in the field that nobody sees; `unproven` says that a proof of work was
    asked for, and not given. `slow` sends the mail the letter's slow way. On a paused letter the
    mail is held until staff go on.
    """
    if not letter.accepts_sign_ons():
        raise SigningClosed(letter.slug)
    name = named(listed_name, website=website)
    now = timezone.now()
    signals = signals_of(email=person.email, website=website, trap=trap, unproven=unproven)
    slow = slow or suspicious(signals)
    sign_on = SignOn(
        letter=letter,
        wording=wording,
        group=group,
        **name,
        website=website,
        country=country,
        source=Source.FORM,
        language=wording.language,
        email_key=address_key(person.email),
        confirm_by=now + CONFIRM_WITHIN,
        client_key=client.client_key,
        range_key=client.range_key,
        signals=signals,
    )
    with transaction.atomic():
        taken = take(sign_on, now=now)
        sign_on.pk = taken.pk
        if taken.new:
            contact = Contact.objects.create(
                sign_on_id=taken.pk, name=person.name, title=person.title, email=person.email
            )
            ask(contact, sign_on, slow=slow)
            return
        known = replace(sign_on, name=person.name, title=person.title)
        if known is not None and taken.status == Status.UNCONFIRMED:
            ask_again(known, sign_on, slow=slow)
