"""CSV as spreadsheets save it: comma, semicolon or tab, in UTF-8, UTF-16 or Windows-1252."""

import codecs
import csv
import io
from collections.abc import Iterator

from signatories.imports.table import MOST_ROWS, TOO_MANY_ROWS, FileError, Line

DELIMITERS = (",", ";", "\t")
#: Of the file, for finding out what it is.
HEAD = 4_000  # bytes

GUESSED = (
    "The file is not in UTF-8. It was read as Windows-1252, which spreadsheets on Windows save: "
    "please look whether accents are right. If not, save it as “CSV UTF-8” and upload it again."
)


def decode(content: bytes) -> tuple[str, list[str]]:
    """The text, and what is to be said about how it was read. Raises FileError."""
    encoding = _utf_16(content)
    warnings: list[str] = []
    try:
        text = content.decode(encoding or "utf-8-sig")
    except UnicodeDecodeError as error:
        if encoding:
            raise FileError("The file looks like UTF-16, and is damaged.") from error
        try:
            text = content.decode("cp1252")
        except UnicodeDecodeError as second:
            raise FileError(
                "The file is neither UTF-8 nor Windows-1252 text. Please save it as “CSV UTF-8”, "
                "or as .xlsx."
            ) from second
        warnings = [GUESSED]
    if "\0" in text:
        raise FileError("The file is no text. Please save it as CSV or .xlsx.")
    return text.removeprefix("\ufeff"), warnings


def _utf_16(content: bytes) -> str:
    """By its mark, or by every second byte of what stands at the head, which is ASCII mostly."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    head = content[:HEAD]
    for offset, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        high, low = head[offset::2], head[1 - offset :: 2]
        if high and high.count(0) > len(high) * 0.7 and low.count(0) == 0:
            return encoding
    return ""


def records(text: str) -> Iterator[Line]:
    """Each row with anything in it, and its number. Raises FileError."""
    first = text.splitlines()[0] if text.strip() else ""
    delimiter = _delimiter(first)
    #: Excel's own line, which only says how the cells are separated.
    announced = first.strip().lower().startswith("sep=")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number = filled = 0
    try:
        for number, cells in enumerate(reader, 1):
            if announced and number == 1:
                continue
            if any(cells):
                filled += 1
                if filled > MOST_ROWS + 1:
                    raise FileError(TOO_MANY_ROWS)
                yield Line(number, cells)
    except csv.Error as error:
        raise FileError(f"Row {number + 1} is no valid CSV: {error}.") from error


def _delimiter(first: str) -> str:
    """That which splits the first line into most cells; commas where none does."""
    if first.strip().lower().startswith("sep=") and first.strip()[4:5] in DELIMITERS:
        return first.strip()[4]
    if first.lower().startswith("sep=\t"):
        return "\t"

    def cells(delimiter: str) -> int:
        return len(next(csv.reader([first], delimiter=delimiter), []))

    return max(DELIMITERS, key=cells)
