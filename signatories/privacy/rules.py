"""The rules of the purge: what goes when. Each takes one batch at a time, and may run twice."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db.models import (
    CharField,
    DateTimeField,
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    Func,
    OuterRef,
    Q,
    QuerySet,
)
from django.db.models.functions import Coalesce, Greatest

from campaign.mail import cap
from campaign.models import Letter, OutgoingMail
from campaign.models.mail import MailState, Withheld
from signatories.models import Contact, Evidence, Hold, SignOn
from signatories.models.sign_on import Source, Status
from signatories.privacy.forget import events_of, forget_contacts, forget_reasons, forget_sign_ons

#: Rows in one transaction: it locks them, and others wait no longer than for so many.
BATCH = 500
#: What never came to a listing, keyed hashes, and what is kept of mails, go after this.
MONTH = timedelta(days=30)

#: How many, by the letter they belonged to.
Purged = Counter[int | None]


@dataclass(frozen=True)
class Rule:
    """`batch` purges at most BATCH rows that are due, inside a transaction, and counts them."""

    name: str
    says: str
    batch: Callable[[datetime], Purged]


class Months(Func):
    """A number of months as an interval, so that May follows on November."""

    template = "make_interval(months => %(expressions)s)"
    output_field = DurationField()


def _after_the_letter(now: datetime) -> Purged:
    # The letters first: sign-ons of those that go on are not looked at.
    ended = Coalesce("delivered_at", "closed_at")
    over = Letter.objects.alias(until=_kept_from(ended, "contacts_kept_for"))
    letters = list(over.order_by().filter(until__lt=now).values_list("pk", flat=True))
    if not letters:
        return Counter()
    ended = Coalesce("letter__delivered_at", "letter__closed_at")
    kept_until = _kept_from(Greatest(ended, F("created_at")), "letter__contacts_kept_for")
    due = SignOn.objects.filter(_has_contacts() | _has_reasons(), letter__in=letters)
    batch = _locked(due.alias(until=kept_until).filter(until__lt=now))
    forget_contacts(list(batch))
    forget_reasons(list(batch))
    return Counter(batch.values())


def _kept_from(moment: Func, months: str) -> "ExpressionWrapper[Any]":
    return ExpressionWrapper(moment + Months(months), output_field=DateTimeField())


def _never_confirmed(now: datetime) -> Purged:
    """What came by the form and was never confirmed goes whole: anybody can type anything there."""
    batch = _locked(SignOn.objects.filter(_NEVER_CONFIRMED, _never_to_be_listed(now)))
    forget_sign_ons(list(batch))
    return Counter(batch.values())


def _never_listed(now: datetime) -> Purged:
    """Also an approved one that was withdrawn: it is not listed any more."""
    due = SignOn.objects.filter(~_NEVER_CONFIRMED, _never_to_be_listed(now), _has_contacts())
    batch = _locked(due)
    forget_contacts(list(batch))
    return Counter(batch.values())


#: No row without a confirmation was ever approved (sign_on_from_the_form_is_confirmed_first).
_NEVER_CONFIRMED = Q(source=Source.FORM, confirmed_at__isnull=True)


def _never_to_be_listed(now: datetime) -> Q:
    before = now - MONTH
    link_ended = Q(confirm_by__isnull=True) | Q(confirm_by__lt=now)
    waiting = Q(status__in=[Status.UNCONFIRMED, Status.LAPSED], created_at__lt=before) & link_ended
    refused = Q(status=Status.REJECTED, rejected_at__lt=before)
    withdrawn = Q(status=Status.WITHDRAWN, withdrawn_at__lt=before)
    return waiting | refused | withdrawn


def _has_contacts() -> Q:
    contacts = Contact.objects.filter(sign_on=OuterRef("pk"))
    evidence = Evidence.objects.filter(sign_on=OuterRef("pk"))
    return Q(Exists(contacts)) | Q(Exists(evidence)) | ~Q(email_key="")


def _has_reasons() -> Q:
    """In the sign-on and its holds, or only in the audit any more."""
    holds = Hold.objects.filter(sign_on=OuterRef("pk")).exclude(reason="")
    events = [
        events_of(OuterRef("pk"), model).exclude(reason="")
        for model in ("SignOnEvent", "HoldEvent")
    ]
    return ~Q(reason="") | Q(Exists(holds)) | Q(Exists(events[0])) | Q(Exists(events[1]))


def _locked(due: QuerySet[SignOn]) -> dict[int, int]:
    """A batch, locked, so that nobody confirms or renews what is being forgotten: id to letter.

    In no order: to give some order to none, PostgreSQL would go through all sign-ons there are.
    Looked at once more when locked: another purge may have been done with a row just before, and
    the first look still sees the contacts that it had.
    """
    rows = due.select_for_update(of=("self",), skip_locked=True).order_by()[:BATCH]
    locked = list(rows.values_list("pk", flat=True))
    return dict(due.filter(pk__in=locked).order_by().values_list("pk", "letter_id"))


@dataclass(frozen=True)
class Aged:
    """Goes by age alone: the column is emptied; without `column`, the row is deleted."""

    model: str
    column: str = ""
    since: str = "created_at"
    after: timedelta = MONTH
    only: Q | None = None

    def batch(self, now: datetime) -> Purged:
        model: Any = apps.get_model(self.model)
        due = model.objects.filter(**{f"{self.since}__lt": now - self.after})
        if self.only is not None:
            due = due.filter(self.only)
        if self.column:
            due = due.exclude(**{self.column: self._empty(model)})
        # The oldest first, as they stand in the index of what is still to be forgotten.
        locked = due.select_for_update(of=("self",), skip_locked=True).order_by(self.since)[:BATCH]
        pks = list(locked.values_list("pk", flat=True))
        batch = model.objects.filter(pk__in=pks)
        if self.column:
            batch.update(**{self.column: self._empty(model)})
        else:
            batch.delete()
        return Counter({None: len(pks)})

    def _empty(self, model: Any) -> Any:
        """As the column would be without a value: "" or an empty list."""
        field = model._meta.get_field(self.column)
        return "" if isinstance(field, CharField) else field.get_default()

    def rule(self) -> Rule:
        what = f"{self.column} of {self.model}" if self.column else self.model
        name = f"aged {self.model.split('.')[1]} {self.column}".strip().lower()
        return Rule(name[:40], f"{what}: {self.after.days} days after {self.since}", self.batch)


#: A mail that is still to be sent is counted by its hash, so that nobody is mailed too often, and
#: goes to no other address than it was queued for. What the cap or a pause holds is such a mail.
SETTLED = Q(state__in=[MailState.SENT, MailState.FAILED]) | Q(
    withheld_for__in=[Withheld.SUPPRESSED, Withheld.GONE]
)
#: An address that bounced or complained is left alone for so long; then it may be tried again.
LEFT_ALONE = timedelta(days=180)
#: Reports of bounces come within days, complaints within weeks; the cap looks back a day.
MAILS_KEPT = timedelta(days=180)
#: One line for each further hash of an address, or table of them.
AGED = [
    Aged("campaign.OutgoingMail", "recipient_key", only=SETTLED),
    Aged("campaign.OutgoingMail", "address_key", only=SETTLED),
    Aged("campaign.Suppression", since="since", after=LEFT_ALONE),
    Aged("campaign.Counted", since="ends"),
    Aged("signatories.SignOn", "client_key"),
    Aged("signatories.SignOn", "range_key"),
    Aged("signatories.Refusal", since="hour"),
]


def _old_mails(now: datetime) -> Purged:
    """By what last happened to them, as one may have been held, or been sent again, late."""
    last = Greatest("created_at", "not_before", "first_failed_at", "sent_at", "bounced_at")
    before = now - MAILS_KEPT
    # Each of those is later than created_at, which is cheaper to ask.
    due = OutgoingMail.objects.filter(SETTLED, created_at__lt=before).alias(last=last)
    locked = due.filter(last__lt=before).select_for_update(of=("self",), skip_locked=True)
    batch = dict(locked.order_by("pk")[:BATCH].values_list("pk", "letter_id"))
    OutgoingMail.objects.filter(pk__in=list(batch)).delete()
    return Counter(batch.values())


def _erased_mails(now: datetime) -> Purged:
    """What an erasure left for the cap (signatories.privacy.subject, forget).

    What belonged to a sign-on that was erased whole has no reference, and is deleted.
    """
    erased = OutgoingMail.objects.filter(address_key="", sent_at__lt=now - cap.LONGEST)
    due = erased.filter(~Q(recipient_key="") | Q(references={}))
    locked = due.select_for_update(of=("self",), skip_locked=True).order_by("pk")[:BATCH]
    pks = list(locked.values_list("pk", flat=True))
    mails = OutgoingMail.objects.filter(pk__in=pks)
    mails.filter(references={}).delete()
    mails.update(recipient_key="")
    return Counter({None: len(pks)})


def _ended_sessions(now: datetime) -> Purged:
    ended = Session.objects.filter(expire_date__lt=now).values_list("pk", flat=True)[:BATCH]
    pks = list(ended)
    Session.objects.filter(pk__in=pks).delete()
    return Counter({None: len(pks)})


def _kept_mails(now: datetime) -> Purged:
    """Mails in files, which a trial on one machine keeps in place of sending them."""
    kept = 0
    for path in Path(settings.MAIL_DIR).glob("*.eml"):
        if kept < BATCH and path.stat().st_mtime < (now - MONTH).timestamp():
            path.unlink(missing_ok=True)
            kept += 1
    return Counter({None: kept})


AFTER_LETTER = Rule(
    "after the letter",
    "Contacts, evidence and reasons: so many months after the delivery as the letter says, or "
    "after closing where it was never delivered; of a later sign-on, after it came",
    _after_the_letter,
)
NEVER_CONFIRMED = Rule(
    "never confirmed",
    "Sign-ons by the form that nobody confirmed, whole, with their mails and what the audit keeps "
    "of them: 30 days after they came (or when the last link ends), were rejected or withdrawn",
    _never_confirmed,
)
NEVER_LISTED = Rule(
    "never listed",
    "Contacts and evidence of what was confirmed or entered by staff, and is not and will not be "
    "listed: 30 days after it was rejected or withdrawn",
    _never_listed,
)
OLD_MAILS = Rule(
    "old mails",
    "What is known of a mail that was sent, failed or has nothing to tell: 180 days after anything "
    "last happened to it",
    _old_mails,
)
ERASED_MAILS = Rule(
    "mails of the erased",
    "What an erasure leaves of mails, so that the cap on them goes on: a day after they were sent",
    _erased_mails,
)
SESSIONS = Rule("ended sessions", "Sessions of staff: when they end", _ended_sessions)
KEPT_MAILS = Rule("kept mails", "Mails in files, on a trial: after 30 days", _kept_mails)
RULES = [
    NEVER_CONFIRMED,
    AFTER_LETTER,
    NEVER_LISTED,
    *[aged.rule() for aged in AGED],
    ERASED_MAILS,
    OLD_MAILS,
    SESSIONS,
    KEPT_MAILS,
]
