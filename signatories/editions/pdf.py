"""The letter as a PDF: tagged, PDF/UA-1, the same bytes for the same document."""

import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import typst

from signatories.editions import fonts
from signatories.editions.pdf_data import template_data
from signatories.editions.schema import Document, FrozenWording

TEMPLATE = Path(__file__).resolve().parents[2] / "templates" / "typeset" / "letter.typ"
#: How often typst may refuse a text for the sake of its glyphs before all is set in plain letters.
MOST_REFUSALS = 10
_REFUSED = re.compile(r'the text `"(.*)"` could not be displayed')


Made = TypeVar("Made")
_forked = False


def _mark_forked() -> None:
    # typst's threads do not survive a fork, and it would wait for them without end.
    global _forked
    _forked = _fonts.cache_info().currsize > 0


class TypesettingError(Exception):
    """The letter cannot be typeset; the message is one line."""


@dataclass(frozen=True)
class Typeset:
    """A PDF, and the characters in it that no font has, shown as fonts.REPLACEMENT."""

    pdf: bytes
    replaced: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Drawn:
    """The pages as SVG, for the eye only, and what no font has, as in Typeset."""

    pages: list[str]
    replaced: list[str] = field(default_factory=list)


def typeset(document: Document, language: str) -> Typeset:
    """The letter in one of its languages.

    Raises TypesettingError for a language that it is not in, and if typst fails. No name stops
    it: what the fonts lack is replaced, and what typst still refuses is set in plain letters.
    """
    return _tried(document, language, _compiled)


def draw(document: Document, language: str) -> Drawn:
    """The pages of the PDF as pictures. Raises TypesettingError as typeset does."""
    return _tried(document, language, _drawn)


def _tried(document: Document, language: str, compiled: Callable[..., Made]) -> Made:
    if _forked:
        raise TypesettingError("This process was forked from one that typeset before; start anew.")
    wordings = [w for w in document["text"]["wordings"] if w["language"] == language]
    if not wordings:
        raise TypesettingError(f"The letter has no words in the language “{language}”.")
    show = _Show()
    for _ in range(MOST_REFUSALS):
        try:
            return compiled(document, wordings[0], show)
        except typst.TypstError as error:
            refused = _REFUSED.search(str(error))
            if refused is None:
                raise TypesettingError(_one_line(error)) from error
            show.refused.add(_unescaped(refused[1]))
    show.refused.add("")
    try:
        return compiled(document, wordings[0], show)
    except typst.TypstError as error:
        raise TypesettingError(_one_line(error)) from error


class _Show:
    """Makes every text printable, and remembers what it had to replace."""

    def __init__(self) -> None:
        self.replaced: dict[str, None] = {}
        self.refused: set[str] = set()

    def __call__(self, text: str) -> str:
        shown = fonts.show(text)
        if any(refused in shown.text for refused in self.refused):
            shown = fonts.show_plainly(text)
        self.replaced.update(dict.fromkeys(shown.replaced))
        return shown.text


def _compiled(document: Document, wording: FrozenWording, show: _Show) -> Typeset:
    at = int(datetime.fromisoformat(document["published_at"]).timestamp())
    pdf = _typst(document, wording, show, format="pdf", pdf_standards="ua-1", timestamp=at)
    return Typeset(pdf, list(show.replaced))


def _drawn(document: Document, wording: FrozenWording, show: _Show) -> Drawn:
    pages = _typst(document, wording, show, format="svg")
    pages = pages if isinstance(pages, list) else [pages]
    return Drawn([page.decode() for page in pages], list(show.replaced))


def _typst(document: Document, wording: FrozenWording, show: _Show, **options: Any) -> Any:
    show.replaced.clear()
    data = template_data(document, wording, show)
    return typst.compile(
        str(TEMPLATE),
        root=str(TEMPLATE.parent),
        font_paths=_fonts(),
        ignore_system_fonts=True,
        sys_inputs={"letter": json.dumps(data, ensure_ascii=False)},
        **options,
    )


@cache
def _fonts() -> typst.Fonts:
    directories = sorted({str(path.parent) for path in fonts.font_files()})
    return typst.Fonts(include_system_fonts=False, font_paths=directories)


os.register_at_fork(after_in_child=_mark_forked)


def _unescaped(text: str) -> str:
    """The text that a message of typst quotes, as Rust writes it."""
    text = re.sub(r"\\u\{([0-9a-f]+)\}", lambda code: chr(int(code[1], 16)), text)
    return re.sub(r"\\(.)", r"\1", text)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
