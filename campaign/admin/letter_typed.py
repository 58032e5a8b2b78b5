"""A letter as it stands in a form that nobody has saved: for its preview."""

from dataclasses import dataclass
from typing import Any

from django.http import QueryDict

from campaign.admin.letter_form import WORDS, LetterForm
from campaign.admin.offers import OFFERS
from campaign.models import Letter
from campaign.models.letter import State
from campaign.texts import Words

LINES = {"addressee", "cc"}


@dataclass(frozen=True)
class Typed:
    """`letter` has the settings as typed, unsaved, where they are valid; `notes` are for people."""

    letter: Letter
    words: Words
    number: int
    fixed: bool
    notes: list[str]


def as_typed(data: QueryDict, letter: Letter | None) -> Typed:
    """What the form of this letter, or of a new one, holds; whatever is typed gives a result."""
    form = LetterForm(data, instance=letter)
    form.is_valid()
    words = Words(**{name: _words(form, name) for name in WORDS}).normalised()
    typed: Letter = form.instance
    current = form.current
    another = current is not None and typed.state != State.DRAFT and form.has_new(words)
    return Typed(
        letter=typed,
        words=words,
        number=(current.text.number if current else 1) + another,
        fixed=typed.state != State.DRAFT,
        notes=[
            *(f"{form.fields[name].label or name.capitalize()}: {problem}"
              for name in WORDS for problem in form.errors.get(name, [])),
            *map(str, OFFERS.body_notes(words.body)),
        ],
    )  # fmt: skip


def _words(form: LetterForm, name: str) -> Any:
    """As they were cleaned, or else as they were typed."""
    if name in form.cleaned_data:
        return form.cleaned_data[name]
    typed = str(form.data.get(name, ""))
    return typed.splitlines() if name in LINES else typed
