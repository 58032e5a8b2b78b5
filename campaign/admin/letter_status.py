"""How a letter stands, in a few lines above its form: links to pass on, text, publication."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils import timezone

from campaign.admin.counted import counted
from campaign.admin.moments import said
from campaign.letters import PAUSE_HOLDS
from campaign.models import Letter, OutgoingMail, Publication
from campaign.models.mail import Withheld


@dataclass(frozen=True)
class Link:
    label: str
    url: str


@dataclass(frozen=True)
class Status:
    letter: Letter
    lines: list[str]
    links: list[Link]
    problem: str
    #: Readers will see another edition in a moment.
    being_made: bool


def status_of(letter: Letter) -> Status:
    publication = Publication.objects.filter(letter=letter).first()
    lines = [
        _state(letter),
        _paused(letter),
        _visibility(letter),
        _text(letter),
        _published(letter, publication),
    ]
    return Status(
        letter=letter,
        lines=[line for line in lines if line],
        links=_links(letter),
        problem=publication.problem if publication else "",
        being_made=publication is not None
        and publication.published < publication.wanted
        and not publication.failures,
    )


def _state(letter: Letter) -> str:
    moments = [
        ("opened", letter.opens),
        ("closes" if letter.accepts_sign_ons() else "closing time", letter.closes),
        ("delivered", letter.delivered_at),
    ]
    said_moments = [f"{name} {said(at, letter.time_zone)}" for name, at in moments if at]
    return "; ".join([letter.get_state_display(), *said_moments]) + "."


def _paused(letter: Letter) -> str:
    if letter.paused_at is None:
        return ""
    end = letter.paused_at + PAUSE_HOLDS
    until = said(end, letter.time_zone)
    held = OutgoingMail.objects.filter(letter=letter, withheld_for=Withheld.PAUSE).count()
    return (
        f"Paused since {said(letter.paused_at, letter.time_zone)}. Held for those who signed "
        f"meanwhile: {counted(held, 'mail')}. "
        + (
            f"Go on before {until}: what is held by then lapses, and is deleted."
            if timezone.now() < end
            else f"What was held until {until} has lapsed, and is deleted; go on."
        )
    )


def _visibility(letter: Letter) -> str:
    if letter.public:
        return "Public: anybody finds it."
    when = f" until {said(letter.public_at, letter.time_zone)}" if letter.public_at else ""
    return f"Unlisted{when}: only those who have the link below see it."


def _text(letter: Letter) -> str:
    text = letter.current_text
    if text is None:
        return ""
    if text.fixed_at is None:
        return f"{text} is a draft: you can still change it freely."
    return f"{text} is fixed since {said(text.fixed_at, letter.time_zone)}."


def _published(letter: Letter, publication: Any) -> str:
    if publication is None or letter.current_text is None:
        return "Nothing to publish yet."
    edition = letter.editions.filter(live_at__isnull=False).first()
    live = f"Edition {edition.number} is live." if edition else "No edition is live yet."
    if publication.published >= publication.wanted:
        return f"{live} It shows everything."
    if publication.failures:
        return f"{live} The next one failed {publication.failures} times; it is tried again."
    return f"{live} The next one is being made."


def _links(letter: Letter) -> list[Link]:
    if letter.current_text is None:
        return []
    if letter.public:
        links = [Link("Public page", letter.path), Link("Form", f"{letter.path}sign/")]
    else:
        links = [
            Link("Circulate this link", letter.path),
            Link("Link to the form", f"{letter.path}sign/"),
        ]
    return [Link(link.label, settings.PUBLIC_URL + link.url) for link in links]
