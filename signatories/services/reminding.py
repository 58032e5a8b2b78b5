"""Reminding those who were invited and have not answered: seldom, and never who said no."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import DateTimeField, F, QuerySet
from django.db.models.functions import Greatest
from django.utils import timezone

from campaign.models import Letter, OutgoingMail, Suppression
from campaign.models.mail import MailState, Withheld
from campaign.tokens import address_key
from signatories.models import Contact, Invitation
from signatories.services.invitations import Standing, invitations_of
from signatories.services.inviting import ask, check_may_ask
from signatories.services.moving import Refused

#: Since they were last written to.
PAUSE = timedelta(days=7)
MOST = 3
#: By one press, so that a request ends in time.
MOST_AT_ONCE = 5000
#: Keys that one statement asks for.
AT_ONCE = 5000


@dataclass(frozen=True)
class Reminded:
    count: int
    #: Left alone, as their addresses bounced or complained, here or elsewhere.
    suppressed: int


def to_remind(letter: Letter) -> QuerySet[Any]:
    """Those who have not answered, and may be reminded by now."""
    last = Greatest("invited_at", "reminded_at", "passed_on_at", output_field=DateTimeField())
    found: QuerySet[Any] = (
        invitations_of(letter)
        .filter(standing__in=[Standing.SILENT, Standing.INVITED], reminders__lt=MOST)
        .alias(last=last)
        .filter(last__lt=timezone.now() - PAUSE)
    )
    return found


@transaction.atomic
def remind(*, letter: Letter) -> Reminded:
    """Mail those who have not answered once more, MOST_AT_ONCE of them.

    Raises Refused when there is nobody, or not now. Two at once mail nobody twice: the second
    waits for the letter, and finds nobody.
    """
    letter = Letter.objects.select_for_update(no_key=True, of=("self",)).get(pk=letter.pk)
    check_may_ask(letter)
    due = set(to_remind(letter).order_by("pk").values_list("pk", flat=True)[:MOST_AT_ONCE])
    if not due:
        raise Refused(
            "Nobody is to be reminded now: a week passes between two mails, three reminders are "
            "the most, and who has answered gets none."
        )
    # By the letter, for which there is an index: thousands of ids would be a long list.
    contacts = [
        contact
        for contact in Contact.objects.filter(invitation__letter=letter).order_by("pk")
        if contact.invitation_id in due
    ]
    left_alone = _suppressed({address_key(contact.email) for contact in contacts})
    asked: list[Contact] = []
    alone: list[Contact] = []
    for contact in contacts:
        (alone if address_key(contact.email) in left_alone else asked).append(contact)
    Invitation.objects.filter(pk__in=[contact.invitation_id for contact in asked]).update(
        reminders=F("reminders") + 1, reminded_at=timezone.now()
    )
    ask("invitation.reminder", letter=letter, contacts=asked)
    _show_bounced(letter, alone)
    return Reminded(len(asked), len(alone))


def _show_bounced(letter: Letter, contacts: list[Contact]) -> None:
    """A mail to each that is withheld from the start, so that the tracker shows them as bounced."""
    if not contacts:
        return
    ask("invitation.reminder", letter=letter, contacts=contacts)
    theirs = Invitation.objects.filter(pk__in=[contact.invitation_id for contact in contacts])
    OutgoingMail.objects.filter(pk__in=list(theirs.values_list("mail", flat=True))).update(
        state=MailState.WITHHELD, withheld_for=Withheld.SUPPRESSED
    )


def _suppressed(keys: set[str]) -> set[str]:
    found: set[str] = set()
    all_of_them = sorted(keys)
    for start in range(0, len(all_of_them), AT_ONCE):
        some = Suppression.objects.filter(address_key__in=all_of_them[start : start + AT_ONCE])
        found |= set(some.values_list("address_key", flat=True))
    return found
