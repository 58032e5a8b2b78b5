"""One tree of tokens for a text: CommonMark with tables, footnotes and strikethrough.

Pages and PDFs are made from this tree, so that both say the same.
"""

from collections.abc import Iterable
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode
from mdit_py_plugins.footnote import footnote_plugin
from mdit_py_plugins.footnote.index import footnote_def

#: Emphasis within emphasis beyond this depth is dropped and its words kept: no letter needs it,
#: and every renderer of the tree descends by recursion.
DEEPEST_EMPHASIS = 12
DEEPEST_HEADING = 6
#: typst refuses longer addresses, and so do some browsers.
LONGEST_LINK = 8000
SCHEMES = ("http://", "https://", "mailto:")


@cache
def _parser() -> MarkdownIt:
    # No typographer: a coalition's dashes and quotation marks stay as they typed them.
    options = {"html": False, "linkify": False, "typographer": False}
    parser = MarkdownIt("commonmark", options).enable(["table", "strikethrough"])
    parser.use(footnote_plugin)
    parser.block.ruler.at("footnote_def", _footnote_def, {"alt": ["paragraph", "reference"]})
    return parser


def _footnote_def(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A footnote stands at the letter's own level: the plugin loses count of nested ones."""
    return state.level == 0 and footnote_def(state, start, end, silent)


def tokens_of(body: str) -> list[Token]:
    """What the parser finds, in a row; each block with the lines it stands on."""
    return _parser().parse(body)


def parse(body: str, *, first_heading: int = 2) -> SyntaxTreeNode:
    """The tree of a text, its headings renumbered to begin at first_heading without a gap."""
    tokens = tokens_of(body)
    _renumber_headings(tokens, first_heading)
    for token in tokens:
        if token.children:
            token.children = list(_shallow(token.children))
    return SyntaxTreeNode(tokens)


def _renumber_headings(tokens: list[Token], first_heading: int) -> None:
    """A heading stands one level under the nearest one before it that outranks it."""
    above: list[int] = []
    for token in tokens:
        if token.type == "heading_open":
            level = int(token.tag[1:])
            while above and above[-1] >= level:
                above.pop()
            above.append(level)
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(first_heading + len(above) - 1, DEEPEST_HEADING)}"


def _shallow(children: Iterable[Token]) -> Iterable[Token]:
    depth = 0
    for token in children:
        if token.nesting == 1:
            depth += 1
        if token.nesting == 0 or token.type.startswith("link") or depth <= DEEPEST_EMPHASIS:
            yield token
        if token.nesting == -1:
            depth -= 1


def heading_level(node: SyntaxTreeNode) -> int:
    """The renumbered level of a heading."""
    return int(node.tag[1:])


def link_target(node: SyntaxTreeNode) -> str | None:
    """Where a link may lead: a web or mail address, "#" as typed, or None for anything else."""
    href = str(node.attrs.get("href", ""))
    return href if may_be_linked(href) else None


def may_be_linked(href: str) -> bool:
    return href == "#" or (len(href) <= LONGEST_LINK and href.lower().startswith(SCHEMES))


def words_of(node: SyntaxTreeNode) -> str:
    """The text within a node, without its markup: what stands for an image."""
    if node.type in {"text", "code_inline"}:
        return node.content
    if node.type in {"softbreak", "hardbreak"}:
        return " "
    return "".join(words_of(child) for child in node.children)


def alignment(cell: SyntaxTreeNode) -> str:
    """How a table's cell is aligned: "left", "center", "right", or "" where the text says none."""
    return str(cell.attrs.get("style", "")).removeprefix("text-align:")


def footnotes(root: SyntaxTreeNode) -> dict[int, SyntaxTreeNode]:
    """The footnotes by the number that a reference holds in its meta["id"]."""
    return {
        int(note.meta["id"]): note
        for block in root.children
        if block.type == "footnote_block"
        for note in block.children
    }
