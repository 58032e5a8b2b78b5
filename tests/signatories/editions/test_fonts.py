from pathlib import Path

import pytest
import typst
from hypothesis import given, settings
from hypothesis import strategies as st

from signatories.editions import embedded_fonts, fonts
from tests.signatories.editions import embedded


def test_what_the_fonts_within_typst_have_is_known_for_the_version_installed() -> None:
    assert embedded.module() == Path(embedded_fonts.__file__).read_text()


def test_typst_finds_every_family_by_its_name() -> None:
    directories = [str(path.parent) for path in fonts.font_files()]
    found = typst.Fonts(include_system_fonts=False, font_paths=directories).families()
    assert set(fonts.FAMILIES) <= set(found)


@pytest.mark.parametrize(
    "name",
    ["Plain Name (PN)", "Ünïcödé – “quoted” & 'typed'", "السلام الآن", "שלום עכשיו", "नमस्ते",
     "สันติภาพ", "សន្តិភាព", "அமைதி", "శాంతి", "Ειρήνη", "Мир", "می‌خواهیم", "क्‍ष", "e\u0301",
     "ACT™ №5 €", "𝔸𝕔𝕥", "☮ Peace"],
)  # fmt: skip
def test_names_that_the_fonts_have_stay_as_they_are(name: str) -> None:
    assert fonts.covered(name) == name
    assert fonts.uncovered(name) == []


@pytest.mark.parametrize(
    ("name", "shown", "lost"),
    [
        ("和平", "□□", ["和", "平"]),
        ("Peace 😀", "Peace □", ["😀"]),
        ("👨‍👩‍👧 Family", "□ Family", ["👨‍👩‍👧"]),
        ("🇰🇭🇫🇷", "□□", ["🇰🇭", "🇫🇷"]),
        ("👍🏽", "□", ["👍🏽"]),
        ("🏴\U000e0067\U000e0062\U000e007f!", "□!", ["🏴\U000e0067\U000e0062\U000e007f"]),
        ("private \ue000", "private □", ["\ue000"]),
        ("unassigned \u0378", "unassigned □", ["\u0378"]),
        ("control \x07", "control □", ["\x07"]),
        ("surrogate \ud800", "surrogate □", ["\ufffd"]),
        ("a\u0f71", "a□", ["\u0f71"]),  # a Tibetan vowel sign on a Latin letter
    ],
)
def test_what_no_font_has_becomes_a_box_and_is_told(name: str, shown: str, lost: list[str]) -> None:
    assert fonts.covered(name) == shown
    assert fonts.uncovered(name) == lost


@pytest.mark.parametrize(
    ("name", "shown"),
    [("a\ufeffb", "ab"), ("a\u2028b", "a b"), ("a\x85b", "a b"), ("a\u00adb", "a\u00adb")],
)
def test_what_has_no_glyph_of_its_own_disappears_without_a_trace(name: str, shown: str) -> None:
    assert fonts.covered(name) == shown
    assert fonts.uncovered(name) == []


@settings(deadline=None)
@given(st.text())
def test_what_is_shown_needs_no_second_replacing(text: str) -> None:
    shown = fonts.covered(text)
    assert fonts.covered(shown) == shown
    assert fonts.show_plainly(text).text.isprintable() or "\n" in text or "\t" in text
