"""The cap per mailbox: nobody is flooded by mails that a stranger can ask for.

Such kinds are those that can join (settings.MAIL_JOINS): what waits for one address goes out in
one mail, and what the cap does not allow is withheld until it does. Spellings that probably reach
one mailbox are counted together, but only what is for the very same address is joined: a link must
not go to whoever has ada+eve@. Only called while claiming, which one worker does at a time, so that
two can never pass the cap together.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Case, F, Q, QuerySet, Value, When, Window
from django.db.models.functions import RowNumber

from campaign.models import OutgoingMail
from campaign.models.mail import MailState, Withheld

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
#: So many mails to one address within so long, counted from mail to mail.
CAPS = [(2, HOUR), (3, DAY)]
LONGEST = max(within for _, within in CAPS)
#: So long after the plain spelling of a mailbox others have their turn: there is no end of labels
#: that a stranger can make up, and each needs a mail of its own.
BEHIND = timedelta(minutes=1)
#: Letters and sign-ons that one mail lists.
MOST_IN_ONE = 20


def capped(mail: OutgoingMail) -> bool:
    # Without the key it is an old mail, purged of it, that staff send again.
    return settings.RATE_LIMITS and mail.kind in settings.MAIL_JOINS and bool(mail.recipient_key)


def waiting() -> QuerySet[OutgoingMail]:
    """What may go out inside another mail: not what a server may have already."""
    return OutgoingMail.objects.filter(
        Q(state=MailState.QUEUED) | Q(withheld_for=Withheld.CAP),
        kind__in=settings.MAIL_JOINS,
        sent_with__isnull=True,
        unsure=False,
    )


def admit(mails: Sequence[OutgoingMail], *, now: datetime) -> list[OutgoingMail]:
    """Those of these capped mails that may be sent now: one to a mailbox at most.

    Where the cap is reached, all that waits for the mailbox is withheld until it allows a mail.
    """
    first = {mail.recipient_key: mail for mail in reversed(mails)}
    times = _sendings(first, now)
    admitted = []
    for key, mail in first.items():
        free_at = _free_at(times[key])
        if free_at is None or free_at <= now:
            admitted.append(mail)
        else:
            late = waiting().filter(recipient_key=key, not_before__lt=free_at)
            turn = Case(
                When(address_key=F("recipient_key"), then=Value(free_at)),
                default=Value(free_at + BEHIND),
            )
            late.update(state=MailState.WITHHELD, withheld_for=Withheld.CAP, not_before=turn)
    return admitted


def counted(now: datetime) -> QuerySet[OutgoingMail]:
    """What fills the caps: whoever forgets such a mail keeps its `recipient_key` for so long."""
    return OutgoingMail.objects.filter(
        Q(sent_at__gt=now - LONGEST)
        | Q(state=MailState.SENDING)
        | Q(state=MailState.QUEUED, unsure=True),
        kind__in=settings.MAIL_JOINS,
        sent_with__isnull=True,
    )


def joining(leads: Sequence[OutgoingMail]) -> dict[int, list[OutgoingMail]]:
    """What goes out inside each of these: of the same kind to the same address, oldest first."""
    lead_of = {(mail.address_key, mail.kind): mail.pk for mail in leads if mail.address_key}
    numbered = (
        waiting()
        .filter(
            recipient_key__in={mail.recipient_key for mail in leads},  # it has the index
            address_key__in={address for address, _ in lead_of},
        )
        .exclude(pk__in=[mail.pk for mail in leads])
        .annotate(
            place=Window(
                RowNumber(), partition_by=[F("address_key"), F("kind")], order_by=F("pk").asc()
            )
        )
        .filter(place__lt=MOST_IN_ONE)
    )
    chosen = [pk for pk, _ in numbered.values_list("pk", "place")]
    joined: dict[int, list[OutgoingMail]] = defaultdict(list)
    if chosen:
        rows = waiting().filter(pk__in=chosen).order_by("pk")
        for mail in rows.select_for_update(skip_locked=True, of=("self",)):
            lead = lead_of.get((mail.address_key, mail.kind))
            if lead is not None:
                joined[lead].append(mail)
    return joined


def _sendings(keys: dict[str, OutgoingMail], now: datetime) -> dict[str, list[datetime]]:
    """When each mailbox was mailed; what is, or may be, on its way counts as mailed now."""
    times: dict[str, list[datetime]] = defaultdict(list)
    rows = counted(now).filter(recipient_key__in=keys)
    for key, sent_at in rows.values_list("recipient_key", "sent_at"):
        times[key].append(sent_at or now)
    return times


def _free_at(times: list[datetime]) -> datetime | None:
    """When the address may be mailed again; None when nothing counts."""
    latest_first = sorted(times, reverse=True)
    free = [latest_first[most - 1] + within for most, within in CAPS if len(times) >= most]
    return max(free, default=None)
