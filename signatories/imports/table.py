"""A table as it was read from a file: headings, rows and what is to be said about them."""

from dataclasses import asdict, dataclass, field
from typing import Any

#: Rows of one file. Two files are better than one that takes longer than a page may.
MOST_ROWS = 10_000
MOST_COLUMNS = 50
#: Characters of a cell: evidence is the longest that one holds.
LONGEST_CELL = 5_000

TOO_MANY_ROWS = f"The file has more than {MOST_ROWS:,} rows. Please import it in several parts."
LONGEST_HEADING = 100


class FileError(Exception):
    """The file cannot be used; the message is for staff, and says what to do."""


@dataclass(frozen=True)
class Line:
    """A row of the file under its number, as a spreadsheet has it: the headings are row 1."""

    number: int
    cells: list[str]


@dataclass(frozen=True)
class Table:
    headings: list[str]
    lines: list[Line]
    #: How it was read, where that is not certain.
    warnings: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "Table":
        lines = [Line(**line) for line in stored["lines"]]
        return cls(stored["headings"], lines, stored["warnings"])


def made_of(records: "list[Line]", warnings: list[str]) -> Table:
    """The first record that is not empty holds the headings. Raises FileError.

    Empty columns at the right and empty rows are left out; rows keep their numbers.
    """
    filled = [line for line in records if any(cell.strip() for cell in line.cells)]
    if not filled:
        raise FileError("The file is empty.")
    head, *lines = filled
    headings = [cell.strip() for cell in head.cells]
    while headings and not headings[-1]:
        headings.pop()
    if len(headings) > MOST_COLUMNS:
        raise FileError(f"The file has more than {MOST_COLUMNS} columns.")
    if not lines:
        raise FileError("The file has headings, and no rows below them.")
    if len(lines) > MOST_ROWS:
        raise FileError(TOO_MANY_ROWS)
    if any(len(heading) > LONGEST_HEADING for heading in headings):
        raise FileError(
            f"Row {head.number} should hold the headings, and has a cell of more than "
            f"{LONGEST_HEADING} characters."
        )
    for line in lines:
        _check(line)
    return Table(headings, [_even(line, len(headings)) for line in lines], warnings)


def _check(line: Line) -> None:
    for cell in line.cells:
        if len(cell) > LONGEST_CELL:
            raise FileError(
                f"Row {line.number} has a cell of {len(cell):,} characters. Perhaps a quotation "
                "mark is missing there."
            )
        if "\0" in cell or any("\ud800" <= character <= "\udfff" for character in cell):
            raise FileError(f"Row {line.number} holds characters that no text has.")


def _even(line: Line, width: int) -> Line:
    """As many cells as there are headings; what is beyond them stays, to be refused as wrong."""
    cells = list(line.cells)
    while len(cells) > width and not cells[-1].strip():
        cells.pop()
    return Line(line.number, cells + [""] * (width - len(cells)))
