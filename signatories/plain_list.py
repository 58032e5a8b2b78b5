"""The public list as plain text: for an e-mail, and as one paragraph for a press release."""

from collections.abc import Sequence
from datetime import UTC, datetime

from signatories.editions.pdf_data import MONTHS, signatories
from signatories.editions.schema import ListedGroup

#: Before the last name, by the letter's language; elsewhere a comma, which is wrong nowhere.
AND = {
    "ca": "i", "da": "og", "de": "und", "en": "and", "es": "y", "fr": "et", "it": "e",
    "nb": "og", "nl": "en", "pt": "e", "sv": "och",
}  # fmt: skip


def as_mail(groups: Sequence[ListedGroup], *, title: str, url: str, at: datetime) -> str:
    """Title, link, count, and the names under their headings, one a line, wrapped nowhere."""
    count = sum(len(group["signatories"]) for group in groups)
    moment = at.astimezone(UTC)
    head = [
        title,
        url,
        "",
        f"{signatories(count)} as of {moment.day} {MONTHS[moment.month - 1]} "
        f"{moment:%Y, %H:%M} UTC",
    ]
    for group in groups:
        head += ["", group["title"], *(one["name"] for one in group["signatories"])]
    return "\n".join(head) + "\n"


def as_paragraph(groups: Sequence[ListedGroup], *, language: str) -> str:
    """“A, B and C” in house order; with semicolons where a name has a comma of its own."""
    names = [one["name"] for group in groups for one in group["signatories"]]
    comma = "; " if any("," in name for name in names) else ", "
    word = AND.get(language.split("-")[0].lower())
    last = f" {word} " if word and comma == ", " else f"; {word} " if word else comma
    if len(names) < 2:
        return "".join(names)
    return comma.join(names[:-1]) + last + names[-1]
