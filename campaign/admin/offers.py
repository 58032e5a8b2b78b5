"""What the other package offers to the page of a letter: `signatories` fills it in."""

from collections.abc import Callable
from dataclasses import dataclass, field

from django.http import HttpRequest

from campaign.markup.notes import Note, notes_on
from campaign.models import Letter
from campaign.models.text import Change


@dataclass(frozen=True)
class Said:
    """A line of the box “How it stands”, with where to act on it."""

    text: str
    url: str = ""


def _nobody(letter: Letter, change: Change) -> str:
    return f"{change.label}."


@dataclass
class Offers:
    #: Whom fixing such a Text would ask, in a sentence.
    whom_it_asks: Callable[[Letter, Change], str] = _nobody
    #: What is to be said of how the letter stands.
    standing: Callable[[HttpRequest, Letter], list[Said]] = lambda _, __: []
    #: What of a body will not come out as somebody may expect.
    body_notes: Callable[[str], list[Note]] = field(default=notes_on)


OFFERS = Offers()
