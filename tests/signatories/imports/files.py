"""Files for imports, made of rows, and imports of them."""

import csv
import io
from typing import Any

import openpyxl

from campaign.models import Letter
from signatories.imports import running
from signatories.models import Import
from signatories.models.importing import Kind
from tests.factories import StaffFactory

NOTE = "List of its members from the network, e-mail of 3 May."


def csv_of(*rows: Any, delimiter: str = ",", encoding: str = "utf-8") -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter).writerows(rows)
    return out.getvalue().encode(encoding)


def xlsx_of(*rows: Any) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(list(row))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def begin(letter: Letter | None, *rows: Any, content: bytes = b"", **choices: Any) -> Import:
    """A file of these rows, uploaded, and how it is to be imported; not imported yet."""
    imported = running.begin(
        kind=Kind.SIGN_ONS if letter else Kind.ORGANISATIONS,
        letter=letter,
        file_name="list.csv",
        content=content or csv_of(*rows),
        by=StaffFactory(),
    )
    running.choose(
        imported=imported,
        note=choices.pop("note", NOTE if letter else ""),
        ignored=choices.pop("ignored", []),
        approves=choices.pop("approves", False),
        changes=choices.pop("changes", not letter),
        leaves_out_wrong=choices.pop("leaves_out_wrong", False),
    )
    assert not choices
    return imported


def bring(letter: Letter | None, *rows: Any, **choices: Any) -> Import:
    """Imported."""
    imported = begin(letter, *rows, **choices)
    running.confirm(imported=imported, by=imported.by)
    return imported
