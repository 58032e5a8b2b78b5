"""Any file that staff have is read as it is meant, or refused in words."""

import io
import zipfile
from pathlib import Path

import openpyxl
import pytest

from signatories.imports.columns import match
from signatories.imports.csv_file import GUESSED
from signatories.imports.reading import LARGEST_FILE, read
from signatories.imports.table import MOST_ROWS, FileError
from signatories.imports.xlsx_file import LARGEST
from signatories.models.importing import Kind
from tests.signatories.imports.files import csv_of, xlsx_of

ROWS = [["group", "organisation"], ["partners", "Médecins du Monde"], ["partners", "A; B, C"]]
CELLS = [["partners", "Médecins du Monde"], ["partners", "A; B, C"]]


def cells(content: bytes) -> list[list[str]]:
    return [line.cells for line in read(content).lines]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_csv_is_read_as_spreadsheets_write_it(delimiter: str, encoding: str) -> None:
    table = read(csv_of(*ROWS, delimiter=delimiter, encoding=encoding))
    assert table.headings == ["group", "organisation"]
    assert [line.cells for line in table.lines] == CELLS
    assert table.warnings == []


def test_windows_1252_is_read_with_a_warning() -> None:
    table = read(csv_of(*ROWS, delimiter=";", encoding="cp1252"))
    assert [line.cells for line in table.lines] == CELLS
    assert table.warnings == [GUESSED]


def test_excels_line_about_separators_is_no_heading() -> None:
    assert cells(b"sep=;\r\n" + csv_of(*ROWS, delimiter=";")) == CELLS


def test_xlsx_is_read_by_its_first_sheet_as_text() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    for row in [
        ["organisation", "n"],
        ["=1+1", 350],
        [True, 2.5],
        ["\u0645\u06cc\u200c\u062e", 3.0],
    ]:
        sheet.append(row)
    sheet["A2"].data_type = "s"
    book.create_sheet("Old")
    out = io.BytesIO()
    book.save(out)
    table = read(out.getvalue())
    assert [line.cells for line in table.lines] == [
        ["=1+1", "350"], ["TRUE", "2.5"], ["\u0645\u06cc\u200c\u062e", "3"],
    ]  # fmt: skip
    assert table.warnings == ["Only the first sheet, “Sheet”, is read; the other sheet is not."]


def test_rows_have_the_numbers_that_a_spreadsheet_shows() -> None:
    for content in (
        csv_of([], ["organisation"], [], ["Alpha"], [" "], ["Be\nta"], ["Gamma"]),
        xlsx_of([], ["organisation"], [], ["Alpha"], [" "], ["Be\nta"], ["Gamma"]),
    ):
        assert [line.number for line in read(content).lines] == [4, 6, 7]


def test_empty_columns_and_rows_are_left_out() -> None:
    content = csv_of(["organisation", "", ""], ["Alpha", "", "", ""], ["", "", ""])
    table = read(content)
    assert (table.headings, [line.cells for line in table.lines]) == (["organisation"], [["Alpha"]])


def repacked(content: bytes, **changed: bytes | None) -> bytes:
    """The XLSX with other parts."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", 8) as new:
        parts = {part: old.read(part) for part in old.namelist()}
        names = {name.replace("__", "/"): value for name, value in changed.items()}
        for name, value in {**parts, **names}.items():
            if value is not None:
                new.writestr(name, value)
    return out.getvalue()


SHEET = xlsx_of(*ROWS)
ENTITY = (
    b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>'
    b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    b'<row r="1"><c t="inlineStr"><is><t>&b;</t></is></c></row></sheetData></worksheet>'
)
TYPES = b"<Types>application/vnd.ms-excel.sheet.macroEnabled.main+xml</Types>"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"\n\n", "is empty"),
        (b"organisation\n", "no rows below"),
        (b"\xd0\xcf\x11\xe0" + b"x" * 100, "old Excel file"),
        (b"%PDF-1.7", "PDF"),
        (b"<!DOCTYPE html><table>", "web page"),
        (b"\x89PNG\r\n\x1a\n\0\0\0", "no text|neither"),
        (b"organisation\n\x81\x8d\x8f", "neither UTF-8 nor Windows-1252"),
        (b'organisation\n"Alpha', "Row 2 is no valid CSV"),
        (b"organisation\n" + b"x" * 6000, "6,000 characters"),
        (b"organisation\n" + b"x\n" * (MOST_ROWS + 1), "more than 10,000 rows"),
        (b"x" * (LARGEST_FILE + 1), "larger than 3.5 MB"),
        (b"x" * 101 + b"\ny", "should hold the headings"),
        (b"PK\x03\x04 no zip", "damaged"),
        (SHEET[:-200], "damaged"),
        (repacked(SHEET, xl__vbaProject=b""), "macros"),
        (repacked(SHEET, **{"[Content_Types].xml": TYPES}), "macros"),
        (repacked(SHEET, **{"content.xml": b""}), "OpenDocument"),
        (repacked(SHEET, **{"word/document.xml": b""}), "document"),
        (repacked(SHEET, **{"xl/workbook.bin": b""}), "xlsb"),
        (repacked(SHEET, **{"xl/workbook.xml": None}), "compressed file"),
        (repacked(SHEET, **{"xl/worksheets/sheet1.xml": ENTITY}), "entities|damaged"),
        (repacked(SHEET, **{"xl/worksheets/sheet1.xml": b"<x"}), "damaged"),
        (xlsx_of(["organisation"], *([["x"]] * (MOST_ROWS + 1))), "more than 10,000 rows"),
    ],
)
def test_what_cannot_be_used_is_refused_in_words(content: bytes, said: str) -> None:
    with pytest.raises(FileError, match=said):
        read(content)


def test_a_zip_bomb_is_refused_before_it_is_unpacked() -> None:
    bomb = repacked(SHEET, **{"xl/sharedStrings.xml": b" " * (LARGEST + 1)})
    assert len(bomb) < 100_000
    with pytest.raises(FileError, match="too large once it is unpacked"):
        read(bomb)


def test_a_cell_far_below_does_not_make_a_million_rows() -> None:
    sheet = (
        b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><dimension '
        b'ref="A1:XFD1048576"/><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>organisation'
        b'</t></is></c></row><row r="90000"><c r="A90000" t="inlineStr"><is><t>Alpha</t></is></c>'
        b"</row></sheetData></worksheet>"
    )
    (line,) = read(repacked(SHEET, **{"xl/worksheets/sheet1.xml": sheet})).lines
    assert (line.number, line.cells) == (90000, ["Alpha"])


@pytest.mark.parametrize("heading", ["Organisation", "ORGANIZATION", " Name of organisation: "])
def test_headings_are_recognised_in_any_case_and_order(heading: str) -> None:
    table = read(csv_of(["E-Mail", "Country_Code", heading, "URL"], ["x", "x", "x", "x"]))
    found = match(table, Kind.SIGN_ONS, [])
    assert (found.columns, found.unknown) == (["email", "country", "organisation", "website"], [])


def test_headings_that_are_not_ours_are_named() -> None:
    table = read(csv_of(["Phone", "", "", "organisation"], ["1", "2", "", "x"]))
    assert match(table, Kind.SIGN_ONS, []).unknown == ["Phone", "(column 2, without a heading)"]
    ignored = ["Phone", "(column 2, without a heading)"]
    assert match(table, Kind.SIGN_ONS, ignored).unknown == []


def test_a_file_without_names_or_with_two_columns_of_them_is_refused() -> None:
    with pytest.raises(FileError, match=r"no column “organisation”.*Members of ours, 2026"):
        match(read(csv_of(["Members of ours", "2026"], ["x", "y"])), Kind.SIGN_ONS, [])
    with pytest.raises(FileError, match="2 columns are read as “organisation”: Name, NGO"):
        match(read(csv_of(["Name", "NGO"], ["x", "y"])), Kind.SIGN_ONS, [])


def test_the_sample_list_of_the_project_is_understood() -> None:
    sample = Path(__file__).resolve().parents[3] / "sample/signatories.csv"
    table = read(sample.read_bytes())
    assert len(table.lines) == len(sample.read_text().splitlines()) - 1
    assert match(table, Kind.SIGN_ONS, []).unknown == []
