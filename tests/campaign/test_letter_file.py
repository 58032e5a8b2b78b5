"""Broken letter files each end with one line that names the line or field."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign.letter_file import LetterFileError, read_letter_file

WHOLE = """---
slug: our-letter
title: A Letter
language: en-GB
sender: The Coalition
addressee:
  - The Minister
groups:
  - key: members
    title: Members
default_group: members
closes: 2026-05-31 23:59
time_zone: Europe/Paris
---

Please act.
"""


def edited(old: str, new: str) -> bytes:
    assert old in WHOLE
    return WHOLE.replace(old, new, 1).encode()


def test_a_whole_file_is_read_as_written() -> None:
    file = read_letter_file(WHOLE.encode())
    assert (file.slug, file.title, file.body) == ("our-letter", "A Letter", "Please act.")
    assert file.addressee == ["The Minister"]
    assert [(g.key, g.title) for g in file.groups] == [("members", "Members")]


def test_a_moment_without_an_offset_is_in_the_letters_time_zone() -> None:
    file = read_letter_file(WHOLE.encode())
    assert file.closes == datetime(2026, 5, 31, 21, 59, tzinfo=UTC)


def test_windows_line_ends_and_a_byte_order_mark_change_nothing() -> None:
    windows = b"\xef\xbb\xbf" + WHOLE.replace("\n", "\r\n").encode()
    assert read_letter_file(windows) == read_letter_file(WHOLE.encode())


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "line 1: expected ---"),
        (b"# No front matter", "line 1: expected ---"),
        (b"---\nslug: a\n", "expected a second ---"),
        (edited("title: A Letter", "title: [unclosed"), "not valid YAML"),
        (edited("title: A Letter", "title: A: Letter"), "line 3: this is not valid YAML"),
        (edited("title: A Letter\n", ""), "the key “title” is missing"),
        (edited("title: A Letter", "title:"), "line 3: the key “title” is missing or empty"),
        (edited("title: A Letter", "title: A\ntitle: B"), "line 4: the key “title” stands twice"),
        (edited("slug: our-letter", "slug: Our Letter"), "line 2: slug: Use small letters"),
        (edited("slug: our-letter", "slug: 2026"), "line 2: slug: YAML reads 2026"),
        (edited("sender:", "sendr:"), "line 5: unknown key “sendr”"),
        (
            edited("    title: Members", "    title: Members\n  - {key: members, title: Again}"),
            "line 8: groups: entry 2: the group “members” stands twice",
        ),
        (edited("    title: Members\n", ""), "groups: entry 1: expected exactly"),
        (edited("key: members", "key: The Members"), "groups: entry 1: Use small letters"),
        (
            edited("default_group: members", "default_group: friends"),
            "line 11: default_group: there is no group “friends”",
        ),
        (edited("closes: 2026-05-31 23:59", "closes: soon"), "line 12: closes: expected a moment"),
        (edited("Europe/Paris", "Paris"), "line 13: time_zone: Paris is not a time zone"),
        (edited("sender: The Coalition", "contact: nobody"), "line 5: contact: Enter a valid"),
        (edited("sender: The Coalition", "paper: foolscap"), "line 5: paper: expected one of"),
        (edited("title: A Letter", f"title: {'x' * 301}"), "line 3: title: has 301 characters"),
        (edited("Please act.\n", ""), "the letter has no text"),
        (WHOLE.encode("utf-16"), "not UTF-8"),
        (
            edited("Please", "Caf\u00e9").replace(b"\xc3\xa9", b"\xe9"),
            "line 16: the file is not UTF-8",
        ),
        (b"\x00\x01\x02\x7fELF", "control character U+0000"),
        (
            edited("Please act.", "Please\x07"),
            "line 16: the file holds the control character U+0007",
        ),
        (b"---\n- a\n---\nText", "line 2: expected settings"),
        (b"---\n" + b"x: " + b"y" * (1 << 20) + b"\n---\nText", "1 MiB"),
    ],
)
def test_a_broken_file_is_refused_in_one_line(content: bytes, message: str) -> None:
    with pytest.raises(LetterFileError) as refusal:
        read_letter_file(content)
    assert message in str(refusal.value)
    assert "\n" not in str(refusal.value)


@given(st.binary(max_size=400) | st.text(max_size=400).map(lambda s: f"---\n{s}\n---\nx".encode()))
def test_any_bytes_are_read_or_refused_in_one_line(content: bytes) -> None:
    try:
        read_letter_file(content)
    except LetterFileError as refusal:
        assert "\n" not in str(refusal)
