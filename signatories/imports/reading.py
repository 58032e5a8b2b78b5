"""From the bytes of a file to a table, by what is in it and not by what it is called."""

import unicodedata

from signatories.imports import csv_file, xlsx_file
from signatories.imports.table import FileError, Line, Table, made_of
from signatories.list_file import unescape_formula

#: A request at the desk is 4 MB at most (deploy/Caddyfile).
LARGEST_FILE = 3_500_000  # bytes


def read(content: bytes) -> Table:
    """The table in NFC, without the ' that keeps a spreadsheet from computing. Raises FileError."""
    if len(content) > LARGEST_FILE:
        raise FileError("The file is larger than 3.5 MB. Please import it in several parts.")
    for start, what in xlsx_file.OTHERS.items():
        if content.startswith(start):
            raise FileError(what)
    if content.startswith(xlsx_file.ZIP):
        lines, warnings = xlsx_file.records(content)
    else:
        text, warnings = csv_file.decode(content)
        if text.lstrip()[:15].lower().startswith(("<!doctype", "<html", "<?xml")):
            raise FileError("This is a web page. Please upload the table as .xlsx or CSV.")
        lines = list(csv_file.records(text))
    return made_of([_plain(line) for line in lines], warnings)


def _plain(line: Line) -> Line:
    return Line(
        line.number,
        [unescape_formula(unicodedata.normalize("NFC", cell)) for cell in line.cells],
    )
