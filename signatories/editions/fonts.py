"""The fonts of the PDF, and what to print for characters that none of them has.

Under PDF/UA-1 typst refuses a whole document for a single character without a glyph, so every
text passes through here on its way into one.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path

import fontpkg
from fontTools.ttLib import TTFont

from signatories.editions import embedded_fonts

#: In the order in which typst tries them. The same everywhere, or editions would differ.
FAMILIES = (
    "Libertinus Serif",
    "Noto Sans",
    "Amiri",
    "Noto Sans Arabic",
    "Noto Sans Devanagari",
    "Noto Sans Khmer",
    "Noto Sans Tamil",
    "Noto Sans Telugu",
    "Noto Sans Thai",
    "Noto Kufi Arabic",
    "New Computer Modern",
    "New Computer Modern Math",
    "DejaVu Sans Mono",
)
REPLACEMENT = "□"
#: Shown by no font, and without effect on the characters around them; or refused in a PDF.
DROPPED = {"\ufeff", *map(chr, range(0xE0000, 0xE0080)), *map(chr, range(0xE0100, 0xE01F0))}
JOINER = "\u200d"
#: Belong to the character before them, whatever their category.
TRAILING = {
    "\u200c",
    JOINER,
    *map(chr, range(0xFE00, 0xFE10)),  # variation selectors
    *map(chr, range(0xE0100, 0xE01F0)),
    *map(chr, range(0x1F3FB, 0x1F400)),  # skin tones
    *map(chr, range(0xE0020, 0xE0080)),  # tags, which spell the flag of Scotland
}
FLAG_LETTERS = {*map(chr, range(0x1F1E6, 0x1F200))}
#: White space to a reader; control characters to a font.
_SPACES = str.maketrans(dict.fromkeys("\v\f\r\x1c\x1d\x1e\x1f\x85\u2028\u2029", " "))
_LONE_SURROGATES = re.compile("[\ud800-\udfff]")
#: Needs no glyph: it shapes or separates what stands around it.
INVISIBLE = {
    *"\t\n\u00ad\u034f\u061c\u200b\u200e\u200f\u2060",
    *map(chr, range(0x202A, 0x202F)),
    *map(chr, range(0x2061, 0x2065)),
    *map(chr, range(0x2066, 0x206A)),
    *(TRAILING - set(map(chr, range(0x1F3FB, 0x1F400)))),
}  # fmt: skip


@dataclass
class Shown:
    """A text that the fonts can show, and what had to be replaced in it."""

    text: str
    replaced: list[str] = field(default_factory=list)


@cache
def font_files() -> tuple[Path, ...]:
    """The files of those fonts that typst does not bring along."""
    families = (name for name in FAMILIES if name not in embedded_fonts.EVERY)
    return tuple(sorted(f.path for name in families for f in fontpkg.family(name).files))


def covered(text: str) -> str:
    """The text with REPLACEMENT for each character, sign sequence or mark that no font shows."""
    return show(text).text


def uncovered(text: str) -> list[str]:
    """What no font can show in the text, each once, in order."""
    return show(text).replaced


def show(text: str) -> Shown:
    """The text as it can be printed. Line ends and tabs stay; other white space becomes a space."""
    if _plain().fullmatch(text):
        return Shown(text)
    shown = Shown("")
    pieces = []
    for cluster in _clusters(text.translate(_SPACES)):
        printed, replaced = _printed(cluster)
        pieces.append(printed)
        shown.replaced += [part for part in replaced if part not in shown.replaced]
    shown.text = "".join(pieces)
    return shown


def show_plainly(text: str) -> Shown:
    """The text in plain letters of the first font, with "?" for all else: nobody refuses these."""
    lost = dict.fromkeys(c for c in text if not _plain().fullmatch(c))
    return Shown("".join("?" if c in lost else c for c in text), list(lost))


def _clusters(text: str) -> Iterator[str]:
    """The text in pieces that are drawn as one: a letter with its marks, a sequence of emoji."""
    cluster = ""
    for character in text:
        joins = cluster and (
            character in TRAILING
            or unicodedata.category(character).startswith("M")
            or (cluster[-1] == JOINER and not cluster[0].isalpha())
            or (character in FLAG_LETTERS and cluster in FLAG_LETTERS)
        )
        if joins and cluster not in {"\n", "\t", " "}:
            cluster += character
        else:
            if cluster:
                yield cluster
            cluster = character
    if cluster:
        yield cluster


@lru_cache(maxsize=20_000)
def _printed(cluster: str) -> tuple[str, list[str]]:
    """What to print for a cluster, and what of it was replaced."""
    kept = "".join(c for c in cluster if c not in DROPPED)
    if _one_font_has(kept) or (len(kept) == 1 and _has_glyph(kept)):
        return kept, []
    if not _has_glyph(cluster[0]):
        return REPLACEMENT, [_LONE_SURROGATES.sub("\ufffd", cluster)]
    # A letter under a mark of another script: each font has only one of them.
    family = next((f for f in _families() if cluster[0] in f), frozenset[str]())
    marks = [c for c in kept[1:] if c not in INVISIBLE and c not in family]
    return "".join(REPLACEMENT if c in marks else c for c in kept), marks


def _one_font_has(text: str) -> bool:
    """Whether one family has everything of the text, as it stands, composed or decomposed."""
    forms = {unicodedata.normalize(form, text) for form in ("NFC", "NFD")} | {text}
    needed = [{c for c in form if c not in INVISIBLE} for form in forms]
    return any(family.issuperset(form) for family in _families() for form in needed)


def _has_glyph(character: str) -> bool:
    return character in INVISIBLE or character in _some()


@cache
def _families() -> tuple[frozenset[str], ...]:
    """What all styles of a family have: a cluster must look the same in bold."""
    return tuple(_family(name) for name in FAMILIES)


def _family(name: str) -> frozenset[str]:
    if name in embedded_fonts.EVERY:
        return _characters(embedded_fonts.EVERY[name])
    fonts = [_cmap(file.path) for file in fontpkg.family(name).files]
    return frozenset.intersection(*fonts)


@cache
def _some() -> frozenset[str]:
    """What at least one font has."""
    return frozenset.union(_characters(embedded_fonts.SOME), *map(_cmap, font_files()))


@cache
def _plain() -> re.Pattern[str]:
    """Texts of letters, digits and signs that the first font has, without marks: most texts."""
    simple = {c for c in _families()[0] if unicodedata.category(c)[0] in "LNPS"}
    return re.compile(f"[{''.join(re.escape(c) for c in sorted(simple))} \n\t]*")


def _cmap(path: Path) -> frozenset[str]:
    with TTFont(path, lazy=True) as font:
        return _meant(font.getBestCmap())


def _characters(ranges: str) -> frozenset[str]:
    ends = (part.split("-") for part in ranges.split())
    return _meant(c for end in ends for c in range(int(end[0], 16), int(end[-1], 16) + 1))


def _meant(points: Iterable[int]) -> frozenset[str]:
    """Without private characters, which each font draws as something else, and controls."""
    return frozenset(chr(c) for c in points if unicodedata.category(chr(c))[0] != "C")
