"""What the page of one sign-on shows around its form."""

from datetime import timedelta
from typing import Any

from django.apps import apps
from django.db.models import DateTimeField, F, Q, QuerySet
from django.db.models.functions import Coalesce

from campaign.admin.trail import Entry, Step, context_of, trail_of
from campaign.models import OutgoingMail
from signatories.models import Hold, Organisation, SignOn
from signatories.models.hold import HoldKind
from signatories.models.sign_on import ALLOWED, CONTACT_CHANGED, Status
from signatories.services.inviting import authority_of
from signatories.services.signals import said
from signatories.services.similar import similar

MOST_MAILS = 50
HOUR = timedelta(hours=1)


def page_context(sign_on: SignOn) -> dict[str, Any]:
    """For a fixed number of queries."""
    may_become = ALLOWED[Status(sign_on.status)]
    waiting = _waiting(sign_on)
    return {
        "holds": Hold.objects.filter(sign_on=sign_on, lifted_at__isnull=True),
        "alike": similar(sign_on),
        "signals": said(sign_on.signals),
        "neighbours": neighbours(sign_on).count(),
        "mails": OutgoingMail.objects.filter(
            letter=sign_on.letter_id, references__sign_on=sign_on.pk
        )[:MOST_MAILS],
        "authority": authority_of(sign_on),
        "trail": trail(sign_on),
        "rejectable": Status.REJECTED in may_become,
        "withdrawable": Status.WITHDRAWN in may_become,
        "next_waiting": _next(sign_on, waiting),
        "waiting_count": _waiting_count(sign_on),
    }


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


def _next(sign_on: SignOn, waiting: QuerySet[Any]) -> SignOn | None:
    """The one after this, or the first again."""
    since = sign_on.confirmed_at or sign_on.created_at
    return waiting.filter(since__gte=since).first() or waiting.first()


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


def trail(sign_on: SignOn) -> list[Entry]:
    """Of the sign-on itself, of its contact, of its holds and of its links to organisations."""
    also = [*_contact_steps(sign_on), *_hold_steps(sign_on), *_link_steps(sign_on)]
    return trail_of(sign_on, also=also)


def _contact_steps(sign_on: SignOn) -> list[Step]:
    events: Any = apps.get_model("signatories", "SignOnEvent")
    found = events.objects.filter(pgh_obj=sign_on.pk, pgh_label=CONTACT_CHANGED)
    return [
        Step(event.pgh_created_at, context_of(event), ["Contact changed"])
        for event in found.select_related("pgh_context").order_by("pgh_id")
    ]


def _events(model: str, sign_on: SignOn) -> list[Any]:
    events: Any = apps.get_model("signatories", model)
    found = events.objects.filter(sign_on=sign_on.pk).select_related("pgh_context")
    return list(found.order_by("pgh_id"))


def _hold_steps(sign_on: SignOn) -> list[Step]:
    steps = []
    for event in _events("HoldEvent", sign_on):
        label = HoldKind(event.kind).label
        reason = f": {event.reason}" if event.reason else ""
        what = f"Hold lifted: {label}" if event.lifted_at else f"On hold: {label}{reason}"
        steps.append(Step(event.pgh_created_at, context_of(event), [what]))
    return steps


def _link_steps(sign_on: SignOn) -> list[Step]:
    """Changes of the link itself; that it follows the sign-on's approval says nothing new."""
    events = _events("SignOnOrganisationEvent", sign_on)
    names = Organisation.objects.in_bulk([event.organisation_id for event in events])
    steps: list[Step] = []
    linked: dict[int, int] = {}
    for event in events:
        name = names.get(event.organisation_id, f"organisation {event.organisation_id}")
        if event.pgh_label == "delete":
            what = f"No longer linked to “{name}”"
        elif linked.get(event.pgh_obj_id) != event.organisation_id:
            what = f"Linked to “{name}”"
        else:
            continue
        linked[event.pgh_obj_id] = event.organisation_id
        steps.append(Step(event.pgh_created_at, context_of(event), [what]))
    return steps
