"""The Texts of a letter: listed, read, and any two compared word by word."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path

from campaign.admin.moments import said
from campaign.admin.text_steps import saved_versions
from campaign.admin.trail import authors
from campaign.markup.html import to_html
from campaign.markup.words import difference_html
from campaign.models import Letter, Text, Wording
from campaign.texts import Words, canonical_source, direction
from signatories.admin.letter_pages import letter_page_for, shown
from signatories.models import SignOn
from signatories.models.sign_on import Status

#: Of the working text, as it was saved: the newest.
MOST_SAVED = 50


@dataclass(frozen=True)
class Listed:
    """A Text in the table; `who` made it, or fixed it, as far as the audit knows."""

    text: Text
    when: str
    who: str
    signed: int


@dataclass(frozen=True)
class Version:
    """What can be compared: a Text, or the working text as it was saved."""

    key: str
    label: str


@letter_page_for("campaign.view_letter")
def texts(request: HttpRequest, letter: Letter) -> HttpResponse:
    rows = _listed(letter)
    versions = [Version(str(row.text.number), str(row.text)) for row in rows] + _saved(letter)
    old, new = request.GET.get("old", ""), request.GET.get("new", "")
    context: dict[str, Any] = {"rows": rows, "versions": versions, "old": old, "new": new}
    if old or new:
        labels = {version.key: version.label for version in versions}
        if old not in labels or new not in labels:
            raise Http404
        context["compared"] = f"From {labels[old]} to {labels[new]}"
        context["changes_html"] = difference_html(_source(letter, old), _source(letter, new))
        context["direction"] = direction(letter.language)
    return shown(request, letter, "texts.html", "Texts", **context)


@letter_page_for("campaign.view_letter")
def text(request: HttpRequest, letter: Letter, number: int) -> HttpResponse:
    wording = (
        Wording.objects.select_related("text")
        .filter(text__letter=letter, text__number=number, language=letter.language)
        .first()
    )
    if wording is None:
        raise Http404
    return shown(
        request,
        letter,
        "text.html",
        f"Text {number}",
        wording=wording,
        fixed=said(wording.text.fixed_at, letter.time_zone),
        direction=direction(wording.language),
        body_html=to_html(wording.body, first_heading=3),
    )


def _listed(letter: Letter) -> list[Listed]:
    """Newest first, in a fixed number of queries."""
    made = _makers(letter)
    signed = dict(
        SignOn.objects.filter(letter=letter, status=Status.APPROVED)
        .order_by()
        .values_list("wording__text")
        .annotate(count=Count("*"))
    )
    return [
        Listed(
            text=text,
            when=said(text.fixed_at, letter.time_zone),
            who=made.get(text.pk, ""),
            signed=signed.get(text.pk, 0),
        )
        for text in letter.texts.order_by("-number")
    ]


def _makers(letter: Letter) -> dict[int, str]:
    """Who fixed each Text, by its id."""
    events: Any = apps.get_model("campaign", "TextEvent")
    fixing = events.objects.filter(letter=letter.pk, fixed_at__isnull=False)
    found = list(fixing.select_related("pgh_context").order_by("-pgh_id"))
    who = authors(found)
    return {event.id: who[event.pgh_id] for event in found}


def _saved(letter: Letter) -> list[Version]:
    events = list(saved_versions(letter)[:MOST_SAVED])
    who = authors(events)
    return [
        Version(
            f"s{event.pgh_id}",
            f"Text 1 as {who[event.pgh_id]} saved it, {_minute(event.pgh_created_at, letter)}",
        )
        for event in events
    ]


def _minute(moment: datetime, letter: Letter) -> str:
    return said(moment, letter.time_zone)


def _source(letter: Letter, key: str) -> str:
    if key.startswith("s"):
        events: Any = apps.get_model("campaign", "WordingEvent")
        event = events.objects.get(pgh_id=int(key[1:]))
        parts = ("title", "addressee", "cc", "salutation", "body", "closing")
        return canonical_source(Words(**{part: getattr(event, part) for part in parts}))
    wordings = Wording.objects.filter(text__letter=letter, language=letter.language)
    return wordings.get(text__number=int(key)).source


URLS: list[URLPattern] = [
    path("<int:pk>/texts/", texts, name="letter-texts"),
    path("<int:pk>/texts/<int:number>/", text, name="letter-text"),
]
