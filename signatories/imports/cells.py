"""What a cell holds, read and put in order: widgets of django-import-export that refuse in words.

A widget raises ValueError, which import-export notes under its column and goes on with the next.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

import pycountry
from django.core.exceptions import ValidationError
from import_export.widgets import Widget

from campaign.models import Group
from campaign.names import clean_name, name_key
from signatories.cleaning import clean_email, clean_website, person_line
from signatories.countries import country_choices, is_country
from signatories.imports.columns import plain

#: What a spreadsheet shows in place of a value that it could not compute.
BROKEN = {"#N/A", "#REF!", "#NAME?", "#VALUE!", "#DIV/0!", "#NULL!", "#NUM!", "#SPILL!", "#CALC!"}


class Cell(Widget):  # type: ignore[misc]
    """Empty cells say nothing: None, which is not saved."""

    def __init__(self, read: Callable[[str], Any]) -> None:
        super().__init__()
        self._read = read

    def clean(self, value: Any, row: Any = None, **options: Any) -> Any:
        typed = str(value).strip()
        if not typed:
            return None
        if typed in BROKEN:
            raise ValueError(f"“{typed}” is an error of the spreadsheet, not a value.")
        try:
            return self._read(typed)
        except ValidationError as error:
            raise ValueError(error.messages[0]) from error


def name(typed: str) -> str:
    return clean_name(typed)


def aliases(typed: str) -> list[str]:
    """One a line, or between semicolons where it is a single line."""
    parts = typed.split("\n") if "\n" in typed else typed.split(";")
    found: dict[str, str] = {}
    for part in parts:
        if part.strip():
            alias = clean_name(part)
            found.setdefault(name_key(alias), alias)
    return list(found.values())


def website(typed: str) -> str:
    return clean_website(typed)


def email(typed: str) -> str:
    return clean_email(typed)


def of_contact(what: str) -> Callable[[str], str]:
    """As the form reads it, in words for staff."""
    read = person_line(what)

    def clean(typed: str) -> str:
        try:
            return read(typed)
        except ValidationError as error:
            said = error.messages[0].replace(f"Your {what}", f"The contact's {what}")
            raise ValidationError(said.replace(f"your {what}", f"the {what}")) from error

    return clean


def evidence(typed: str) -> str:
    return typed


@cache
def _countries() -> dict[str, str]:
    names = {plain(name): code for code, name in country_choices()}
    for country in pycountry.countries:
        for known in ("name", "official_name", "common_name", "alpha_3"):
            names.setdefault(plain(getattr(country, known, "") or country.alpha_2), country.alpha_2)
    return {**names, "uk": "GB", "usa": "US", "u s a": "US", "great britain": "GB", "england": "GB",
            "russia": "RU", "the netherlands": "NL", "holland": "NL"}  # fmt: skip


def country(typed: str) -> str:
    """A code of two letters, or a country's English name."""
    code = typed.upper()
    found = code if is_country(code) else _countries().get(plain(typed))
    if found is None:
        raise ValidationError(
            f"“{typed}” is no country by its English name, or by its code of two letters, such as "
            "SE."
        )
    return found


def group_of(groups: list[Group]) -> Callable[[str], Group]:
    """One of the letter's groups, by key or heading."""
    known = {plain(group.title): group for group in groups}
    known |= {plain(group.key): group for group in groups}

    def read(typed: str) -> Group:
        found = known.get(plain(typed))
        if found is None:
            titles = ", ".join(f"“{group.title}”" for group in groups) or "none"
            raise ValidationError(f"“{typed}” is no group of the letter; it has {titles}.")
        return found

    return read
