"""What the markup does not take is told with its line."""

import pytest
from hypothesis import given

from campaign.markup.notes import MOST, Note, notes_on
from tests.checks import typed


@pytest.mark.parametrize(
    ("body", "line", "said"),
    [
        ("One.\n\nTwo <b>three</b>", 3, "“<b>” stands as typed: HTML is not taken."),
        ("One\n![a map](https://example.org/x.png)", 2, "images are not shown"),
        ("- one\n- [two](ftp://example.org)", 2, "the link to “ftp://example.org” is left out"),
        ("[x](/about)", 1, "the link to “/about” is left out"),
        ("One\ntwo\n[x](javascript:alert(1))", 3, "no address that can be linked"),
        ("One[^1]", 1, "footnote “[^1]” has no text"),
    ],
)
def test_what_will_not_come_out_is_named_with_its_line(body: str, line: int, said: str) -> None:
    (note, *_) = notes_on(body)
    assert note.line == line
    assert said in str(note)
    assert str(note).startswith(f"Line {line}: ")


def test_what_comes_out_as_written_is_not_spoken_of() -> None:
    body = "**a** [c](https://example.org) <https://a.example> [d](#)\n\n## e\n\n- f[^1]\n\n[^1]: g"
    assert notes_on(body) == []
    assert str(Note(0, "All of it.")) == "All of it."


def test_of_very_much_only_the_first_is_told() -> None:
    assert len(notes_on("\n\n".join(f"<b{n}>" for n in range(100)))) == MOST


@typed.fuzz
@given(body=typed.text)
def test_any_text_gives_a_result(body: str) -> None:
    notes_on(body)
