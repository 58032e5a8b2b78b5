"""XLSX: the first sheet, its values as text; what is dangerous or something else is refused."""

import io
import re
import warnings
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any

import openpyxl
from defusedxml.common import DefusedXmlException

from signatories.imports.table import (
    MOST_COLUMNS,
    MOST_ROWS,
    TOO_MANY_ROWS,
    FileError,
    Line,
)

#: What all parts together may have once they are unpacked; no ZipFile gives more than it declares.
LARGEST = 48 * 1024 * 1024  # bytes
MOST_PARTS = 500

ZIP = b"PK\x03\x04"
#: The first bytes of what people upload instead.
OTHERS = {
    b"\xd0\xcf\x11\xe0": "This is an old Excel file (.xls), or one with a password. Please save it "
    "as .xlsx without a password.",
    b"%PDF": "This is a PDF. Please upload the table itself, as .xlsx or CSV.",
    b"\x1f\x8b": "This is a compressed file. Please unpack it first.",
    b"Rar!": "This is a compressed file. Please unpack it first.",
    b"7z\xbc\xaf": "This is a compressed file. Please unpack it first.",
    b"{\\rtf": "This is a document. Please upload the table as .xlsx or CSV.",
}
#: How a sheet writes what XML cannot hold (ECMA-376 part 1, 22.9.2.19); openpyxl leaves it so.
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
DAMAGED = "The .xlsx file is damaged. Please open it in a spreadsheet and save it again."


def check(content: bytes) -> None:
    """Raises FileError for a ZIP that is no harmless XLSX, before any of it is read as XML."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as file:
            parts = {part.filename: part for part in file.infolist()}
            _check_parts(parts)
            kinds = file.read("[Content_Types].xml")
    except FileError:
        raise
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, KeyError, OSError) as error:
        raise FileError(DAMAGED) from error
    if b"macroEnabled" in kinds or any("vbaProject" in name for name in parts):
        raise FileError(
            "The file holds macros, which are programs. Please save it as .xlsx without macros."
        )


def _check_parts(parts: dict[str, zipfile.ZipInfo]) -> None:
    if "content.xml" in parts:
        raise FileError("This is an OpenDocument file. Please save it as .xlsx or CSV.")
    if "word/document.xml" in parts or "ppt/presentation.xml" in parts:
        raise FileError("This is a document. Please upload the table as .xlsx or CSV.")
    if "xl/workbook.bin" in parts:
        raise FileError("This is a binary Excel file (.xlsb). Please save it as .xlsx.")
    if "[Content_Types].xml" not in parts or "xl/workbook.xml" not in parts:
        raise FileError("This is a compressed file. Please unpack it first.")
    unpacked = sum(part.file_size for part in parts.values())
    if unpacked > LARGEST or len(parts) > MOST_PARTS:
        raise FileError(
            "The .xlsx file is too large once it is unpacked. Please save the sheet alone, as CSV."
        )


def records(content: bytes) -> tuple[list[Line], list[str]]:
    """The rows of the first sheet, and what is to be said about them. Raises FileError."""
    check(content)
    try:
        with warnings.catch_warnings():
            # openpyxl warns of drawings and the like that it leaves out, as we do.
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
            if not book.worksheets:
                raise FileError("The file has no sheet with a table.")
            sheet = book.worksheets[0]
            lines = list(_lines(sheet))
    except FileError:
        raise
    except DefusedXmlException as error:
        raise FileError("The file holds XML entities, which no spreadsheet writes.") from error
    except Exception as error:  # openpyxl raises whatever it stumbles over
        raise FileError(DAMAGED) from error
    others = len(book.sheetnames) - 1
    if not others:
        return lines, []
    said = "the other sheet is" if others == 1 else f"the other {others} sheets are"
    return lines, [f"Only the first sheet, “{sheet.title}”, is read; {said} not."]


def _lines(sheet: Any) -> Iterator[Line]:
    """Those with anything in them. A stray format may make an empty sheet a million rows long."""
    # The size that the file gives for itself may be wrong, or a trap.
    sheet.reset_dimensions()
    filled = 0
    for number, values in enumerate(sheet.iter_rows(max_col=MOST_COLUMNS + 1, values_only=True), 1):
        if any(value is not None for value in values):
            filled += 1
            if filled > MOST_ROWS + 1:
                raise FileError(TOO_MANY_ROWS)
            yield Line(number, [_text(value) for value in values])


def _text(value: Any) -> str:
    """As the sheet shows it, or nearly."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime) and value.time() == time.min:
        return value.date().isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), str(value))
