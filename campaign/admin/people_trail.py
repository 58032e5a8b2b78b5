"""The audit trail of an account: what was changed of it, its roles, and its second factor."""

from dataclasses import replace
from typing import Any

from django.apps import apps
from django.contrib.auth.models import Group, Permission, User

from campaign.admin.trail import MOST, Entry, Step, context_of, trail_of
from campaign.models import Account
from campaign.models.people import (
    CODES_MADE,
    DETAILS_CHANGED,
    LINK_MADE,
    PASSWORD_SET,
    SIGNED_OUT,
)

SAYS = {
    PASSWORD_SET: "Password set",
    DETAILS_CHANGED: "User name, name or e-mail address changed",
    LINK_MADE: "Link for a password made",
    CODES_MADE: "Recovery codes made",
    SIGNED_OUT: "Signed out everywhere",
}


#: What Django calls them.
WORDS = {
    "Superuser status": "Administrator",
    "Staff status": "May come to the desk",
    "Active:": "May sign in:",
}


def trail_of_person(person: User) -> list[Entry]:
    """For a fixed number of queries."""
    account = Account.objects.get(pk=person.pk)
    also = [
        *_done(account),
        *_given("RoleGivenEvent", "group_id", Group, "Role", person),
        *_given("RightGivenEvent", "permission_id", Permission, "Right", person),
        *_second_factors(person),
    ]
    entries = trail_of(account, also=also)
    return [replace(entry, what=[_in_our_words(what) for what in entry.what]) for entry in entries]


def _in_our_words(said: str) -> str:
    for django_says, we_say in WORDS.items():
        said = said.replace(django_says, we_say)
    return said


def _done(account: Account) -> list[Step]:
    events: Any = account.events  # type: ignore[attr-defined]  # of pghistory
    found = events.filter(pgh_label__in=SAYS).select_related("pgh_context")
    done = list(found.order_by("-pgh_id")[:MOST])
    # A link for somebody without a password makes earlier ones wrong: that sets none.
    by_link = {event.pgh_context_id for event in done if event.pgh_label == LINK_MADE} - {None}
    return [
        Step(event.pgh_created_at, context_of(event), [SAYS[event.pgh_label]])
        for event in done
        if event.pgh_label != PASSWORD_SET or event.pgh_context_id not in by_link
    ]


def _given(model: str, key: str, of: Any, what: str, person: User) -> list[Step]:
    events = _events(model, person)
    names = of.objects.in_bulk([getattr(event, key) for event in events])
    steps = []
    for event in events:
        name = names.get(getattr(event, key), "that is gone")
        verb = "taken away" if event.pgh_label == "delete" else "given"
        steps.append(Step(event.pgh_created_at, context_of(event), [f"{what} {verb}: “{name}”"]))
    return steps


def _second_factors(person: User) -> list[Step]:
    said = {"insert": "Second factor set up", "delete": "Second factor removed"}
    return [
        Step(event.pgh_created_at, context_of(event), [said[event.pgh_label]])
        for event in _events("SecondFactorEvent", person)
    ]


def _events(model: str, person: User) -> list[Any]:
    events: Any = apps.get_model("campaign", model)
    found = events.objects.filter(user=person.pk).select_related("pgh_context")
    return list(found.order_by("-pgh_id")[:MOST])
