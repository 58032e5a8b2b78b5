"""Whatever a name is, it comes back from a spreadsheet whole, and no cell is computed."""

import csv
import io

import openpyxl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from campaign.names import clean_name
from signatories.exports.files import FORMATS, as_csv, as_xlsx
from signatories.imports.reading import read
from signatories.list_file import FORMULA

HARD = [
    "=1+1", "+46", "-Minus", "@home", "'=quoted", "''=twice", "'Quoted'", "=HYPERLINK(\"x\")",
    "A, B; C", 'She said "no"', "Médecins du Monde", "میخواهم می‌خواهم", "क्‍ष", "🌍 Earth", "ACT™",
    "<b>&amp;</b>", "_x0041_bc", "_x005F_x0041_", "]]>", "ﬁ", "Ω\u0301mega", "ＨＲＷ", "\\N",
]  # fmt: skip


def text(content: bytes) -> list[str]:
    return [line.cells[0] for line in read(content).lines]


def written(file_format: str, cells: list[str]) -> bytes:
    _, write = FORMATS[file_format]
    return b"".join(write([["organisation", "x"], *([cell, "x"] for cell in cells)]))


@pytest.mark.parametrize("file_format", FORMATS)
def test_hard_names_survive_the_round_trip(file_format: str) -> None:
    names = [clean_name(name) for name in HARD]
    assert text(written(file_format, names)) == names


@pytest.mark.parametrize("file_format", FORMATS)
@given(
    typed=st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40)
    | st.builds("{}{}".format, st.sampled_from([*FORMULA[:4], "'", "''=", "_x0020_"]), st.text())
)
@example("='\u200c")
def test_any_name_survives_the_round_trip(file_format: str, typed: str) -> None:
    try:
        name = clean_name(typed)
    except Exception:  # not a name, so none to lose
        return
    assert text(written(file_format, [name])) == [name]


@given(cells=st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=20), min_size=1))
def test_no_cell_begins_as_a_formula_and_every_cell_is_text(cells: list[str]) -> None:
    rows = list(csv.reader(io.StringIO(b"".join(as_csv([cells])).decode("utf-8-sig"), newline="")))
    assert not any(cell.startswith(FORMULA) for row in rows for cell in row)
    book = openpyxl.load_workbook(io.BytesIO(b"".join(as_xlsx([cells]))))
    for row in book.active.iter_rows():
        for cell in row:
            assert cell.data_type in {"s", "inlineStr", "n"}
            assert cell.value is None or not str(cell.value).startswith(FORMULA)
            assert cell.data_type != "n" or cell.value is None


def test_csv_has_the_mark_that_excel_needs_and_is_in_nfc() -> None:
    content = b"".join(as_csv([["e\u0301", "می‌خواهم"]]))
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.decode("utf-8-sig") == "\xe9,می‌خواهم\r\n"


@pytest.mark.parametrize("file_format", FORMATS)
def test_a_large_file_is_sent_in_pieces(file_format: str) -> None:
    _, write = FORMATS[file_format]
    made = 0

    def lines() -> object:
        nonlocal made
        for made in range(20_000):
            yield [f"Body {made}", "x" * 50]

    pieces = write(lines())  # type: ignore[arg-type]
    next(pieces)
    assert made < 5_000, "the first piece was there before most rows were read"
    assert sum(map(len, pieces)) > 0
