"""What the templates of a letter's pages are given, be they built or answered by Django."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from campaign.models import Letter, Text
from signatories.editions.freeze import freeze_letter, freeze_text, stylesheet
from signatories.editions.schema import FrozenLetter, FrozenText, FrozenWording


def moment(value: str, time_zone: str) -> dict[str, str] | None:
    """A moment (RFC 3339) as its letter's time zone and UTC say it; None for an empty one."""
    if not value:
        return None
    utc = datetime.fromisoformat(value)
    local = utc.astimezone(ZoneInfo(time_zone))
    # Names such as America/New_York, in place of abbreviations that mean several zones.
    zone = "" if time_zone == "UTC" else f" ({time_zone.replace('_', ' ')})"
    same_day = local.date() == utc.date()
    return {
        "iso": value,
        "local": _say(local) + (zone or " UTC"),
        "utc": f"{utc:%H:%M} UTC" if same_day else f"{_say(utc)} UTC",
    }


def _say(at: datetime) -> str:
    return f"{at.day} {at:%B %Y}, {at:%H:%M}"


def page_context(
    letter: FrozenLetter, text: FrozenText, wording: FrozenWording, *, style: str, at: datetime
) -> dict[str, Any]:
    """The common context; `at` decides whether the form is open, or not yet."""
    opens, closes = (
        datetime.fromisoformat(letter[key]) if letter[key] else None for key in ("opens", "closes")
    )
    return {
        "letter": letter,
        "text": text,
        "wording": wording,
        "stylesheet": style,
        "opens": moment(letter["opens"], letter["time_zone"]),
        "closes": moment(letter["closes"], letter["time_zone"]),
        "not_yet": letter["state"] == "draft"
        or (letter["state"] == "open" and opens is not None and at < opens),
        "accepting": letter["state"] == "open"
        and (opens is None or opens <= at)
        and (closes is None or at < closes),
    }


def live_context(letter: Letter, text: Text, *, at: datetime) -> dict[str, Any]:
    """The common context for a page that Django answers, from the database."""
    frozen = freeze_text(text, first=letter.language)
    return page_context(
        freeze_letter(letter), frozen, frozen["wordings"][0], style=stylesheet(), at=at
    )
