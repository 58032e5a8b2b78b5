"""A text as typst markup for the PDF. What a person typed stands in string literals only.

Everything is a call in code mode (`#strong[…];`), and every word a string (`#"…";`): in a string
typst changes nothing, so neither `#let` nor `--` nor a quotation mark can mean anything.
"""

import re
from collections.abc import Callable, Iterable
from itertools import groupby

from markdown_it.tree import SyntaxTreeNode

from campaign.markup.tokens import (
    alignment,
    footnotes,
    heading_level,
    link_target,
    parse,
    words_of,
)

#: A paragraph with more lines or changes of style than this is divided, at a line end if it has
#: one: the time typst takes grows with their square, and reaches minutes.
MANY_PARTS = 400
WRAPPED = {"em": "emph", "s": "strike", "strong": "strong"}
_ESCAPED = re.compile(r'[\\"\x00-\x1f\x7f-\x9f\u2028\u2029]')
#: White space that would end a line in a typst string, and in a browser does not.
_LINE_ENDS = re.compile("[\t\n\v\f\r\x85\u2028\u2029]")


def literal(text: str) -> str:
    """The text as a typst string literal, safe for any characters but lone surrogates."""
    escaped = _ESCAPED.sub(
        lambda m: "\\" + m[0] if m[0] in '\\"' else f"\\u{{{ord(m[0]):x}}}", text
    )
    return f'"{escaped}"'


def to_typst(
    body: str, *, first_heading: int = 2, show: Callable[[str], str] = lambda text: text
) -> str:
    """The text as typst markup, with headings from first_heading.

    show is given each piece of text that will be seen, and returns what to print for it: the
    place to replace characters that no font has. Any string gives a result; none raises.
    """
    root = parse(body, first_heading=first_heading)
    return _Typst(root, show).document()


class _Typst:
    def __init__(self, root: SyntaxTreeNode, show: Callable[[str], str]) -> None:
        self.root = root
        self.show = show
        self.notes = footnotes(root)
        self.placed: set[int] = set()
        self.writers: dict[str, Callable[[SyntaxTreeNode], str]] = {
            "blockquote": lambda node: f"#quote(block: true)[{self.inside(node)}];\n\n",
            "bullet_list": lambda node: self.list(node, "list"),
            "code_block": self.code_block,
            "code_inline": lambda node: f"#raw({self.literal(node.content)});",
            "fence": self.code_block,
            "footnote_anchor": lambda _: "",
            "footnote_block": lambda _: "",  # typst puts each note at the foot of its page
            "footnote_ref": self.footnote,
            "hardbreak": lambda _: "#linebreak();",
            "heading": self.heading,
            "hr": lambda _: "#align(center, line(length: 30%));\n\n",
            "image": lambda node: self.text(words_of(node)),
            "link": self.link,
            "ordered_list": lambda node: self.list(node, "enum"),
            "paragraph": self.paragraph,
            "table": self.table,
        }

    def document(self) -> str:
        markup = self.render(self.root)
        # A note that only its own text refers to has no page to stand on; its words stay.
        return markup + "".join(
            self.inside(note) for number, note in self.notes.items() if number not in self.placed
        )

    def render(self, node: SyntaxTreeNode) -> str:
        if writer := self.writers.get(node.type):
            return writer(node)
        if function := WRAPPED.get(node.type):
            return f"#{function}[{self.inside(node)}];"
        return self.inside(node)

    def inside(self, node: SyntaxTreeNode) -> str:
        return self.join(node.children)

    def join(self, nodes: Iterable[SyntaxTreeNode]) -> str:
        """The nodes one after another, running text as one string: typst slows by the piece."""
        return "".join(
            self.text("".join(node.content if node.type == "text" else " " for node in run))
            if is_text
            else "".join(map(self.render, run))
            for is_text, run in groupby(nodes, lambda node: node.type in {"text", "softbreak"})
        )

    def literal(self, text: str) -> str:
        return literal(self.show(text))

    def text(self, content: str) -> str:
        return f"#{self.literal(_LINE_ENDS.sub(' ', content))};" if content else ""

    def paragraph(self, node: SyntaxTreeNode) -> str:
        """The paragraph, as several where it has very many parts."""
        paragraphs: list[list[SyntaxTreeNode]] = [[]]
        for child in (part for inline in node.children for part in inline.children):
            if child.type == "hardbreak" and len(paragraphs[-1]) >= MANY_PARTS:
                paragraphs.append([])
            else:
                if len(paragraphs[-1]) >= 10 * MANY_PARTS:
                    paragraphs.append([])
                paragraphs[-1].append(child)
        return "".join(self.join(part) + "\n\n" for part in paragraphs)

    def heading(self, node: SyntaxTreeNode) -> str:
        if not words_of(node).strip():  # an empty one is refused under PDF/UA
            return f"{self.inside(node)}\n\n"
        return f"#heading(level: {heading_level(node)})[{self.inside(node)}];\n\n"

    def link(self, node: SyntaxTreeNode) -> str:
        target = link_target(node)
        if target is None:
            return self.inside(node)
        if target == "#":
            return f"#underline[{self.inside(node)}];"
        return f"#link({literal(target)})[{self.inside(node)}];"

    def list(self, node: SyntaxTreeNode, function: str) -> str:
        items = "".join(f"[{self.inside(item).strip()}], " for item in node.children)
        tight = any(child.hidden for item in node.children for child in item.children)
        start = node.attrs.get("start")
        first = f"start: {int(start)}, " if start is not None else ""
        return f"#{function}(tight: {str(tight).lower()}, {first}{items});\n\n"

    def code_block(self, node: SyntaxTreeNode) -> str:
        return f"#raw(block: true, {self.literal(node.content.rstrip())});\n\n"

    def table(self, node: SyntaxTreeNode) -> str:
        head, *rest = [row for part in node.children for row in part.children]
        aligns = "".join(f"{_ALIGN[alignment(cell)]}, " for cell in head.children)
        header = "".join(f"[{self.inside(cell)}], " for cell in head.children)
        cells = "".join(f"[{self.inside(cell)}], " for row in rest for cell in row.children)
        return (
            f"#table(columns: {len(head.children)}, align: ({aligns}), "
            f"table.header({header}), {cells});\n\n"
        )

    def footnote(self, node: SyntaxTreeNode) -> str:
        number = int(node.meta["id"])
        if number not in self.notes:
            return ""
        if number in self.placed:
            return f"#footnote(<note-{number + 1}>);"
        self.placed.add(number)
        return f"#footnote[{self.inside(self.notes[number]).strip()}]<note-{number + 1}>"


_ALIGN = {"left": "left", "center": "center", "right": "right", "": "start"}
