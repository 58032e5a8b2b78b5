"""Signing and confirming: what a signer does, without an account."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import pghistory
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from campaign.letters import PAUSE_HOLDS
from campaign.limits.judge import Client
from campaign.mail.queue import on_its_way
from campaign.models import Group, Letter, OutgoingMail, Wording
from campaign.models.letter import State
from campaign.models.mail import MailState
from campaign.names import clean_name, name_key, sort_key
from campaign.tokens import address_key, mailbox_key, make_token
from signatories.models import Contact, SignOn
from signatories.models.sign_on import Source, Status, sources_of
from signatories.services.signals import is_quick, signals_of, suspicious
from signatories.services.telling import tell

#: How long the link in the confirmation mail is valid.
CONFIRM_WITHIN = timedelta(days=14)
CONFIRM = "confirm"
MANAGE = "manage"
NOBODY = Client()


class SigningClosed(Exception):
    """The letter takes no sign-ons at this moment."""


class LinkExpired(Exception):
    """The link no longer confirms anything."""


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

    The same organisation and address again, while the first is waiting, changes nothing but asks
    for the mail once more: the caller cannot tell the difference. Raises SigningClosed.

    `trap` is what stood in the field that nobody sees; `unproven` says that a proof of work was
    asked for, and not given. `slow` sends the mail the letter's slow way. On a paused letter the
    mail is held until staff go on.
    """
    if not letter.accepts_sign_ons():
        raise SigningClosed(letter.slug)
    listed_name = clean_name(listed_name)
    key = address_key(person.email)
    now = timezone.now()
    signals = signals_of(email=person.email, website=website, trap=trap, unproven=unproven)
    slow = slow or suspicious(signals)
    try:
        with transaction.atomic():
            sign_on = SignOn.objects.create(
                letter=letter,
                wording=wording,
                group=group,
                listed_name=listed_name,
                name_key=name_key(listed_name),
                sort_key=sort_key(listed_name),
                website=website,
                country=country,
                source=Source.FORM,
                language=wording.language,
                email_key=key,
                confirm_by=now + CONFIRM_WITHIN,
                client_key=client.client_key,
                range_key=client.range_key,
                signals=signals,
            )
            contact = Contact.objects.create(
                sign_on=sign_on, name=person.name, title=person.title, email=person.email
            )
            _ask(contact, sign_on, slow=slow)
    except IntegrityError as error:
        if "sign_on_once_while_waiting" not in str(error):
            raise
        remind(letter=letter, listed_name=listed_name, email=person.email, slow=slow)


@transaction.atomic
def remind(*, letter: Letter, listed_name: str, email: str, slow: bool = False) -> None:
    """Queue the confirmation mail once more for what is still unconfirmed."""
    sign_on = SignOn.objects.filter(
        letter=letter,
        email_key=address_key(email),
        name_key=name_key(listed_name),
        status=Status.UNCONFIRMED,
    ).first()
    if sign_on is None:
        return
    sign_on.letter = letter
    contact = sign_on.contacts.first()
    if contact is not None:
        _ask_again(contact, sign_on, slow=slow)


def _ask(contact: Contact, sign_on: SignOn, *, slow: bool) -> None:
    """Queue the mail that asks to confirm; on a paused letter it is held."""
    hold = sign_on.letter.paused_at is not None
    tell(contact, sign_on, "sign_on.confirm", slow=slow, hold=hold)


def _ask_again(contact: Contact, sign_on: SignOn, *, slow: bool = False) -> None:
    """Queue the mail unless one is still to be sent: pressing again must not pile them up."""
    if not on_its_way("sign_on.confirm", address=contact.email, sign_on=sign_on.pk):
        _ask(contact, sign_on, slow=slow)


def confirmation_token(sign_on: SignOn) -> str:
    return make_token(CONFIRM, sign_on.pk, sign_on.epoch)


@transaction.atomic
def confirm(*, sign_on: SignOn, wording: Wording) -> bool:
    """The signer confirms, having seen `wording`; False when it was confirmed before.

    Possible after closing too, as staff decide. Raises LinkExpired when the link is too old, the
    sign-on lapsed, was rejected or withdrawn, or the letter is archived.
    """
    now = timezone.now()
    if sign_on.letter.state == State.ARCHIVED:
        raise LinkExpired
    quick = ["quick"] if is_quick(_mailed_at(sign_on), now) else []
    with pghistory.context(action="confirm"):
        moved = SignOn.objects.filter(
            pk=sign_on.pk, status=Status.UNCONFIRMED, confirm_by__gte=now
        ).update(
            status=Status.PENDING,
            confirmed_at=now,
            wording=wording,
            signals=[*sign_on.signals, *quick],
        )
    sign_on.refresh_from_db()
    if not moved and sign_on.status not in {Status.PENDING, Status.APPROVED}:
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
def renew(*, sign_on: SignOn) -> None:
    """Send a new link in place of an expired one.

    Raises LinkExpired without one to renew, or when the letter takes no sign-ons any more.
    """
    now = timezone.now()
    contact = sign_on.contacts.first()
    if contact is None or not sign_on.letter.accepts_sign_ons(now):
        raise LinkExpired
    try:
        with transaction.atomic(), pghistory.context(action="renew"):
            renewed = SignOn.objects.filter(
                pk=sign_on.pk, status__in=[Status.UNCONFIRMED, Status.LAPSED]
            ).update(
                status=Status.UNCONFIRMED,
                confirm_by=now + CONFIRM_WITHIN,
                epoch=F("epoch") + 1,
            )
    except IntegrityError:
        # The same organisation and person signed again meanwhile: that one is waiting.
        remind(letter=sign_on.letter, listed_name=sign_on.listed_name, email=contact.email)
        return
    if not renewed:
        raise LinkExpired
    sign_on.refresh_from_db()
    _ask_again(contact, sign_on)


def keep_links_of_paused() -> int:
    """Give those who were asked while their letter is paused a new term; returns how many.

    Their mails are held: without this a long pause would end with links that are dead already. A
    week is left to each at least, whenever staff go on, until PAUSE_HOLDS draws near.
    """
    now = timezone.now()
    soon = now + CONFIRM_WITHIN / 2
    # Asked every second: joined in one statement, all that is unconfirmed anywhere would be read.
    # Who was asked since a pause began has a week left until a week of it has passed.
    # Nobody who never confirmed, and may be a stranger, is kept for longer than PAUSE_HOLDS.
    paused = Letter.objects.filter(
        paused_at__lt=soon - CONFIRM_WITHIN, paused_at__gt=now - PAUSE_HOLDS
    ).exclude(state=State.ARCHIVED)
    kept = 0
    for letter, since in paused.order_by("pk").values_list("pk", "paused_at"):
        assert since is not None  # noqa: S101 - the query asked for it
        until = min(now + CONFIRM_WITHIN, since + PAUSE_HOLDS)
        held = SignOn.objects.filter(
            letter=letter,
            status=Status.UNCONFIRMED,
            confirm_by__gte=since + CONFIRM_WITHIN,
            confirm_by__lt=min(soon, until),
        )
        with pghistory.context(action="calendar"):
            kept += held.update(confirm_by=until)
    return kept


def lapse() -> int:
    """Move what was not confirmed in time to lapsed; returns how many."""
    now = timezone.now()
    with pghistory.context(action="lapse"):
        return SignOn.objects.filter(
            status__in=sources_of(Status.LAPSED), confirm_by__lt=now
        ).update(status=Status.LAPSED, lapsed_at=now)
