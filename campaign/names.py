"""Names: kept as typed, refused only for what would break a list, and keys to match them by."""

import re
import struct
import unicodedata
from functools import cache

from django.core.exceptions import ValidationError
from pyuca import Collator

LONGEST_NAME = 300  # characters
#: One character may become 18 in NFKC, and an index entry has its limit.
LONGEST_KEY = 600  # characters

#: Embeddings, overrides and isolates (Unicode UAX #9): they could turn the text around a name.
BIDI_OVERRIDES = {chr(c) for c in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))}
#: Zero width joiner and non-joiner: part of the spelling in Persian, Hindi and other languages.
JOINERS = {"\u200c", "\u200d"}
#: Invisible and meaningless in a name; copied along from documents and web pages.
INVISIBLE = {"\ufeff", "\u2060", "\u00ad"}
#: Invisible, but with a use: Khmer and Thai mark words with the zero width space.
UNMATCHED = {"\u200b", *JOINERS}


def clean_name(value: str) -> str:
    """The name in NFC, without white space at its ends or runs of it inside, else as typed.

    Raises ValidationError for control or bidirectional override characters, for a name that shows
    nothing, and for one longer than LONGEST_NAME.
    """
    for character in value:
        if character in "\t\n\r":
            continue
        if character in BIDI_OVERRIDES or unicodedata.category(character) in {"Cc", "Cs"}:
            raise ValidationError(
                f"The name holds the control character U+{ord(character):04X}; "
                "please type it again without it."
            )
    name = "".join(c for c in value if c not in INVISIBLE)
    name = re.sub(r"\s+", " ", unicodedata.normalize("NFC", name)).strip()
    if not any(unicodedata.category(c)[0] in "LNPS" for c in name):
        raise ValidationError("Please give the name of the organisation.")
    if len(name) > LONGEST_NAME:
        raise ValidationError(
            f"The name has {len(name)} characters; the longest allowed is {LONGEST_NAME}."
        )
    if len(name_key(name)) > LONGEST_KEY:
        raise ValidationError("The name is too long once its ligatures are written out.")
    return name


def name_key(name: str) -> str:
    """What two spellings of one name share: NFKC, case folded. For matching, never for display."""
    shown = "".join(c for c in name if c not in UNMATCHED)
    folded = unicodedata.normalize("NFKC", shown).casefold()
    return re.sub(r"\s+", " ", unicodedata.normalize("NFKC", folded)).strip()


@cache
def _collator() -> Collator:
    return Collator()


def warm_up() -> None:
    """Load the collation table, which takes about half a second."""
    _collator()


def sort_key(name: str) -> bytes:
    """The root collation key (UCA, spaces not ignored, so word by word), comparable as bytes."""
    weights = _collator().sort_key(name)
    return struct.pack(f">{len(weights)}H", *weights)
