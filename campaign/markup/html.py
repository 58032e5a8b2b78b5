"""A text as HTML for the public page: written with every character escaped, then sanitised."""

from collections.abc import Callable
from html import escape

import nh3
from markdown_it.tree import SyntaxTreeNode

from campaign.markup.tokens import alignment, heading_level, link_target, parse, words_of

TAGS = {
    "a", "blockquote", "br", "code", "div", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li",
    "ol", "p", "pre", "s", "section", "strong", "sup", "table", "tbody", "td", "th", "thead", "tr",
    "ul",
}  # fmt: skip
ATTRIBUTES = {
    "a": {"href", "rel", "id", "role", "aria-label"},
    "div": {"class", "tabindex", "role", "aria-label"},
    "li": {"id"},
    "ol": {"start"},
    "section": {"class", "role", "aria-label"},
    "td": {"class"},
    "th": {"class", "scope"},
}
PLAIN = {
    "blockquote": "blockquote", "bullet_list": "ul", "em": "em", "list_item": "li", "s": "s",
    "strong": "strong", "tbody": "tbody", "thead": "thead", "tr": "tr",
}  # fmt: skip
BLOCKS = {"blockquote", "bullet_list", "list_item", "tbody", "thead", "tr"}


def to_html(body: str, *, first_heading: int = 2, id_prefix: str = "") -> str:
    """The text as sanitised HTML.

    Headings begin at first_heading. Ids begin with id_prefix, so that several texts can share a
    page. Any string gives a result; none raises.
    """
    root = parse(body, first_heading=first_heading)
    return nh3.clean(
        _Html(id_prefix).render(root),
        tags=TAGS,
        attributes=ATTRIBUTES,
        url_schemes={"http", "https", "mailto"},
        link_rel=None,
    )


class _Html:
    def __init__(self, id_prefix: str) -> None:
        self.prefix = id_prefix
        self.tables = 0
        self.writers: dict[str, Callable[[SyntaxTreeNode], str]] = {
            "code_block": self.code_block,
            "code_inline": lambda node: f"<code>{escape(node.content)}</code>",
            "fence": self.code_block,
            "footnote": self.footnote,
            "footnote_anchor": self.footnote_anchor,
            "footnote_block": self.footnote_block,
            "footnote_ref": self.footnote_reference,
            "hardbreak": lambda _: "<br>\n",
            "heading": self.heading,
            "hr": lambda _: "<hr>\n",
            # An image would be fetched from somewhere, or be missing in print: its words stand.
            "image": lambda node: escape(words_of(node)),
            "link": self.link,
            "ordered_list": self.ordered_list,
            "paragraph": self.paragraph,
            "softbreak": lambda _: "\n",
            "table": self.table,
            "td": self.cell,
            "text": lambda node: escape(node.content),
            "th": self.cell,
        }

    def render(self, node: SyntaxTreeNode) -> str:
        if writer := self.writers.get(node.type):
            return writer(node)
        if tag := PLAIN.get(node.type):
            end = "\n" if node.type in BLOCKS else ""
            return f"<{tag}>{self.inside(node)}</{tag}>{end}"
        return self.inside(node)

    def inside(self, node: SyntaxTreeNode) -> str:
        return "".join(map(self.render, node.children))

    def paragraph(self, node: SyntaxTreeNode) -> str:
        # Within a tight list, CommonMark has no paragraphs.
        return self.inside(node) + "\n" if node.hidden else f"<p>{self.inside(node)}</p>\n"

    def heading(self, node: SyntaxTreeNode) -> str:
        level = heading_level(node)
        return f"<h{level}>{self.inside(node)}</h{level}>\n"

    def link(self, node: SyntaxTreeNode) -> str:
        target = link_target(node)
        if target is None:
            return self.inside(node)
        rel = ' rel="noopener"' if target.lower().startswith("http") else ""
        return f'<a href="{escape(target)}"{rel}>{self.inside(node)}</a>'

    def ordered_list(self, node: SyntaxTreeNode) -> str:
        start = node.attrs.get("start")
        opening = f'<ol start="{int(start)}">' if start is not None else "<ol>"
        return f"{opening}{self.inside(node)}</ol>\n"

    def code_block(self, node: SyntaxTreeNode) -> str:
        return f"<pre><code>{escape(node.content)}</code></pre>\n"

    def table(self, node: SyntaxTreeNode) -> str:
        self.tables += 1
        # Can be scrolled by keyboard where it is wider than the screen.
        return (
            f'<div class="table" tabindex="0" role="region" aria-label="Table {self.tables}">'
            f"<table>{self.inside(node)}</table></div>\n"
        )

    def cell(self, node: SyntaxTreeNode) -> str:
        scope = ' scope="col"' if node.type == "th" else ""
        align = f' class="{escape(align)}"' if (align := alignment(node)) else ""
        return f"<{node.type}{scope}{align}>{self.inside(node)}</{node.type}>"

    def footnote_reference(self, node: SyntaxTreeNode) -> str:
        number, use = node.meta["id"] + 1, node.meta.get("subId", 0)
        return (
            f'<sup><a href="#{self.note_id(number)}" id="{self.reference_id(number, use)}"'
            f' role="doc-noteref" aria-label="Footnote {number}">{number}</a></sup>'
        )

    def footnote_block(self, node: SyntaxTreeNode) -> str:
        return (
            '<section class="footnotes" role="doc-endnotes" aria-label="Footnotes">'
            f"<ol>{self.inside(node)}</ol></section>\n"
        )

    def footnote(self, node: SyntaxTreeNode) -> str:
        return f'<li id="{self.note_id(node.meta["id"] + 1)}">{self.inside(node)}</li>\n'

    def footnote_anchor(self, node: SyntaxTreeNode) -> str:
        number, use = node.meta["id"] + 1, node.meta.get("subId", 0)
        # U+FE0E asks for the arrow as text: some systems draw a picture otherwise.
        return (
            f' <a href="#{self.reference_id(number, use)}" role="doc-backlink"'
            f' aria-label="Back to the text">↩\ufe0e</a>'
        )

    def note_id(self, number: int) -> str:
        return escape(f"{self.prefix}fn-{number}")

    def reference_id(self, number: int, use: int) -> str:
        return escape(f"{self.prefix}fnref-{number}" + (f"-{use + 1}" if use else ""))
