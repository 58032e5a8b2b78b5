"""Names that break things come out right everywhere, and none of them stops an edition."""

import csv
import io
import json
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest
from pypdf import PdfReader
from pytest_django.fixtures import Settings

from campaign.models import Letter, Publication
from signatories.editions import publisher
from signatories.list_file import read_list_file
from signatories.services import moderation
from signatories.services.signing import Person
from tests.signatories.test_signing import confirm, sign

NAMES = [
    "<b>Bold</b><script>alert(1)</script>",
    "Quotes “curly” 'single' \"double\" & Sons",
    "=1+1",
    "+44 Campaign",
    "-minus",
    "@mention",
    "#let x = 1 $math$ *bold* _it_ `raw` \\ [link](x) // comment /* */ ~ -- ... @ref",
    "Peace 🕊️ and 🏳️‍🌈 Rights 👩‍👩‍👧‍👦",
    "平和のための団体",
    "منظمة السلام (Peace Org)",
    "שלום עכשיו",
    "سازمان می\u200cخواهم",
    "मानवाधिकार संगठन",
    "องค์กรสันติภาพ",
    "Zu\u0308rich e\u0301cole",  # decomposed: listed composed
    "\ufeffByte Order Mark",
    "ACT™ Alliance ½ ﬁ",
    "W" * 300,
    "word " * 59 + "ends",
    "𝔐𝔞𝔱𝔥 \ue000 private",
]


@pytest.fixture
def place(letter: Letter, settings: Settings) -> Path:
    for number, name in enumerate(NAMES):
        sign_on = sign(letter, name, Person("Ada", "Director", f"ada{number}@example.org"))
        confirm(sign_on)
        moderation.approve(sign_on=sign_on)
    publisher.run(overdue=timedelta(0))
    return Path(settings.EDITIONS_DIR) / "letters" / "ours"


def expected() -> set[str]:
    composed = {
        "Zu\u0308rich e\u0301cole": "Zürich école",
        "\ufeffByte Order Mark": "Byte Order Mark",
    }
    return {composed.get(name, name) for name in NAMES}


def test_every_name_is_whole_in_every_file(place: Path) -> None:
    document = json.loads((place / "signatories.json").read_text())
    names = [s["name"] for group in document["groups"] for s in group["signatories"]]
    assert set(names) == expected()
    assert document["count"] == len(NAMES)

    page = (place / "index.html").read_text()
    assert "<script" not in page
    assert all(name in unescape(page) for name in names)

    content = (place / "signatories.csv").read_bytes()
    cells = [row[1] for row in csv.reader(io.StringIO(content.decode()))][1:]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]
    entries = read_list_file(content, groups={"committee", "partners"})
    assert [entry.organisation for entry in entries] == names


def test_the_pdf_holds_every_name_and_says_what_it_had_to_replace(place: Path) -> None:
    manifest = json.loads((place / "manifest.json").read_text())
    assert manifest["complete"] is True
    reader = PdfReader(place / "letter.pdf")
    text = "".join(page.extract_text() for page in reader.pages)
    squeezed = "".join(text.split())
    for name in ("=1+1", "@mention", "-minus", "Quotes“curly”", "ByteOrderMark", "ACT™", "#letx"):
        assert name in squeezed, name
    assert squeezed.count("W") >= 300
    problem = Publication.objects.get(letter__slug="ours").problem
    assert "平" in problem
    assert "no font here has" in problem
