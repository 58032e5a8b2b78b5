"""A text without markup, for mails in plain text."""

import textwrap

from markdown_it.tree import SyntaxTreeNode

from campaign.markup.tokens import footnotes, link_target, parse, words_of

RULE = "* * *"


def to_plain(body: str) -> str:
    """The text with an empty line between its paragraphs and addresses after links' words.

    Lines are as long as the paragraphs: a mail program wraps them. None of any string raises.
    """
    root = parse(body)
    blocks = [block for node in root.children if (block := _block(node))]
    notes = footnotes(root)
    blocks += [f"[{number + 1}] {_blocks(note)}" for number, note in notes.items()]
    return "\n\n".join(blocks)


def _blocks(node: SyntaxTreeNode, gap: str = "\n\n") -> str:
    return gap.join(block for child in node.children if (block := _block(child)))


def _block(node: SyntaxTreeNode) -> str:
    match node.type:
        case "blockquote":
            return textwrap.indent(_blocks(node), "> ", lambda _: True)
        case "bullet_list" | "ordered_list":
            return _list(node)
        case "code_block" | "fence":
            return node.content.rstrip("\n")
        case "footnote_anchor" | "footnote_block":
            return ""
        case "hr":
            return RULE
        case "table":
            rows = [row for part in node.children for row in part.children]
            return "\n".join(" | ".join(_line(cell) for cell in row.children) for row in rows)
        case _:
            return _line(node)


def _list(node: SyntaxTreeNode) -> str:
    tight = any(child.hidden for item in node.children for child in item.children)
    items = []
    for number, item in enumerate(node.children, int(node.attrs.get("start", 1))):
        mark = "- " if node.type == "bullet_list" else f"{number}. "
        words = _blocks(item, "\n" if tight else "\n\n")
        items.append(mark + textwrap.indent(words, " " * len(mark)).lstrip())
    return ("\n" if tight else "\n\n").join(items)


def _line(node: SyntaxTreeNode) -> str:
    match node.type:
        case "text" | "code_inline":
            return node.content
        case "softbreak":
            return " "
        case "hardbreak":
            return "\n"
        case "image":
            return words_of(node)
        case "footnote_ref":
            return f"[{node.meta['id'] + 1}]"
        case "link":
            words, target = "".join(map(_line, node.children)), link_target(node)
            shown = target in {None, "#", words, f"mailto:{words}"}
            return words if shown else f"{words} ({target})"
        case _:
            return "".join(map(_line, node.children))
