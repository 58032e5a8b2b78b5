"""The audit trail of one sign-on: its own, and that of all that belongs to it."""

from typing import Any

from django.apps import apps

from campaign.admin.trail import Entry, Step, context_of, trail_of
from signatories.models import Organisation, SignOn
from signatories.models.contact import EvidenceKind, FileType
from signatories.models.hold import HoldKind
from signatories.models.sign_on import CONTACT_CHANGED, MERGED


def trail(sign_on: SignOn) -> list[Entry]:
    """Of the sign-on, its contact, evidence and questions, its holds, and its links."""
    also = [
        *_noted_steps(sign_on),
        *_hold_steps(sign_on),
        *_link_steps(sign_on),
        *_evidence_steps(sign_on),
        *_question_steps(sign_on),
    ]
    return trail_of(sign_on, also=also)


def _noted_steps(sign_on: SignOn) -> list[Step]:
    """What is no change of a column: of the contact, and that another was merged into this."""
    events: Any = apps.get_model("signatories", "SignOnEvent")
    found = events.objects.filter(pgh_obj=sign_on.pk, pgh_label__in=[CONTACT_CHANGED, MERGED])
    noted = list(found.select_related("pgh_context").order_by("pgh_id"))
    names = _merged_names(noted)
    steps = []
    for event in noted:
        what = "Contact changed"
        if event.pgh_label == MERGED:
            pk = context_of(event).get("merged", 0)
            what = f"Merged in, with its contact: {names.get(pk, f'sign-on {pk}, gone since')}"
        steps.append(Step(event.pgh_created_at, context_of(event), [what]))
    return steps


def _merged_names(events: list[Any]) -> dict[int, str]:
    merged: list[int] = [
        context_of(event).get("merged", 0) for event in events if event.pgh_label == MERGED
    ]
    found = SignOn.objects.filter(pk__in=merged).values_list("pk", "listed_name")
    return {pk: f"“{name}” (sign-on {pk})" for pk, name in found}


def _evidence_steps(sign_on: SignOn) -> list[Step]:
    """Also that it came from a sign-on that was merged into this one."""
    said = {"insert": "Evidence added", "update": "Evidence changed", "delete": "Evidence removed"}
    steps = []
    seen: dict[int, bool] = {}
    for event in _events("EvidenceEvent", sign_on):
        moved = event.pgh_label == "update" and event.pgh_obj_id not in seen
        what = "Evidence moved here" if moved else said.get(event.pgh_label, "Evidence changed")
        kind = dict(EvidenceKind.choices).get(event.kind)
        file = dict(FileType.choices).get(event.file_type)
        about = ", ".join(part for part in (kind, file and f"with a file: {file}") if part)
        seen[event.pgh_obj_id] = True
        steps.append(
            Step(event.pgh_created_at, context_of(event), [f"{what}: {about}" if about else what])
        )
    return steps


def _question_steps(sign_on: SignOn) -> list[Step]:
    return [
        Step(event.pgh_created_at, context_of(event), ["Question asked by mail"])
        for event in _events("QuestionEvent", sign_on)
        if event.pgh_label == "insert"
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
