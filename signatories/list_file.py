"""The list of signatories as CSV: `group,organisation,country,website`, errors by line."""

import csv
import io
import unicodedata
from dataclasses import dataclass

import pycountry
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator

from campaign.names import clean_name, name_key

REQUIRED = ["group", "organisation"]
OPTIONAL = ["country", "website"]
#: Spreadsheets take cells that begin with these for formulas; the export puts a ' before them.
FORMULA = ("=", "+", "-", "@", "\t", "\r")
_check_url = URLValidator(schemes=["http", "https"])


class ListFileError(Exception):
    """The list cannot be used; the message is one line that names the line of the file."""

    def __init__(self, problem: str, line: int = 1) -> None:
        super().__init__(f"line {line}: {problem}")


@dataclass(frozen=True)
class ListEntry:
    line: int
    group: str
    organisation: str
    country: str = ""
    website: str = ""


def read_list_file(content: bytes, *, groups: set[str]) -> list[ListEntry]:
    """Read the list, each group one of `groups` (keys). Raises ListFileError."""
    text = _decode(content)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    entries: list[ListEntry] = []
    seen: dict[str, int] = {}
    try:
        header = [cell.strip().lower() for cell in next(reader, [])]
        _check_header(header)
        for row in reader:
            if not any(cell.strip() for cell in row):
                continue
            # A quoted cell may hold line breaks: the reader's number is that of the row's end.
            line = reader.line_num
            if len(row) != len(header):
                raise ListFileError(f"expected {len(header)} cells, found {len(row)}", line)
            entry = _entry(dict(zip(header, row, strict=True)), line, groups)
            key = name_key(entry.organisation)
            if key in seen:
                raise ListFileError(
                    f"organisation: “{entry.organisation}” stands in line {seen[key]} already", line
                )
            seen[key] = line
            entries.append(entry)
    except csv.Error as error:
        raise ListFileError(f"this is not valid CSV: {error}", reader.line_num or 1) from error
    return entries


def _decode(content: bytes) -> str:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise ListFileError("the file is not UTF-8 text; save it as UTF-8 CSV", line) from error
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise ListFileError("the file is binary; expected CSV text", line)
    return unicodedata.normalize("NFC", text)


def _check_header(header: list[str]) -> None:
    for column in REQUIRED:
        if column not in header:
            raise ListFileError(
                f"the column “{column}” is missing; expected {','.join(REQUIRED + OPTIONAL)}"
            )
    for column in header:
        if column not in REQUIRED + OPTIONAL:
            raise ListFileError(
                f"unknown column “{column}”; known are {', '.join(REQUIRED + OPTIONAL)}"
            )
        if header.count(column) > 1:
            raise ListFileError(f"the column “{column}” stands twice")


def _entry(row: dict[str, str], line: int, groups: set[str]) -> ListEntry:
    group = row["group"].strip()
    if group not in groups:
        known = ", ".join(sorted(groups)) or "none"
        raise ListFileError(
            f"group: “{group}” is not a group of the letter; known are {known}", line
        )
    if not row["organisation"].strip():
        raise ListFileError("organisation: the name is empty", line)
    try:
        name = clean_name(unescape_formula(row["organisation"]))
    except ValidationError as error:
        raise ListFileError(f"organisation: {error.messages[0]}", line) from error
    country = row.get("country", "").strip().upper()
    if country and pycountry.countries.get(alpha_2=country) is None:
        raise ListFileError(
            f"country: “{country}” is not an ISO 3166-1 code of two letters, such as SE", line
        )
    website = unescape_formula(row.get("website", "").strip())
    if website:
        try:
            _check_url(website)
            if any(unicodedata.category(character) == "Cc" for character in website):
                raise ValidationError("control character")
        except ValidationError as error:
            raise ListFileError(
                f"website: “{website}” is not an address such as https://example.org", line
            ) from error
        if len(website) > 200:
            raise ListFileError("website: has more than 200 characters", line)
    return ListEntry(line=line, group=group, organisation=name, country=country, website=website)


def escape_formula(cell: str) -> str:
    """The cell as a spreadsheet shows it, not computes it."""
    return f"'{cell}" if cell.lstrip("'").startswith(FORMULA) else cell


def unescape_formula(cell: str) -> str:
    """What `escape_formula` was given, so that an exported list loads again as it was."""
    return cell[1:] if cell.startswith("'") and cell.lstrip("'").startswith(FORMULA) else cell
