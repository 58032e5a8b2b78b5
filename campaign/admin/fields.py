"""Form fields for lines of text, as staff type or paste them."""

import re
import unicodedata
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from campaign.models import Letter

LONGEST_LINE = 300  # characters, as the database has it


def refuse_control_characters(text: str) -> None:
    """Raises ValidationError with the line: word processors copy such characters along."""
    for position, character in enumerate(text):
        if character not in "\r\n\t" and unicodedata.category(character) == "Cc":
            line = text.count("\n", 0, position) + 1
            raise ValidationError(
                f"Line {line} holds the control character U+{ord(character):04X}; "
                "please type that place again."
            )


class LineField(forms.CharField):
    """One line; line breaks that were pasted along become spaces."""

    def to_python(self, value: Any) -> str:
        line = " ".join(re.split(r"\s*[\r\n]+\s*", super().to_python(value) or ""))
        refuse_control_characters(line)
        return line


class LinesField(forms.CharField):
    """A list, one entry a line."""

    widget = forms.Textarea(attrs={"rows": 4, "cols": 60, "dir": "auto"})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[str]:
        # A disabled field is given its initial value, which is a list.
        text = super().clean(self.prepare_value(value))
        refuse_control_characters(text)
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        for number, line in enumerate(lines, 1):
            if len(line) > LONGEST_LINE:
                raise ValidationError(
                    f"Line {number} has {len(line)} characters; the longest is {LONGEST_LINE}."
                )
        return lines

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)


class LetterField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A choice among letters that are `titled()`: by their title, and by their address as well."""

    def label_from_instance(self, obj: Letter) -> str:
        return called(obj)


def called(letter: Letter) -> str:
    """Two letters may have one title: from year to year, say."""
    return f"{letter} (/letters/{letter.slug}/)"
