"""Stylesheets: what a merge can break without any page failing."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHEETS = sorted((ROOT / "static/css").glob("*.css"))
#: A section begins with a comment at the margin: nothing is open there.
SECTION = re.compile(r"^/\*", re.MULTILINE)


def depth(text: str) -> int:
    bare = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    return bare.count("{") - bare.count("}")


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_every_section_closes_what_it_opens(sheet: Path) -> None:
    text = sheet.read_text()
    starts = [found.start() for found in SECTION.finditer(text)]
    open_at = [text[start:].splitlines()[0] for start in starts if depth(text[:start])]
    assert open_at == []
    assert depth(text) == 0
