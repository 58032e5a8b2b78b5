"""Asking for the confirmation: the mail, its link, and how long that is valid."""

from datetime import timedelta

import pghistory
from django.db import transaction
from django.db.models import DateTimeField, ExpressionWrapper, F, OuterRef, Subquery, Value
from django.db.models.functions import Least
from django.utils import timezone

from campaign.letters import PAUSE_HOLDS
from campaign.mail.queue import on_its_way, references_on_their_way
from campaign.models import Letter
from campaign.models.letter import State
from campaign.names import name_key
from campaign.tokens import address_key, make_token
from signatories.models import Contact, SignOn
from signatories.models.sign_on import Status
from signatories.services.telling import tell

#: How long the link in the confirmation mail is valid.
CONFIRM_WITHIN = timedelta(days=14)
#: What the tokens of the two links of a sign-on are for.
CONFIRM = "confirm"
MANAGE = "manage"


def confirmation_token(sign_on: SignOn) -> str:
    return make_token(CONFIRM, sign_on.pk, sign_on.epoch)


def ask(contact: Contact, sign_on: SignOn, *, slow: bool) -> None:
    """Queue the mail that asks to confirm; on a paused letter it is held."""
    hold = sign_on.letter.paused_at is not None
    tell(contact, sign_on, "sign_on.confirm", slow=slow, hold=hold)


def ask_again(contact: Contact, sign_on: SignOn, *, slow: bool = False) -> None:
    """Queue the mail unless one is still to be sent: pressing again must not pile them up."""
    if not on_its_way("sign_on.confirm", address=contact.email, sign_on=sign_on.pk):
        ask(contact, sign_on, slow=slow)


@transaction.atomic
def remind(*, letter: Letter, listed_name: str, email: str) -> None:
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
        ask_again(contact, sign_on)


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
