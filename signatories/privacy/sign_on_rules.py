"""When sign-ons, their contacts, evidence and reasons go."""

from collections import Counter
from datetime import datetime
from typing import Any

from django.db.models import (
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

from campaign.models import Letter
from signatories.models import Contact, Evidence, Hold, Question, SignOn
from signatories.models.sign_on import CAME_TO_NOTHING, Source, Status
from signatories.privacy.forget import events_of, forget_contacts, forget_reasons, forget_sign_ons
from signatories.privacy.rule import BATCH, MONTH, Purged, Rule
from signatories.services import evidence_files


class Months(Func):
    """A number of months as an interval, so that May follows on November."""

    template = "make_interval(months => %(expressions)s)"
    output_field = DurationField()


def _after_the_letter(now: datetime) -> Purged:
    # The letters first: sign-ons of those that go on are not looked at.
    letters = letters_over(now)
    if not letters:
        return Counter()
    ended = Coalesce("letter__delivered_at", "letter__closed_at")
    kept_until = kept_from(Greatest(ended, F("created_at")), "letter__contacts_kept_for")
    due = SignOn.objects.filter(_has_contacts() | _has_reasons(), letter__in=letters)
    batch = _locked(due.alias(until=kept_until).filter(until__lt=now))
    forget_contacts(list(batch))
    forget_reasons(list(batch))
    return Counter(batch.values())


def letters_over(now: datetime) -> list[int]:
    """Those whose contacts are not kept any longer."""
    ended = Coalesce("delivered_at", "closed_at")
    over = Letter.objects.alias(until=kept_from(ended, "contacts_kept_for"))
    return list(over.order_by().filter(until__lt=now).values_list("pk", flat=True))


def kept_from(moment: Func, months: str) -> "ExpressionWrapper[Any]":
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
    """Each of its parts has an index, sign_on_to_lapse or sign_on_came_to_nothing.

    For the latter the planner may take the wider sign_on_by_state, where it deems that cheaper.
    """
    before = now - MONTH
    ended, no_link = Q(confirm_by__lt=now), Q(confirm_by__isnull=True)
    waiting = Q(ended, status=Status.UNCONFIRMED) | Q(no_link, status=Status.UNCONFIRMED)
    lapsed = Q(ended | no_link, status=Status.LAPSED)
    refused = Q(status=Status.REJECTED, rejected_at__lt=before)
    withdrawn = Q(status=Status.WITHDRAWN, withdrawn_at__lt=before)
    nothing = Q(lapsed | refused | withdrawn, status__in=CAME_TO_NOTHING)
    # Nobody is rejected or withdrawn before they came.
    return Q(waiting | nothing, created_at__lt=before)


def _has_contacts() -> Q:
    contacts = Contact.objects.filter(sign_on=OuterRef("pk"))
    evidence = Evidence.objects.filter(sign_on=OuterRef("pk"))
    questions = Question.objects.filter(sign_on=OuterRef("pk")).exclude(text="")
    return Q(Exists(contacts)) | Q(Exists(evidence)) | Q(Exists(questions)) | ~Q(email_key="")


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


def _files_of_nobody(now: datetime) -> Purged:
    return Counter({None: evidence_files.sweep(now, most=BATCH)})


FILES_OF_NOBODY = Rule(
    "files of no evidence",
    "Files of evidence that no row names, as a form was given up or a machine failed: after two "
    "hours",
    _files_of_nobody,
)
AFTER_LETTER = Rule(
    "after the letter",
    "Contacts, evidence, questions and reasons: so many months after the delivery as the letter "
    "says, or after closing where it was never delivered; of a later sign-on, after it came",
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
    "Contacts, evidence and questions of what was confirmed or entered by staff, and is not and "
    "will not be listed: 30 days after it was rejected or withdrawn",
    _never_listed,
)
