"""CSV and XLSX, written as they are sent: neither a file nor all rows at once.

Each cell is text that a spreadsheet shows and does not compute: see signatories.list_file.
"""

import csv
import io
import re
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator
from html import escape

from signatories.list_file import escape_formula

#: Without it Excel takes UTF-8 for the code page of the machine.
BOM = "\ufeff"
#: Characters between two pieces that are sent.
PIECE = 64 * 1024
#: What XML 1.0 cannot hold.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
#: In a string Excel takes _x0041_ for the letter A.
_LIKE_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")


def _safe(cell: str) -> str:
    return escape_formula(unicodedata.normalize("NFC", cell))


def as_csv(lines: Iterable[list[str]]) -> Iterator[bytes]:
    """UTF-8 with a mark, commas, and the line ends that the standard wants (RFC 4180)."""
    out = io.StringIO(newline="")
    out.write(BOM)
    writer = csv.writer(out)
    for line in lines:
        writer.writerow([_safe(cell) for cell in line])
        if out.tell() > PIECE:
            yield out.getvalue().encode()
            out.seek(0)
            out.truncate()
    yield out.getvalue().encode()


class _Sent(io.RawIOBase):
    """What a ZIP is written to, and taken from piece by piece."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: "bytes | bytearray | memoryview", /) -> int:  # type: ignore[override]
        self._pieces.append(bytes(data))
        return len(data)

    def taken(self) -> bytes:
        found = b"".join(self._pieces)
        self._pieces.clear()
        return found


_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
#: What an XLSX needs beside its one sheet (ECMA-376 part 1, 12.2 and 18).
_PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.'
    'relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPE}.worksheet+xml"/>'
    "</Types>",
    "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/>'
    "</Relationships>",
    "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
    '<sheet name="Export" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
    "</Relationships>",
}


def as_xlsx(lines: Iterable[list[str]]) -> Iterator[bytes]:
    """One sheet of text cells, its first row staying in sight."""
    sent = _Sent()
    with zipfile.ZipFile(sent, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in _PARTS.items():
            package.writestr(name, _XML + content)
        with package.open("xl/worksheets/sheet1.xml", "w") as sheet:
            held, size = [_XML, _HEAD], 0
            for number, line in enumerate(lines, 1):
                held.append(_row(number, line))
                size += len(held[-1])
                if size > PIECE:
                    sheet.write("".join(held).encode())
                    held, size = [], 0
                    yield sent.taken()
            sheet.write("".join([*held, _FOOT]).encode())
    yield sent.taken()


_HEAD = (
    f'<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" '
    'topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
    '<cols><col min="1" max="50" width="24" customWidth="1"/></cols><sheetData>'
)
_FOOT = "</sheetData></worksheet>"


def _row(number: int, line: list[str]) -> str:
    cells = "".join(
        f'<c t="inlineStr"><is><t xml:space="preserve">{_text(cell)}</t></is></c>' for cell in line
    )
    return f'<row r="{number}">{cells}</row>'


def _text(cell: str) -> str:
    plain = _NOT_XML.sub("\ufffd", _safe(cell))
    return escape(_LIKE_ESCAPED.sub("_x005F_", plain), quote=False).replace("\r", "&#13;")


FORMATS = {
    "csv": ("text/csv; charset=utf-8", as_csv),
    "xlsx": (f"{_TYPE}.sheet", as_xlsx),
}
