import io
import os
import re
import unicodedata
from typing import Any

import pytest
import typst
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pypdf import PageObject, PdfReader
from pypdf.generic import DictionaryObject, IndirectObject

from signatories.editions import fonts, pdf
from signatories.editions.pdf import Typeset, TypesettingError, typeset
from tests.campaign.markup.texts import EVERYTHING, hostile
from tests.documents import GROUPS, document, groups, wording

LONG = "Donaudampfschifffahrtsgesellschaft" * 9
BREAKING = [
    "<b>Bold</b> & Sons", "*stars* _lines_ `ticks`", "#let x = 1", "#panic()", "$a$", "\\", "@x",
    "// comment", "/* comment */", '"quoted" \'too\'', "=1+1", "= heading", "- item", "--- ... ~",
    "<label>", "[x](y)", "{}[]()", "https://example.org", "ACT™", "a\u00adb", "Zoë\u0301\u0323",
    "السلام الآن", "שלום עכשיו", "แม่โขง", "नमस्ते संस्था", "𝔸𝕔𝕥 𝐍𝐨𝐰", "می‌خواهیم", "Center (CTR)",
]  # fmt: skip


def reader(made: Typeset) -> PdfReader:
    return PdfReader(io.BytesIO(made.pdf))


def root(made: Typeset) -> Any:
    """The PDF's catalogue: its language, its structure and what it claims to be."""
    return reader(made).trailer["/Root"]


def pages(made: Typeset) -> list[str]:
    return [" ".join(page.extract_text().split()) for page in reader(made).pages]


def text(made: Typeset) -> str:
    return " ".join(pages(made))


def letters(value: str) -> str:
    """The value without white space: where a line ends is the typesetter's choice."""
    return re.sub(r"\s", "", value)


def left_end(page: PageObject, words: str) -> float:
    """Where the line with these words begins on the page, in points from its left."""
    places: list[float] = []

    def note(found: str, page_matrix: list[float], text_matrix: list[float], *_: object) -> None:
        if words in found:
            places.append(page_matrix[4] + text_matrix[4])

    page.extract_text(visitor_text=note)
    return places[0]


def tags(made: Typeset) -> list[str]:
    """The structure of the PDF, as the names of its elements in reading order."""
    found: list[str] = []

    def walk(node: Any) -> None:
        node = node.get_object() if isinstance(node, IndirectObject) else node
        if isinstance(node, list):
            for child in node:
                walk(child)
        elif isinstance(node, DictionaryObject):
            if "/S" in node:
                found.append(str(node["/S"]))
            walk(node.get("/K"))

    walk(root(made)["/StructTreeRoot"])
    return found


@pytest.fixture(scope="module")
def letter() -> Typeset:
    return typeset(document(), "en-GB")


def test_the_letter_holds_all_its_parts_in_their_order(letter: Typeset) -> None:
    shown, place = text(letter), 0
    parts = [
        "Coalition for Land Without Mines", "31 January 2022", "President A. N. Example",
        "The Green House", "Capital City", "cc:", "Minister of Defence B. Sample",
        "Minister of Foreign Affairs C. Specimen", "Time to Join the Treaty Against Landmines",
        "Dear President Example:", "Two years ago", "the monitor’s latest report",
        "The people who live on mined land cannot wait", "Finish the review", "Yours sincerely,",
        "Steering Committee", "Coalition for Land Without Mines (CLWM)", "Partners",
        "The coalition brings together", "36 signatories as of 31 January 2022, 14:05 UTC",
        "Signatories at https://letters.example.org/letters/landmines/",
        "Contact: coordinator@example.org",
    ]  # fmt: skip
    for part in parts:
        assert part in shown[place:], part
        place = shown.index(part, place)


def test_the_names_stand_in_their_order_and_none_is_cut(letter: Typeset) -> None:
    shown, place = text(letter), 0
    for _, names in GROUPS.values():
        for name in names.split("|"):
            place = shown.index(name, place) + len(name)


def test_the_header_runs_from_the_second_page_and_pages_are_numbered(letter: Typeset) -> None:
    first, second = pages(letter)
    assert "January 2022 · Time to Join" not in first
    assert "January 2022 · Time to Join the Treaty Against Landmines" in second
    assert "1 / 2" in first
    assert "2 / 2" in second


def test_each_page_names_its_edition_and_the_text_by_its_hash(letter: Typeset) -> None:
    sha256 = document()["text"]["wordings"][0]["sha256"]
    for page in pages(letter):
        assert f"Edition 3 · Text 1 · SHA-256 {sha256[:12]}" in page


@pytest.mark.parametrize(
    ("changes", "mark"),
    [
        ({}, "DRAFT – not yet delivered"),
        ({"state": "closed"}, "DRAFT – not yet delivered"),
        ({"state": "draft"}, "Draft text, not open for signature"),
        ({"delivered": True}, ""),
    ],
)
def test_each_page_is_marked_until_the_letter_is_delivered(
    changes: dict[str, Any], mark: str
) -> None:
    for page in pages(typeset(document(**changes), "en-GB")):
        found = re.findall("DRAFT – not yet delivered|Draft text, not open for signature", page)
        assert found == ([mark] if mark else [])


def test_the_pdf_is_tagged_and_tells_its_title_language_and_sender(letter: Typeset) -> None:
    assert root(letter)["/MarkInfo"]["/Marked"]
    assert root(letter)["/Lang"] == "en-GB"
    assert b"pdfuaid:part" in root(letter)["/Metadata"].get_data()
    information = reader(letter).metadata
    assert information is not None
    assert information.title == "Time to Join the Treaty Against Landmines"
    assert information.author == "Coalition for Land Without Mines"
    assert str(information["/CreationDate"]).startswith("D:20220131140500")


def test_headings_lists_and_links_are_such_for_a_screen_reader(letter: Typeset) -> None:
    found = tags(letter)
    assert found.count("/H1") == 1
    assert found.count("/H2") == 3
    assert found.count("/LI") == 4 + 36
    assert found.count("/Link") == 3


def test_links_lead_where_the_letter_says(letter: Typeset) -> None:
    targets = [
        str(note.get_object()["/A"]["/URI"])
        for page in reader(letter).pages
        for note in page.get("/Annots", [])
    ]
    assert targets == [
        "https://example.org/report",
        "https://letters.example.org/letters/landmines/",
        "mailto:coordinator@example.org",
    ]


def test_the_same_document_gives_the_same_bytes(letter: Typeset) -> None:
    assert typeset(document(), "en-GB").pdf == letter.pdf


@pytest.mark.parametrize(
    ("paper", "size"), [("us-letter", (612, 792)), ("a4", (595, 842)), ("other", (612, 792))]
)
def test_the_paper_is_the_one_that_was_set(paper: str, size: tuple[int, int]) -> None:
    box = reader(typeset(document(paper=paper), "en-GB")).pages[0].mediabox
    assert (round(box.width), round(box.height)) == size


def test_an_unlisted_letter_has_neither_signatories_nor_a_count_nor_an_address() -> None:
    shown = text(typeset(document(public=False, listed=[], url="https://x.org/secret/"), "en-GB"))
    assert "signator" not in shown.lower()
    assert "secret" not in shown
    assert "The coalition brings together" in shown


def test_a_public_letter_without_signatories_counts_none() -> None:
    assert "signator" not in text(typeset(document(listed=[]), "en-GB")).lower()


def test_one_signatory_is_counted_as_one() -> None:
    assert "1 signatory as of" in text(typeset(document(listed=groups(a=["One"])), "en-GB"))


def test_a_letter_with_few_words_is_still_a_letter() -> None:
    words = wording(addressee=[], cc=[], salutation="", closing="", body="")
    empty = document(
        wordings=[words], listed=[], sender="", dateline="", running_header="", about="", contact=""
    )
    assert "Time to Join the Treaty" in text(typeset(empty, "en-GB"))


def test_a_language_that_the_letter_is_not_in_is_refused() -> None:
    with pytest.raises(TypesettingError, match="no words in the language “fr”"):
        typeset(document(), "fr")


def test_each_language_has_its_own_words_and_tag() -> None:
    both = document(wordings=[wording(), wording(language="fr-CA", title="Il est temps d’agir")])
    made = typeset(both, "fr-CA")
    assert "Il est temps d’agir" in text(made)
    assert root(made)["/Lang"] == "fr-CA"


def test_a_letter_from_right_to_left_keeps_its_words_and_those_of_other_scripts() -> None:
    arabic = wording(
        language="ar",
        direction="rtl",
        title="حان وقت العمل",
        salutation="فخامة الرئيس",
        body="نطلب منكم **اتخاذ إجراء** وفقا لاتفاقية 1997 (Mine Ban Treaty).\n\n- أولا\n- ثانيا",
    )
    listed = groups(a=["منظمة السلام", "Center for Civilians in Conflict (CIVIC)", "שלום"])
    made = typeset(document(wordings=[arabic], listed=listed), "ar")
    assert made.replaced == []
    assert root(made)["/Lang"] == "ar"
    assert reader(made).metadata.title == "حان وقت العمل"  # type: ignore[union-attr]
    for words in ("Mine Ban Treaty", "Center for Civilians in Conflict"):
        assert words in text(made)
    for words in ("حان", "العمل", "منظمة", "السلام", "فخامة"):
        assert words in text(made) or words[::-1] in text(made)
    assert "31 January 2022" in text(made)  # English settings stay in their own direction
    page = reader(made).pages[0]
    assert left_end(page, "31 January 2022") > float(page.mediabox.width) / 2


@pytest.mark.parametrize("language", ["x-klingon", "english", "zh-Hant-TW", "sr-Latn", "", "e"])
def test_an_unusual_language_tag_stops_nothing(language: str) -> None:
    assert text(typeset(document(wordings=[wording(language=language)]), language))


def test_a_text_with_all_kinds_of_markup_is_typeset() -> None:
    made = typeset(document(wordings=[wording(body=EVERYTHING)], paper="a4"), "en-GB")
    shown = text(made)
    for words in ("Why we write", "inner one", "Quoted", "7,073", "code block", "Its second par"):
        assert words in shown
    found = tags(made)
    for tag in ("/Table", "/TH", "/TD", "/BlockQuote", "/Note", "/Code", "/Strong", "/Em"):
        assert tag in found, tag
    assert "/H3" not in found


def test_names_that_break_things_come_out_as_they_are() -> None:
    made = typeset(document(listed=groups(partners=BREAKING)), "en-GB")
    shown = letters(text(made))
    for name in BREAKING:
        if name.isascii() or name == "ACT™":
            assert letters(name) in shown, name
    assert made.replaced == []
    assert f"{len(BREAKING)} signatories" in text(made)


def test_what_no_font_has_is_shown_as_a_box_and_told() -> None:
    made = typeset(document(listed=groups(a=["Peace 😀 Now", "和平", "A\ufeffB"])), "en-GB")
    assert made.replaced == ["😀", "和", "平"]
    assert "Peace □ Now" in text(made)
    assert "□□" in text(made)
    assert "AB" in text(made)


@pytest.mark.parametrize(
    "name",
    [LONG[:300], "W" * 300, "ก" * 300, "ا" * 300, "क" * 300, "a\u0301\u0323" * 100, "W " * 150],
    ids=["compound", "wide", "thai", "arabic", "hindi", "marks", "words"],
)
def test_a_name_of_300_characters_stays_on_the_page(name: str) -> None:
    made = typeset(document(listed=groups(a=[name, "Next"])), "en-GB")
    if name.isascii():
        assert letters(name) in letters(text(made))
    lines = [line for page in reader(made).pages for line in page.extract_text().split("\n")]
    bases = [[c for c in line if not unicodedata.combining(c)] for line in lines]
    assert max(map(len, bases)) < 200


def test_a_title_or_address_without_a_space_stays_on_the_page() -> None:
    words = wording(title="T" * 200, addressee=["x" * 300], body="y" * 500 + "\n\n" + LONG)
    made = typeset(document(wordings=[words], sender="S" * 200), "en-GB")
    assert "y" * 500 in letters(text(made))


def test_characters_that_typst_would_change_stay_as_typed() -> None:
    body = "a -- b --- c ... d ~ e \"f\" 'g' -? (c) 1/2"
    assert body in text(typeset(document(wordings=[wording(body=body)]), "en-GB"))


def test_a_long_list_fills_two_columns_from_page_to_page_in_its_order() -> None:
    names = [f"Organisation number {n} for peace" for n in range(300)]
    made = typeset(document(listed=groups(a=names[:180], b=names[180:])), "en-GB")
    shown, place = text(made), 0
    for name in names:
        place = shown.index(name, place)
    assert len(pages(made)) <= 7


def test_a_group_of_many_names_is_typeset_without_measuring_each() -> None:
    names = [f"Organisation {n}" for n in range(1500)]
    made = typeset(document(listed=groups(a=["First", "Second"], b=names, c=["Last"])), "en-GB")
    shown = text(made)
    for name in ("First", names[0], names[-1], "Last"):
        assert name in shown


def test_above_twenty_thousand_names_the_paper_counts_and_refers_to_the_list() -> None:
    listed = groups(committee=["One", "Two"], partners=[f"Name {n}" for n in range(20_000)])
    made = typeset(document(listed=listed), "en-GB")
    assert "20,002 signatories as of" in text(made)
    assert "Partners 20,000 signatories" in text(made)
    assert "Name 77" not in text(made)


def test_a_failure_of_typst_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> bytes:
        raise typst.TypstError("no\nsuch thing", "")

    monkeypatch.setattr(typst, "compile", fail)
    with pytest.raises(TypesettingError) as caught:
        typeset(document(), "en-GB")
    assert "\n" not in str(caught.value)


def test_a_text_that_typst_refuses_all_the_same_is_set_in_plain_letters(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fonts, "show", fonts.Shown)
    made = typeset(document(listed=groups(a=["Plain", "Peace 😀 日本", "B\ue123"])), "en-GB")
    assert "Peace ? ??" in text(made)
    assert made.replaced == ["😀", "日", "本"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_process_forked_after_typesetting_says_so_instead_of_waiting_for_ever(
    letter: Typeset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pdf, "_forked", False)
    pdf._mark_forked()
    with pytest.raises(TypesettingError, match="forked"):
        typeset(document(), "en-GB")


@settings(max_examples=30, deadline=None)
@given(st.lists(st.text(min_size=1, max_size=40), min_size=1, max_size=25))
@example([chr(n) for n in range(0x2000, 0x2070)])
@example([chr(n) + "\u0323" for n in range(0x1780, 0x1800)])
def test_any_names_give_a_pdf(names: list[str]) -> None:
    made = typeset(document(listed=groups(a=names)), "en-GB")
    assert made.pdf.startswith(b"%PDF")
    assert f"{len(names)} signator" in text(made)


@settings(max_examples=40, deadline=None)
@given(hostile)
@example("x[^a]\n\n[^a]: see [^a] and [^b]\n[^b]: see [^a]")
@example("|a[^1]|b|\n|-|-|\n|c\n\n[^1]: # x")
@example("> # a\n\n- # b\n\n# c[^1] *d*\n\n[^1]: ### e")
@example("[a [^1] b](https://x.org)\n\n[^1]: [c](https://y.org)")
def test_any_text_gives_a_pdf(body: str) -> None:
    words = wording(body=body, title=body or "x", salutation=body, addressee=[body], cc=[body])
    assert typeset(document(wordings=[words], listed=[], about=body), "en-GB").pdf
