"""Folding: what is left of a name when case, accents, apostrophes and punctuation are gone.

For keys alone. In scripts whose marks are letters (Khmer, Thai, Hindi) they stay.
"""

import re
import unicodedata
from functools import lru_cache

from campaign.names import name_key

#: Typed for an apostrophe. Some decompose into a space, so they go first.
_APOSTROPHES = dict.fromkeys(map(ord, "'’‘‛´`ʼʹ′＇ʻˈ"))
#: Letters that do not decompose, and one that Arabic spells in several ways.
_LETTERS = str.maketrans(
    {
        "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i",
        "ŋ": "ng", "ħ": "h", "ə": "e", "ё": "е",
        "أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ى": "ي", "ة": "ه", "ـ": None,
    }
)  # fmt: skip
#: Scripts in which a mark is an accent.
_ACCENTED = ("LATIN", "GREEK", "CYRILLIC", "ARABIC", "HEBREW")
_DOTTED = re.compile(r"\b(?:\w\.){2,}(?:\w\b)?")


@lru_cache(maxsize=4096)
def _takes_accents(character: str) -> bool:
    return unicodedata.name(character, "").startswith(_ACCENTED)


def unaccented(text: str) -> str:
    """Without the accents of Latin, Greek, Cyrillic, Arabic and Hebrew letters."""
    kept: list[str] = []
    base = ""
    for character in unicodedata.normalize("NFKD", text.translate(_LETTERS)):
        if unicodedata.combining(character) or unicodedata.category(character) == "Mn":
            if base and _takes_accents(base):
                continue
        else:
            base = character
        kept.append(character)
    return unicodedata.normalize("NFC", "".join(kept)).translate(_LETTERS)


@lru_cache(maxsize=8192)
def folded(text: str) -> str:
    """Lower case, without accents and apostrophes; “M.A.G.” is “mag”, “&” and “+” are “and”."""
    text = text.translate(_APOSTROPHES)
    text = _DOTTED.sub(lambda found: found.group().replace(".", ""), text)
    text = re.sub(r"&amp;|[&＆+＋]", " and ", text)
    return unaccented(name_key(text))


@lru_cache(maxsize=8192)
def tokens(text: str) -> tuple[str, ...]:
    """The words of a name, folded; none where it has no letter or digit."""
    spaced = "".join(
        character if unicodedata.category(character)[0] in "LNM" else " "
        for character in folded(text)
    )
    return tuple(spaced.split())
