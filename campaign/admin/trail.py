"""The audit trail of one object, as its change page shows it: when, who, what."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db.models import DateTimeField, Field, ForeignKey, Model

from campaign.models import Wording

#: The newest that are shown.
MOST = 200
#: Who acted when it was not staff, by the action in the context (campaign.audit).
ACTIONS = {
    "confirm": "the signatory, by the link in the mail",
    "renew": "the signatory, by the link in the mail",
    "withdraw": "the signatory, on its own page",
    "reaffirm": "the signatory, on its own page",
    "invitation": "the invited, by the personal link",
    "lapse": "the calendar",
    "calendar": "the calendar",
    "purge": "the purge of personal data",
    "erasure": "an erasure that its contact asked for",
    "load_letter": "manage.py load_letter",
    "bulk": "a bulk action; who asked for it has no account any more",
    "sign_in": "signing in, which keeps passwords in the newest way",
    "password_link": "whoever had the link",
    "second_factor": "manage.py second_factor",
    "import": "an import from a file",
    "undo import": "the undo of an import",
}
OTHERS = "the website"


@dataclass(frozen=True)
class Entry:
    at: datetime
    who: str
    what: list[str]


@dataclass(frozen=True)
class Step:
    """What one event says; `Entry` without the name of its author."""

    at: datetime
    context: dict[str, Any]
    what: list[str]


def trail_of(obj: Any, *, also: Iterable[Step] = ()) -> list[Entry]:
    """Newest first; `also` are changes of what belongs to it. A fixed number of queries."""
    events = list(obj.events.select_related("pgh_context").order_by("-pgh_id")[: MOST + 1])
    changes = [*changes_in(list(reversed(events)), type(obj)), *also]
    users = {change.context["user"] for change in changes if change.context.get("user")}
    names = dict(User.objects.filter(pk__in=users).values_list("pk", "username"))
    # What one transaction did has one time, and is one entry.
    said: dict[tuple[datetime, str], list[str]] = {}
    for change in changes:
        said.setdefault((change.at, _who(change.context, names)), []).extend(change.what)
    entries = [Entry(at, who, what) for (at, who), what in said.items()]
    return sorted(entries, key=lambda entry: entry.at, reverse=True)[:MOST]


def changes_in(events: list[Any], model: type[Model]) -> list[Step]:
    """Each event, oldest first, against the one before."""
    fields = [field for field in _tracked(events, model) if not isinstance(field, DateTimeField)]
    shown = {field: _display(field, events) for field in fields}
    changes = []
    for before, event in zip([None, *events], events, strict=False):
        if before is None and event.pgh_label != "insert":
            continue  # older ones were left out: there is nothing to compare it with
        if event.pgh_label == "delete":
            changes.append(Step(event.pgh_created_at, context_of(event), ["Removed"]))
            continue
        what = [] if before else ["Made"]
        for field in fields:
            new = _plain(getattr(event, field.attname))
            old = _plain(getattr(before, field.attname)) if before else None
            if new != old and (before or new not in {None, ""}):
                name = str(field.verbose_name).capitalize()
                said = shown[field].get(new, new)
                said_before = f" (was {_said(shown[field].get(old, old))})" if before else ""
                what.append(f"{name}: {_said(said)}{said_before}")
        if what:
            changes.append(Step(event.pgh_created_at, context_of(event), what))
    return changes


def authors(events: Iterable[Any]) -> dict[int, str]:
    """Who acted, by the event's `pgh_id`, for events read with their context. One query."""
    contexts = {event.pgh_id: context_of(event) for event in events}
    users = {context["user"] for context in contexts.values() if context.get("user")}
    names = dict(User.objects.filter(pk__in=users).values_list("pk", "username"))
    return {pk: _who(context, names) for pk, context in contexts.items()}


def _plain(value: Any) -> Any:
    """A list as one text."""
    return ", ".join(map(str, value)) if isinstance(value, list) else value


def context_of(event: Any) -> dict[str, Any]:
    return event.pgh_context.metadata if event.pgh_context else {}


def _tracked(events: list[Any], model: type[Model]) -> "list[Field[Any, Any]]":
    """The fields that the events hold, but for the keys and counters that say nothing to people."""
    if not events:
        return []
    held = {field.name for field in type(events[0])._meta.fields}
    return [
        field
        for field in model._meta.fields
        if field.name in held and field.name not in {"id", "epoch", "name_key"}
    ]


def _display(field: "Field[Any, Any]", events: list[Any]) -> dict[Any, str]:
    """What stands for each stored value: the label of a choice, the name of what a key names."""
    if field.choices:
        return {value: str(label) for value, label in field.flatchoices}
    if isinstance(field, ForeignKey):
        keys = {getattr(event, field.attname) for event in events} - {None}
        related: Any = field.related_model
        if related is Wording:  # by its title, one would not be told from another
            wordings = Wording.objects.select_related("text").in_bulk(list(keys))
            return {pk: f"{found.text}, {found.language}" for pk, found in wordings.items()}
        return {pk: str(found) for pk, found in related.objects.in_bulk(list(keys)).items()}
    return {}


def _said(value: Any) -> str:
    if value in {None, ""}:
        return "empty"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"“{value}”"


def _who(context: dict[str, Any], names: dict[int, str]) -> str:
    user = context.get("user")
    if user is not None:
        return names.get(user, f"account {user}, deleted since")
    return ACTIONS.get(str(context.get("action")), OTHERS)
