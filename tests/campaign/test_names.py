"""Names are what people typed; keys serve matching and order only."""

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from campaign.names import clean_name, name_key, sort_key

KEPT = [
    "ACT™ Alliance",
    "<b>Bold</b> & “quoted” 'names'",
    "=1+1",
    "می\u200cخواهم",
    "क्\u200dष",
    "🕊️ Peace 🏳️‍🌈",
    "平和団体",
    "שלום עכשיו",
    "x" * 300,
]


@pytest.mark.parametrize("name", KEPT)
def test_a_name_is_kept_as_typed(name: str) -> None:
    assert clean_name(name) == name


def test_a_name_is_composed_and_its_white_space_made_single() -> None:
    assert clean_name("  Cafe\u0301 \n  Paix\u00a0 ") == "Café Paix"


def test_a_byte_order_mark_is_left_out() -> None:
    assert clean_name("\ufeffPeace\ufeff") == "Peace"


@pytest.mark.parametrize(
    "name", ["", " ", "\u200b", "\u200d", "A\u202eB", "A\u2066B", "A\x00B", "A\x1bB", "x" * 301]
)
def test_a_name_that_would_break_a_list_is_refused(name: str) -> None:
    with pytest.raises(ValidationError):
        clean_name(name)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Peace Direct", "PEACE  direct"),
        ("Ｐｅａｃｅ", "peace"),
        ("Strasse", "Straße"),
        ("Café", "Cafe\u0301"),
    ],
)
def test_spellings_of_one_name_share_a_key(one: str, other: str) -> None:
    assert name_key(one) == name_key(other)


@given(st.text(max_size=50))
def test_a_key_is_its_own_key(name: str) -> None:
    assert name_key(name_key(name)) == name_key(name)


def test_names_stand_in_root_collation_order_word_by_word() -> None:
    ordered = [
        "Campana Colombiana Contra Minas",
        "CARE USA",
        "Center for International Policy",
        "CODEPINK",
        "CORE Group",
        "Corruption Tracker Project",
        "Élan vital",
        "New York Peace",
        "Newark Peace",
        "The Episcopal Church",
        "War Child Sweden",
        "Women for Weapons Trade Transparency",
        "Women's Action for New Directions (WAND)",
    ]
    shuffled = ordered[::-1]
    assert sorted(shuffled, key=sort_key) == ordered
