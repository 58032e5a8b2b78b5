import json
from typing import Any

import pytest
import typst
from hypothesis import example, given, settings
from hypothesis import strategies as st

from campaign.markup.tokens import parse
from campaign.markup.typst import literal, to_typst
from tests.campaign.markup.texts import EVERYTHING, hostile

FONTS = typst.Fonts(include_system_fonts=False)
CODE = [
    "#let x = 1", "#panic()", "$a$", "= title", "- item", "+ item", "/ term: x", "*x*", "_x_",
    "@label", "<label>", "// gone", "/* gone */", "\\u{41}", '"; panic(); "', "#{", "](", "]", "[",
    "--", "---", "...", "~", "-?", "'", '"', "`raw`", "https://example.org", "\\", "#", "{}", ";",
]  # fmt: skip


def code(expression: str) -> Any:
    """The value of a typst expression."""
    return json.loads(typst.eval(b"", expression, font_paths=FONTS, ignore_system_fonts=True))


def evaluated(markup: str) -> Any:
    """What typst makes of the markup, as the JSON of its elements."""
    return code(f'eval({literal(markup)}, mode: "markup")')


def elements(content: Any) -> list[dict[str, Any]]:
    if isinstance(content, list):
        return [element for part in content for element in elements(part)]
    if not isinstance(content, dict):
        return []
    return [content] + [e for value in content.values() for e in elements(value)]


def texts(content: Any) -> str:
    return "".join(
        element["text"] for element in elements(content) if element.get("func") in {"text", "raw"}
    )


def functions(content: Any) -> set[str]:
    return {element["func"] for element in elements(content) if "func" in element}


@settings(deadline=None)
@given(st.text())
@example('"\\"#{}[]$')
@example("\x00\u2028\r\n\t\x7f\x85")
def test_any_string_comes_back_from_typst_as_it_was(text: str) -> None:
    assert code(literal(text)) == text


@pytest.mark.parametrize("typed", CODE)
def test_typst_code_that_somebody_typed_is_only_text(typed: str) -> None:
    seen = evaluated(to_typst(f"`` {typed} ``\n\nx&#8203;{typed}"))
    assert functions(seen) <= {
        "sequence", "raw", "text", "parbreak", "emph", "link", "space", "linebreak",
    }  # fmt: skip
    assert typed in texts(seen)


def test_quotation_marks_dashes_and_dots_stay_as_typed() -> None:
    typed = "\"a\" 'b' -- --- ... “c” – don’t"
    seen = evaluated(to_typst(typed))
    assert texts(seen) == typed
    assert "smartquote" not in functions(seen)


def test_every_part_of_a_letter_becomes_the_element_of_its_kind() -> None:
    seen = evaluated(to_typst(EVERYTHING))
    assert functions(seen) >= {
        "heading", "footnote", "strong", "emph", "link", "strike", "raw", "list", "enum", "quote",
        "table", "header", "linebreak", "line",
    }  # fmt: skip


def test_headings_begin_under_the_letters_title() -> None:
    seen = evaluated(to_typst("### a\n\n# b\n\n## c"))
    levels = [e["level"] for e in elements(seen) if e.get("func") == "heading"]
    assert levels == [2, 2, 3]


def test_a_link_to_nowhere_is_marked_but_leads_nowhere() -> None:
    seen = evaluated(to_typst("[report](#)"))
    assert functions(seen) - {"sequence", "parbreak"} == {"underline", "text"}


def test_a_footnote_used_twice_stands_once() -> None:
    notes = [e for e in elements(evaluated(to_typst(EVERYTHING))) if e.get("func") == "footnote"]
    assert len([note for note in notes if isinstance(note["body"], dict)]) == 2
    assert len([note for note in notes if isinstance(note["body"], str)]) == 1


def test_what_is_shown_can_be_replaced_and_where_links_lead_cannot() -> None:
    markup = to_typst("[字](https://x.org/é) `字` 字", show=lambda text: text.replace("字", "□"))
    assert "字" not in markup
    assert markup.count("□") == 3
    assert "https://x.org/%C3%A9" in markup


def test_a_very_long_paragraph_of_broken_lines_is_divided() -> None:
    markup = to_typst("a line\\\n" * 5000 + "end")
    assert markup.count("\n\n") > 10
    assert texts(evaluated(markup)) == "a line" * 5000 + "end"


@settings(deadline=None)
@given(hostile)
@example("*" * 3000 + "a" + "*" * 3000)
@example("x[^a]\n\n[^a]: see [^a] and [^b]\n[^b]: see [^a]")
@example("|a[^1]|b|\n|-|-|\n|c\n\n[^1]: x")
def test_any_text_is_markup_that_typst_reads_with_all_its_words(body: str) -> None:
    seen = texts(evaluated(to_typst(body)))
    for node in parse(body).walk():
        if node.type == "text":
            for word in node.content.split():
                assert word in seen
