"""Broken lists of signatories each end with one line that names the line and the field."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signatories.list_file import (
    ListFileError,
    escape_formula,
    read_list_file,
    unescape_formula,
)

GROUPS = {"members", "partners"}


def read(text: str) -> list[tuple[str, str, str, str]]:
    entries = read_list_file(text.encode(), groups=GROUPS)
    return [(e.group, e.organisation, e.country, e.website) for e in entries]


def test_names_are_read_as_written() -> None:
    assert read('group,organisation\nmembers,"Justice, Peace & Co"\npartners,İstanbul ™\n') == [
        ("members", "Justice, Peace & Co", "", ""),
        ("partners", "İstanbul ™", "", ""),
    ]


def test_country_and_website_may_be_given_in_any_order() -> None:
    assert read("website,organisation,group,country\nhttps://a.example,A,members,se\n") == [
        ("members", "A", "SE", "https://a.example")
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1: the column “group” is missing"),
        ("group,name\nmembers,A\n", "line 1: the column “organisation” is missing"),
        ("group,organisation,email\n", "line 1: unknown column “email”"),
        ("group,organisation,group\n", "line 1: the column “group” stands twice"),
        ("group,organisation\nfriends,A\n", "line 2: group: “friends” is not a group"),
        ("group,organisation\nmembers,\n", "line 2: organisation: the name is empty"),
        ("group,organisation\nmembers, \u200b \n", "line 2: organisation: Please give the name"),
        (
            "group,organisation\nmembers,A\npartners,a\n",
            "line 3: organisation: “a” stands in line 2",
        ),
        ("group,organisation\nmembers,A,B\n", "line 2: expected 2 cells, found 3"),
        ("group,organisation,country\nmembers,A,XX\n", "line 2: country: “XX”"),
        ("group,organisation,website\nmembers,A,javascript:x\n", "line 2: website:"),
        ('group,organisation\nmembers,"A\n', "not valid CSV"),
        ("group,organisation\nmembers,A\u202eB\n", "line 2: organisation: The name holds"),
        (f"group,organisation\nmembers,{'x' * 301}\n", "line 2: organisation: The name has 301"),
        ("group,organisation\nmembers,A\0\n", "line 2: the file is binary"),
    ],
)
def test_a_broken_list_is_refused_in_one_line(text: str, message: str) -> None:
    with pytest.raises(ListFileError) as refusal:
        read(text)
    assert message in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_list_that_is_not_utf_8_names_the_line() -> None:
    with pytest.raises(ListFileError, match="line 2: the file is not UTF-8"):
        read_list_file(b"group,organisation\nmembers,Caf\xe9\n", groups=GROUPS)


@given(st.text())
def test_an_escaped_cell_comes_back_as_it_was(cell: str) -> None:
    escaped = escape_formula(cell)
    assert not escaped.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert unescape_formula(escaped) == cell
