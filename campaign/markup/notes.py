"""What of a body will not come out as somebody may expect, with its line: told while they write."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from markdown_it.token import Token

from campaign.markup.tokens import may_be_linked, tokens_of

#: So many are told of; whoever mends them is told the rest.
MOST = 20
_TAG = re.compile(r"</?[A-Za-z][^<>\n]{0,80}>")
_NOTE = re.compile(r"\[\^[^\]\s]{1,40}\]")
_LINK = re.compile(r"\]\(\s*([^)\s]{1,200})[^)]*\)")


@dataclass(frozen=True)
class Note:
    """`line` counts from 1; 0 stands for the whole."""

    line: int
    text: str

    def __str__(self) -> str:
        return f"Line {self.line}: {self.text}" if self.line else self.text


def notes_on(body: str) -> list[Note]:
    """What the markup does not take, in the order of the lines. Any string gives a result."""
    notes = dict.fromkeys(
        note for token in tokens_of(body) if token.type == "inline" for note in _of_paragraph(token)
    )
    return list(notes)[:MOST]


def _of_paragraph(paragraph: Token) -> Iterator[Note]:
    line = (paragraph.map or [0])[0] + 1
    for token in paragraph.children or []:
        if token.type in {"softbreak", "hardbreak"}:
            line += 1
        for said in _of(token):
            yield Note(line, said)


def _of(token: Token) -> Iterator[str]:
    if token.type == "image":
        yield "images are not shown, only the words that describe them."
    elif token.type == "link_open" and not may_be_linked(str(token.attrs.get("href", ""))):
        yield (
            f"the link to “{_short(str(token.attrs.get('href', '')))}” is left out, and its words "
            "stay: a link begins with https://, http:// or mailto:."
        )
    elif token.type == "text":
        for found in _TAG.findall(token.content):
            yield f"“{_short(found)}” stands as typed: HTML is not taken."
        for found in _NOTE.findall(token.content):
            yield f"footnote “{found}” has no text, or not on a line of its own."
        for found in _LINK.findall(token.content):
            yield f"“{_short(found)}” is no address that can be linked: it stands as typed."


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:60]}…"
