"""What the page of one sign-on shows around its form."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import DateTimeField, F, Q, QuerySet
from django.db.models.functions import Coalesce
from django.http import HttpRequest

from campaign.models import OutgoingMail
from signatories.admin.reasons import RejectForm
from signatories.admin.sign_on_forms import QuestionForm
from signatories.admin.sign_on_trail import trail
from signatories.countries import country_name
from signatories.models import Contact, Hold, SignOn
from signatories.models.sign_on import ALLOWED, Source, Status
from signatories.services.elsewhere import on_other_letters
from signatories.services.inviting import authority_of
from signatories.services.merging import obstacle, was_merged
from signatories.services.place import place_of
from signatories.services.questions import never_confirmed
from signatories.services.signals import domain_said, said
from signatories.services.similar import similar, similar_organisations

MOST_MAILS = 50
HOUR = timedelta(hours=1)
#: The query that names the sign-on that was decided on just before this one came.
AFTER = "after"
AUTHORITY = {
    Source.FORM: "Ticked on the form that they are authorised to sign",
    Source.INVITED: "Signed by a personal link, whose invitation is gone",
    Source.STAFF: "Entered by staff, on evidence",
    Source.LIST: "Loaded with the list of signatories",
}


@dataclass(frozen=True)
class Alike:
    """Another sign-on of the letter that may be of the same body."""

    sign_on: SignOn
    #: Why this one cannot be merged into it; empty where it can.
    obstacle: str


def page_context(request: HttpRequest, sign_on: SignOn) -> dict[str, Any]:
    """For a fixed number of queries."""
    may_become = ALLOWED[Status(sign_on.status)]
    waiting = _waiting(sign_on)
    linked = list(sign_on.organisations.all())
    registry = similar_organisations(sign_on.listed_name, website=sign_on.website)
    return {
        "holds": Hold.objects.filter(sign_on=sign_on, lifted_at__isnull=True),
        "place": place_of(sign_on),
        "authority": _authority(request, sign_on),
        "country": country_name(sign_on.country) if sign_on.country else "",
        "questions": sign_on.questions.select_related("asked_by"),
        "alike": [Alike(other, obstacle(sign_on, other)) for other in similar(sign_on)],
        "linked": linked,
        "registry": [one for one in registry if one.organisation not in linked],
        "elsewhere": on_other_letters(sign_on, linked),
        "signals": said(sign_on.signals),
        "neighbours": neighbours(sign_on).count(),
        "mails": OutgoingMail.objects.filter(
            letter=sign_on.letter_id, references__sign_on=sign_on.pk
        )[:MOST_MAILS],
        "trail": trail(sign_on),
        "rejectable": Status.REJECTED in may_become,
        "withdrawable": Status.WITHDRAWN in may_become,
        "reject_form": RejectForm(auto_id="id_reject_%s"),
        "next_waiting": _next(sign_on, waiting),
        "previous_waiting": _previous(sign_on, waiting),
        "waiting_count": _waiting_count(sign_on),
        **_before_this(request, sign_on),
        **_of_contacts(request, sign_on),
    }


def _authority(request: HttpRequest, sign_on: SignOn) -> str:
    """Why its contact may sign: as an invitation tells, or else by the way it came."""
    note = request.user.has_perm("signatories.view_contact")
    return authority_of(sign_on, note=note) or AUTHORITY[Source(sign_on.source)]


def _of_contacts(request: HttpRequest, sign_on: SignOn) -> dict[str, Any]:
    """Nothing for those who may not see contacts."""
    if not request.user.has_perm("signatories.view_contact"):
        return {}
    people: list[Contact] = list(sign_on.contacts.all())
    return {
        "people": [(person, domain_said(person.email, sign_on.website)) for person in people],
        "sees_contacts": True,
        "question_form": QuestionForm()
        if people and sign_on.status in ASKABLE and not never_confirmed(sign_on)
        else None,
        "unaskable": bool(people) and never_confirmed(sign_on),
        "reply_to": sign_on.letter.contact or settings.DEFAULT_FROM_EMAIL,
    }


#: States in which a question makes sense.
ASKABLE = {Status.UNCONFIRMED, Status.PENDING, Status.APPROVED}


def _waiting(sign_on: SignOn) -> QuerySet[Any]:
    """What else of the letter waits for staff, the longest waiting first, as in the list."""
    since = Coalesce(F("confirmed_at"), F("created_at"), output_field=DateTimeField())
    return (
        SignOn.objects.filter(letter=sign_on.letter_id, status=Status.PENDING)
        .exclude(pk=sign_on.pk)
        .annotate(since=since)
        .order_by("since", "pk")
    )


def _waiting_count(sign_on: SignOn) -> int:
    """How many `_waiting` are, by an index alone."""
    all_waiting = SignOn.objects.filter(letter=sign_on.letter_id, status=Status.PENDING).count()
    return all_waiting - (sign_on.status == Status.PENDING)


def next_waiting(sign_on: SignOn) -> SignOn | None:
    """What waits for staff after this one, on the same letter."""
    return _next(sign_on, _waiting(sign_on))


def _later(sign_on: SignOn) -> Q:
    """Those that have been waiting for less long; by id among those that came together."""
    since = sign_on.confirmed_at or sign_on.created_at
    return Q(since__gt=since) | Q(since=since, pk__gt=sign_on.pk)


def _next(sign_on: SignOn, waiting: QuerySet[Any]) -> SignOn | None:
    """The one after this, or the first again."""
    return waiting.filter(_later(sign_on)).first() or waiting.first()


def _previous(sign_on: SignOn, waiting: QuerySet[Any]) -> SignOn | None:
    """The one before this, or the last."""
    return waiting.exclude(_later(sign_on)).last() or waiting.last()


def _before_this(request: HttpRequest, sign_on: SignOn) -> dict[str, Any]:
    """What was decided on just before, to go back to; only of the same letter."""
    value = request.GET.get(AFTER, "")
    if not (value.isascii() and value.isdigit() and len(value) < 19):
        return {}
    decided = SignOn.objects.filter(pk=int(value), letter=sign_on.letter_id).first()
    # What was merged has its contact elsewhere now: that is no mere move back.
    undo = decided is not None and decided.status == Status.REJECTED and not was_merged(decided)
    return {"after": decided, "after_undo": undo}


def neighbours(sign_on: SignOn) -> QuerySet[SignOn]:
    """Others that came from the same network within an hour, be it before or after.

    By keyed hashes, and by an index; nothing once these are purged.
    """
    if not sign_on.range_key:
        return SignOn.objects.none()
    return SignOn.objects.filter(of_network(sign_on)).exclude(pk=sign_on.pk)


def of_network(sign_on: SignOn) -> Q:
    """The sign-on itself and its neighbours."""
    if not sign_on.range_key:
        return Q(pk=sign_on.pk)
    hour = (sign_on.created_at - HOUR, sign_on.created_at + HOUR)
    return Q(range_key=sign_on.range_key, created_at__range=hour)
