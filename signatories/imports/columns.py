"""The columns of the files, and under what headings they are recognised, in any case and order."""

import re
from collections import Counter
from dataclasses import dataclass

from campaign.names import name_key
from signatories.imports.table import FileError, Table
from signatories.models.importing import Kind

#: By kind: the column, and the usual synonyms of its heading in the form of `plain`. The first
#: column has to be there.
COLUMNS: dict[Kind, dict[str, set[str]]] = {
    Kind.ORGANISATIONS: {
        "organisation": {
            "organization", "organisation name", "organization name", "name", "display name",
            "name of organisation", "name of organization", "name of the organisation", "member",
            "ngo", "association", "body",
        },
        "aliases": {
            "alias", "also known as", "other names", "other name", "acronym", "acronyms",
            "abbreviation", "abbreviations", "short name",
        },
        "sort_as": {"sort name", "sort key", "sorted as", "sort by"},
        "website": {"web site", "web", "site", "url", "homepage", "home page", "web address"},
        "country": {"country code", "nation", "country of registration"},
        "parent": {
            "parent organisation", "parent organization", "member of", "part of", "umbrella",
            "chapter of", "belongs to",
        },
    },
    Kind.SIGN_ONS: {
        "organisation": {
            "organization", "organisation name", "organization name", "listed name", "signatory",
            "name of organisation", "name of organization", "name of the organisation", "ngo",
            "association", "name", "body", "display name",
        },
        "group": {"category", "section", "heading"},
        "country": {"country code", "nation"},
        "website": {"web site", "web", "site", "url", "homepage", "home page", "web address"},
        "contact_name": {
            "contact", "contact person", "name of contact", "signed by", "representative",
            "signer", "full name", "person",
        },
        "contact_title": {
            "title", "position", "job title", "role", "function", "title of contact",
            "contact position",
        },
        "email": {
            "e mail", "mail", "email address", "e mail address", "contact email", "contact e mail",
        },
        "evidence": {"note", "notes", "source", "how we know", "comment", "comments", "remarks"},
        "sort_as": {"sort name", "sort key", "sorted as", "sort by"},
    },
}  # fmt: skip
CONTACT = ["contact_name", "contact_title", "email"]


def plain(heading: str) -> str:
    """What two spellings of a heading share: small letters and digits, single spaces."""
    return re.sub(r"[\W_]+", " ", name_key(heading)).strip()


def _known(kind: Kind) -> dict[str, str]:
    return {
        spelling: column
        for column, synonyms in COLUMNS[kind].items()
        for spelling in {plain(column), *synonyms}
    }


@dataclass(frozen=True)
class Matched:
    #: For each place in a row the column it is, or "" where it is not read.
    columns: list[str]
    #: Headings that are none of ours, and were not said to be left out.
    unknown: list[str]


def match(table: Table, kind: Kind, ignored: list[str]) -> Matched:
    """Raises FileError where a column that is needed is not there, or two are the same."""
    known, labels = _known(kind), _labels(table)
    found = ["" if label in ignored else known.get(plain(label), "") for label in labels]
    needed = next(iter(COLUMNS[kind]))
    if needed not in found:
        raise FileError(
            f"There is no column “{needed}”. The first row should hold the headings; it holds: "
            f"{', '.join(heading or '(empty)' for heading in table.headings[:10])}."
        )
    for column, times in Counter(filter(None, found)).items():
        if times > 1:
            same = [label for label, read in zip(labels, found, strict=True) if read == column]
            raise FileError(
                f"{times} columns are read as “{column}”: {', '.join(same)}. Please rename or "
                "remove all but one."
            )
    unread = [label for label, read in zip(labels, found, strict=True) if label and not read]
    return Matched(found, [label for label in unread if label not in ignored])


def _labels(table: Table) -> list[str]:
    """Each heading; a place for one without, and nothing for a column that is all empty."""

    def label(place: int, heading: str) -> str:
        filled = heading or any(line.cells[place].strip() for line in table.lines)
        return heading or (f"(column {place + 1}, without a heading)" if filled else "")

    return [label(place, heading) for place, heading in enumerate(table.headings)]
