import re
from html import unescape

from hypothesis import given, settings
from hypothesis import strategies as st

from campaign.markup.words import difference_html

words = st.lists(st.sampled_from(["we", "ask", "<b>", "&", "now", "\n", "\n\n", "."]), max_size=40)
text = words.map(" ".join)


def test_a_changed_word_is_marked_and_escaped() -> None:
    assert difference_html("Ban <all> mines.", "Ban <most> mines.") == (
        "Ban &lt;<del>all</del><ins>most</ins>&gt; mines."
    )


def test_equal_texts_have_no_difference() -> None:
    assert difference_html("same", "same") == ""


def test_a_new_paragraph_break_can_be_seen() -> None:
    assert "<ins>¶\n¶\n</ins>" in difference_html("One. Two.", "One.\n\nTwo.")


def test_what_stayed_is_shortened_to_the_words_around_a_change() -> None:
    same = " ".join(f"word{n}" for n in range(500))
    shown = difference_html(f"old {same} old", f"new {same} new")
    assert " … " in shown
    assert "word0 " in shown
    assert "word499" in shown
    assert "word250" not in shown


def test_two_long_texts_without_a_common_line_are_compared_at_once() -> None:
    shown = difference_html("a b " * 100_000, "c d " * 100_000)
    assert shown.startswith("<del>a b")


@settings(deadline=None)
@given(text, text)
def test_removals_make_the_old_text_and_additions_the_new(old: str, new: str) -> None:
    shown = difference_html(old, new)
    if " … " in shown or old == new:
        return
    without = {tag: re.sub(rf"(?s)<{tag}>.*?</{tag}>", "", shown) for tag in ("ins", "del")}
    plain = {tag: unescape(re.sub(r"</?(?:ins|del)>|¶", "", html)) for tag, html in without.items()}
    assert plain["ins"] == old
    assert plain["del"] == new
