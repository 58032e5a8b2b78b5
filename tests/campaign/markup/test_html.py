import re

import pytest
from hypothesis import example, given, settings

from campaign.markup.html import to_html
from tests.campaign.markup.texts import EVERYTHING, hostile


def test_a_plain_letter_keeps_its_paragraphs_links_bold_words_and_bullets() -> None:
    body = "One [two](https://example.org) three.\n\n**Four.**\n\n- five\n- six"
    assert to_html(body) == (
        '<p>One <a href="https://example.org" rel="noopener">two</a> three.</p>\n'
        "<p><strong>Four.</strong></p>\n"
        "<ul><li>five\n</li>\n<li>six\n</li>\n</ul>\n"
    )


def test_a_link_to_nowhere_is_kept_as_it_was_written() -> None:
    assert to_html("[report](#)") == '<p><a href="#">report</a></p>\n'


@pytest.mark.parametrize(
    "target",
    ["javascript:alert(1)", "data:text/html,x", "/admin/", "//evil.example", "#part", "ftp://a.b",
     "vbscript:x", "JavaScript:alert(1)", "&#106;avascript:alert(1)", "http://x/" + "a" * 9000],
)  # fmt: skip
def test_a_link_to_anything_but_a_web_or_mail_address_is_only_words(target: str) -> None:
    html = to_html(f"[words](<{target}>)")
    assert "<a" not in html
    assert "words" in html


def test_raw_html_is_shown_as_text() -> None:
    html = to_html("a <script>alert(1)</script> <b onclick=x>b</b>\n\n<div>block</div>")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "&lt;b onclick=x&gt;" in html
    assert "&lt;div&gt;block&lt;/div&gt;" in html


def test_an_image_gives_way_to_its_words() -> None:
    assert to_html("![our *logo*](https://x.org/a.png)") == "<p>our logo</p>\n"


def test_characters_stay_as_typed() -> None:
    typed = "“a” 'b' -- --- ... (c) – don’t"
    assert to_html(typed) == f"<p>{typed}</p>\n"


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ("1", "2"),
        ("3", "2"),
        ("1 2 3", "2 3 4"),
        ("1 3 3 2", "2 3 3 3"),
        ("3 1 2", "2 2 3"),
        ("1 2 3 4 5 6", "2 3 4 5 6 6"),
    ],
)
def test_headings_begin_under_the_pages_own_and_skip_no_level(levels: str, expected: str) -> None:
    html = to_html("\n".join("#" * int(level) + " x" for level in levels.split()))
    assert " ".join(re.findall(r"<h(\d)>", html)) == expected


def test_headings_can_begin_deeper() -> None:
    assert to_html("# x", first_heading=4) == "<h4>x</h4>\n"


def test_a_footnote_and_each_of_its_references_lead_to_one_another() -> None:
    html = to_html("a[^n] b[^n]\n\n[^n]: note", id_prefix="fr-")
    assert set(re.findall(r' id="([^"]+)"', html)) == {"fr-fn-1", "fr-fnref-1", "fr-fnref-1-2"}
    assert re.findall(r'href="#([^"]+)"', html) == [
        "fr-fn-1", "fr-fn-1", "fr-fnref-1", "fr-fnref-1-2",
    ]  # fmt: skip
    assert 'role="doc-noteref"' in html
    assert 'role="doc-backlink"' in html


def test_a_table_has_heads_with_scope_and_can_be_scrolled_by_keyboard() -> None:
    html = to_html("|a|b|\n|-|-:|\n|1|2|")
    assert '<div class="table" tabindex="0" role="region" aria-label="Table 1"><table>' in html
    assert '<th scope="col">a</th><th scope="col" class="right">b</th>' in html
    assert '<td>1</td><td class="right">2</td>' in html


def test_nested_lists_quotes_numbers_and_code_come_out_as_written() -> None:
    html = to_html(EVERYTHING)
    assert "<ul><li>first\n<ol><li>inner one" in html
    assert '<ol start="3"><li>third' in html
    assert "<blockquote><p>Quoted</p>\n<ul><li>with a list" in html
    assert "<pre><code>code block\n</code></pre>" in html
    assert "<hr>" in html
    assert "<br>" in html
    assert "<s>struck out</s>" in html


TAG = re.compile(r"<(/?)([a-z0-9]+)((?: [a-z-]+=\"[^\"<>]*\")*)>")


@settings(deadline=None)
@given(hostile)
@example("*" * 3000 + "a" + "*" * 3000)
@example("> " * 3000 + "a")
@example("[" * 3000)
@example("[^1]: >[^1]: ")
@example("x[^a]\n\n[^a]: see [^a] and [^b]\n[^b]: see [^a]")
def test_any_text_gives_balanced_html_with_unique_ids_and_safe_links(body: str) -> None:
    html = to_html(body)
    unbalanced: list[str] = []
    for closing, tag, _ in TAG.findall(html):
        if closing:
            assert unbalanced.pop() == tag
        elif tag not in {"br", "hr"}:
            unbalanced.append(tag)
    assert not unbalanced
    assert "<" not in TAG.sub("", html)
    ids = re.findall(r' id="([^"]*)"', html)
    assert len(ids) == len(set(ids))
    for href in re.findall(r' href="([^"]*)"', html):
        assert href.lower().startswith(("http://", "https://", "mailto:", "#"))
    assert not re.search(r" (?:on\w+|style|src)=", "".join(t[2] for t in TAG.findall(html)))
