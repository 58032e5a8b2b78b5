"""What the typst template of the letter is given, as JSON: words to show, nothing to work out."""

import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from campaign.markup.typst import to_typst
from signatories.editions import fonts
from signatories.editions.schema import Document, FrozenWording, ListedGroup

#: Above this many, typst takes gigabytes, and nobody reads the paper.
MOST_NAMES = 20_000
SHORT_TITLE = 64  # characters in the running header
#: The family to try first, where the letter's script is not that of Libertinus.
FIRST_FAMILY = {
    "Amiri": {"ar", "fa", "ku", "ps", "sd", "ug", "ur"},
    "Noto Sans Devanagari": {"hi", "mr", "ne", "sa"},
    "Noto Sans Khmer": {"km"},
    "Noto Sans Tamil": {"ta"},
    "Noto Sans Telugu": {"te"},
    "Noto Sans Thai": {"th"},
}
#: Lines end raggedly, as typed letters do, and words are kept whole, so that they can be found
#: and copied; except in languages whose words can be as long as a line.
HYPHENATED = {"da", "de", "et", "fi", "hu", "is", "nb", "nl", "nn", "no", "sv"}
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
#: "… Group (MAG)": the last word and the acronym stay on one line.
_ACRONYM = re.compile(r"(.* )(\S{1,24} \([A-Z][A-Za-z0-9.&/-]{1,14}\))")
#: May be wider than a column; typst measures it and breaks it where it is.
_LONG_RUN = re.compile(r"\S{24}")
_TAG = re.compile(
    r"(?P<lang>[a-z]{2,3})(?:-(?P<script>[a-z]{4}))?(?:-(?P<region>[a-z]{2}))?(?:-.*)?"
)

Show = Callable[[str], str]


def template_data(document: Document, wording: FrozenWording, show: Show) -> dict[str, Any]:
    """The letter in one wording; `show` is given every piece of text that somebody typed."""
    letter, text = document["letter"], document["text"]

    def line(value: str) -> str:
        return show(value.replace("\n", " ").replace("\t", " ")).strip()

    title = line(wording["title"]) or "Letter"
    lines = {
        "running": [part for part in (line(letter["running_header"]), _short(title)) if part],
        "sender": [line(letter["sender"])],
        "dateline": [line(letter["dateline"])],
        "addressee": [line(part) for part in wording["addressee"]],
        "cc": [line(part) for part in wording["cc"]],
        "salutation": [line(wording["salutation"])],
        "closing": [line(wording["closing"])],
        "about": [line(part) for part in re.split(r"\n\s*\n", letter["about"])],
    }
    listed = letter["public"] and document["count"] > 0
    groups = document["groups"] if listed else []
    return {
        **_language(wording),
        "paper": "a4" if letter["paper"] == "a4" else "us-letter",
        "accent": _colour(letter["accent"]),
        "ink": _readable(_colour(letter["accent"])),
        "mark": _mark(letter["state"], delivered=letter["delivered"]),
        "imprint": f"Edition {document['edition']} · Text {text['number']}"
        f" · SHA-256 {wording['sha256'][:12]}",
        "title": title,
        "lines": {key: [part for part in parts if part] for key, parts in lines.items()},
        # The settings are in one language only, whatever the language of these words.
        "dirs": {
            key: _direction("".join(parts)) or wording["direction"] for key, parts in lines.items()
        },
        "body": to_typst(wording["body"], show=show),
        "groups": [
            _group(group, line, document["count"], wording["direction"]) for group in groups
        ],
        "count": _count(document["count"], document["published_at"]) if listed else "",
        "url": letter["url"],
        "contact": line(letter["contact"]),
    }


def signatories(count: int) -> str:
    """A number of signatories in words: "1 signatory", "12,345 signatories"."""
    return f"{count:,} {'signatory' if count == 1 else 'signatories'}"


def _count(count: int, published_at: str) -> str:
    at = datetime.fromisoformat(published_at).astimezone(UTC)
    return f"{signatories(count)} as of {at.day} {MONTHS[at.month - 1]} {at:%Y, %H:%M} UTC"


def _group(group: ListedGroup, line: Show, count: int, direction: str) -> dict[str, Any]:
    title = line(group["title"]) or "Signatories"
    head = {"title": title, "dir": _direction(title) or direction}
    if count > MOST_NAMES:
        return {**head, "count": signatories(len(group["signatories"]))}
    names = [_name(line(signatory["name"]), direction) for signatory in group["signatories"]]
    return {**head, "names": names}


def _name(name: str, direction: str) -> str | dict[str, Any]:
    """The name, with what the template has to know where it is out of the ordinary."""
    own_direction = _direction(name) or direction
    long = _LONG_RUN.search(name) is not None
    acronym = None if long else _ACRONYM.fullmatch(name)
    if not long and not acronym and own_direction == direction:
        return name
    text, end = acronym.groups() if acronym else (name, "")
    return {"text": text, "end": end, "long": long, "dir": own_direction}


def _direction(text: str) -> str:
    """The direction of the first letter that has one (UAX #9, rule P2), or ""."""
    for character in text:
        match unicodedata.bidirectional(character):
            case "L":
                return "ltr"
            case "R" | "AL":
                return "rtl"
    return ""


def _language(wording: FrozenWording) -> dict[str, Any]:
    """What typst wants to know of a BCP 47 tag; English where it is none."""
    tag = _TAG.fullmatch(wording["language"].lower())
    language = tag["lang"] if tag else "en"
    first = [family for family, languages in FIRST_FAMILY.items() if language in languages]
    sans = [*first, "Noto Sans"] if first else []
    return {
        "lang": language,
        "script": tag["script"] if tag else None,
        "region": tag["region"].upper() if tag and tag["region"] else None,
        "dir": wording["direction"],
        "fonts": [*sans, *(family for family in fonts.FAMILIES if family not in sans)],
        "tall": bool(first),
        "hyphenate": language in HYPHENATED,
    }


def _mark(state: str, *, delivered: bool) -> str:
    if state == "draft":
        return "Draft text, not open for signature"
    return "" if delivered else "DRAFT – not yet delivered"


def _short(title: str) -> str:
    if len(title) <= SHORT_TITLE:
        return title
    return title[:SHORT_TITLE].rsplit(" ", 1)[0].rstrip(" ,;:–-") + " …"


def _colour(value: str) -> str:
    return value if re.fullmatch(r"#[0-9a-fA-F]{6}", value) else "#1f4e79"


def _readable(colour: str) -> str:
    """The colour, darkened until it has a contrast of 4.5 to white paper (WCAG 2.2, 1.4.3)."""
    channels = [int(colour[n : n + 2], 16) for n in (1, 3, 5)]
    while 1.05 / (_luminance(channels) + 0.05) < 4.5:
        channels = [channel * 9 // 10 for channel in channels]
    return "#" + "".join(f"{channel:02x}" for channel in channels)


def _luminance(channels: list[int]) -> float:
    """Relative luminance of an sRGB colour, as WCAG 2.2 defines it."""
    shares = (channel / 255 for channel in channels)
    linear = [s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
