"""What changed between two texts, word by word, for somebody who signed the first."""

import re
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from html import escape
from itertools import groupby

from django.utils.safestring import SafeString

#: Words shown on either side of a change.
CONTEXT = 12
#: Passages that differ are compared word by word up to this product of their lengths in words;
#: longer ones are shown as wholly replaced, because the comparison takes its square.
LARGEST_COMPARISON = 4_000_000
_WORDS = re.compile(r"\n+|[^\S\n]+|\w+|[^\w\s]")

Change = tuple[str, str]  # removed, added; the same word twice where nothing changed


def difference_html(old: str, new: str) -> SafeString:
    """The difference as escaped text with <del> and <ins>, and "…" for what stayed the same.

    Line ends stand in the result as they are, so show it with `white-space: pre-line`; an added
    or removed one is shown as "¶". Two equal texts give "".
    """
    if old == new:
        return SafeString("")
    pieces: list[str] = []
    changes = [list(run) for _, run in groupby(_changes(old, new), lambda change: _same(*change))]
    for place, run in enumerate(changes):
        removed, added = ("".join(side) for side in zip(*run, strict=True))
        if _same(*run[0]):
            pieces.append(_unchanged(removed, first=place == 0, last=place == len(changes) - 1))
        else:
            pieces.append(_marked("del", removed) + _marked("ins", added))
    return SafeString("".join(pieces))


def _same(removed: str, added: str) -> bool:
    return removed == added


def _changes(old: str, new: str) -> Iterable[Change]:
    """Line by line first, then word by word where lines differ: quick, and easier to read."""
    for before, after in _compared(old.splitlines(keepends=True), new.splitlines(keepends=True)):
        if before == after:
            yield before, after
            continue
        words = _WORDS.findall(before), _WORDS.findall(after)
        if len(words[0]) * len(words[1]) > LARGEST_COMPARISON:
            yield before, after
        else:
            yield from _compared(*words)


def _compared(old: Sequence[str], new: Sequence[str]) -> Iterable[Change]:
    for _, i, j, k, m in SequenceMatcher(None, old, new).get_opcodes():
        yield "".join(old[i:j]), "".join(new[k:m])


def _marked(tag: str, text: str) -> str:
    shown = escape(text).replace("\n\n", "¶\n\n") if text.strip() else text.replace("\n", "¶\n")
    return f"<{tag}>{shown}</{tag}>" if text else ""


def _unchanged(text: str, *, first: bool, last: bool) -> str:
    """The words next to the changes; the first stretch has a change only behind it."""
    words = _WORDS.findall(text)
    head = 0 if first else 2 * CONTEXT
    tail = 0 if last else 2 * CONTEXT
    if len(words) <= head + tail + 2 * CONTEXT:
        return escape(text)
    end = "".join(words[len(words) - tail :])
    return escape("".join(words[:head]).rstrip() + " … " + end.lstrip())
