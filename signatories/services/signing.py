"""Signing and confirming: what a signer does, without an account."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import pghistory
from django.db import IntegrityError, transaction
from django.db.models import (
    DateTimeField,
    ExpressionWrapper,
    F,
    OuterRef,
    Subquery,
    Value,
)
from django.db.models.functions import Least
from django.utils import timezone

from campaign.letters import PAUSE_HOLDS
from campaign.limits.judge import Client
from campaign.mail.queue import on_its_way, references_on_their_way
from campaign.models import Group, Letter, OutgoingMail, Wording
from campaign.models.letter import State
from campaign.models.mail import MailState
from campaign.names import clean_name, name_key, sort_key
from campaign.tokens import address_key, mailbox_key, make_token, new_epoch
from signatories.models import Contact, SignOn
from signatories.models.sign_on import Source, Status, sources_of
from signatories.services.shown import shown_of
from signatories.services.signals import is_quick, signals_of, suspicious
from signatories.services.taking import replace, take
from signatories.services.telling import tell

#: How long the link in the confirmation mail is valid.
CONFIRM_WITHIN = timedelta(days=14)
CONFIRM = "confirm"
MANAGE = "manage"
NOBODY = Client()


class SigningClosed(Exception):
    """The letter takes no sign-ons at this moment."""


class NotWhatWasShown(Exception):
    """Something else would be signed than what the signer has seen."""


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

    The same organisation and address again, while the first is unconfirmed, replaces what was
    typed and asks for the mail once more; later it leaves a signal for staff. The caller cannot
    tell the difference. Raises SigningClosed.

    `trap` is what stood in the field that nobody sees; `unproven` says that a proof of work was
    asked for, and not given. `slow` sends the mail the letter's slow way. On a paused letter the
    mail is held until staff go on.
    """
    if not letter.accepts_sign_ons():
        raise SigningClosed(letter.slug)
    listed_name = clean_name(listed_name)
    now = timezone.now()
    signals = signals_of(email=person.email, website=website, trap=trap, unproven=unproven)
    slow = slow or suspicious(signals)
    sign_on = SignOn(
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
            _ask(contact, sign_on, slow=slow)
            return
        known = replace(sign_on, name=person.name, title=person.title)
        if known is not None and taken.status == Status.UNCONFIRMED:
            _ask_again(known, sign_on, slow=slow)


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
    _ask_again(contact, sign_on)


def keep_links_of_waiting() -> int:
    """Give those whose mail waits, for a pause, the cap or a slot, a new term; returns how many.

    Without this a long pause or a flood would end with links that are dead already, and who was
    thanked would never be asked. A week is left to each at least, whenever the mail goes out.
    Nobody who never confirmed, and may be a stranger, is kept for longer than PAUSE_HOLDS, be it by
    a pause or by the cap, which gives a flood on one mailbox a few sign-ons a day.
    """
    now = timezone.now()
    # A term of which so little is left is older than that, and so is the mail that it began with.
    since = now - CONFIRM_WITHIN / 2
    waiting = references_on_their_way("sign_on.confirm", "sign_on", since=since)
    # Asked every second: as a rule nothing waits for a week, and no sign-on needs to be read.
    if not waiting.exists():
        return 0
    paused_at = Letter.objects.filter(pk=OuterRef("letter")).values("paused_at")
    # LEAST passes over NULL, where no pause goes on.
    until = Least(
        Value(now + CONFIRM_WITHIN),
        ExpressionWrapper(F("created_at") + PAUSE_HOLDS, output_field=DateTimeField()),
        ExpressionWrapper(Subquery(paused_at) + PAUSE_HOLDS, output_field=DateTimeField()),
    )
    held = (
        SignOn.objects.alias(until=until)
        .filter(pk__in=waiting, status=Status.UNCONFIRMED, confirm_by__lt=now + CONFIRM_WITHIN / 2)
        .filter(confirm_by__lt=F("until"))
        .exclude(letter__state=State.ARCHIVED)
    )
    with pghistory.context(action="calendar"):
        return SignOn.objects.filter(pk__in=held.values("pk")).update(confirm_by=until)


def lapse() -> int:
    """Move what was not confirmed in time to lapsed; returns how many."""
    now = timezone.now()
    with pghistory.context(action="lapse"):
        return SignOn.objects.filter(
            status__in=sources_of(Status.LAPSED), confirm_by__lt=now
        ).update(status=Status.LAPSED, lapsed_at=now)
