"""A letter's Texts in its trail: the working text as it was saved, and each Text as it was made."""

from itertools import zip_longest
from typing import Any

from django.apps import apps
from django.db.models import QuerySet
from django.db.models.functions import MD5

from campaign.admin.trail import Step, context_of
from campaign.models import Letter
from campaign.models.text import Change

MOST = 100
PARTS = ["title", "addressee", "cc", "salutation", "body", "closing"]


def texts_in(letter: Letter) -> list[Step]:
    """When somebody changed which of the words, and when a Text was made, in two queries."""
    texts: Any = apps.get_model("campaign", "TextEvent")
    made = texts.objects.filter(letter=letter.pk, number__gt=1, pgh_label="insert")
    steps = [
        Step(
            event.pgh_created_at,
            context_of(event),
            [f"Text {event.number}, {Change(event.change).value}: {event.note}"],
        )
        for event in made.select_related("pgh_context").order_by("-pgh_id")[:MOST]
    ]
    return steps + _saved(letter)


def saved_versions(letter: Letter) -> QuerySet[Any]:
    """The working text, Text 1, each time that it was saved: events, the newest first.

    Without those of the others, of which each is saved once. Their bodies, which may be long, are
    not read; `body_is` is a digest.
    """
    wordings: Any = apps.get_model("campaign", "WordingEvent")
    of_first = wordings.objects.filter(text__letter=letter.pk, text__number=1)
    written = of_first.filter(pgh_label__in=["insert", "update"], language=letter.language)
    bare: QuerySet[Any] = written.defer("body").annotate(body_is=MD5("body"))
    return bare.select_related("pgh_context").order_by("-pgh_id")


def _saved(letter: Letter) -> list[Step]:
    versions = list(saved_versions(letter)[:MOST])
    steps = []
    for newer, older in zip_longest(versions, versions[1:]):
        if older is None and newer.pgh_label != "insert":
            continue  # older ones were left out: there is nothing to compare it with
        parts = [part for part in PARTS if older and _of(newer, part) != _of(older, part)]
        if parts or older is None:
            what = f"Words changed: {', '.join(parts)}" if older else "Words written"
            steps.append(Step(newer.pgh_created_at, context_of(newer), [what]))
    return steps


def _of(event: Any, part: str) -> Any:
    return getattr(event, "body_is" if part == "body" else part)
