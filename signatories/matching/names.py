"""A name taken apart: its words, its acronyms, what it would be without its place or branch."""

import re
from dataclasses import dataclass, field
from functools import lru_cache

from campaign.names import name_key
from signatories.matching.fold import tokens
from signatories.matching.words import (
    ARTICLES,
    GENERIC,
    LEGAL,
    LEGAL_GLUED,
    LONGEST_PLACE,
    PARTS,
    SMALL,
    TIES,
    place_words,
    places,
    spelled,
)

Words = tuple[str, ...]

LONGEST_ACRONYM = 10  # letters
_BRACKETS = re.compile(r"[(\[（]([^()\[\]（）]*)[)\]）]")
_LEADING = re.compile(r"^([^\s,:/–—-]{2,12})(?:\s+[-‐-―:/,]\s*|\s*[-‐-―:/,]\s+)(\S.*\s\S.*)$")
_TRAILING = re.compile(r"^(\S.*\s\S.*?)(?:\s+[-‐-―:/,]\s*|\s*[-‐-―:/,]\s+)([^\s,:/–—-]{2,12})$")
_PIECES = re.compile(r"\s[-‐-―:|]\s*|[-‐-―:|]\s")
_ADDRESS = re.compile(r"(?<=\w)\.(?:org|com|net|int|ngo)$", re.IGNORECASE)
_COMMON = PARTS | GENERIC
#: Taken whole into an acronym: PC(USA).
_WHOLE = {"usa", "uk", "un", "eu"}
#: Of legal forms, those that also stand first.
_FIRST = {"pt", "ngo", "ong", "npo", "ооо", "ано", "нко", "оо", "го", "бо", "asbl"}


@dataclass(frozen=True)
class Name:
    """`words` are those that count, in order; never empty. All parts are folded."""

    key: str
    words: Words
    #: Without what stands in brackets; the parts of “A/B”. Each as words that count.
    others: tuple[Words, ...] = ()
    #: What stands on either side of a dash or colon.
    pieces: tuple[Words, ...] = ()
    #: Without a place or branch at its end.
    cores: tuple[Words, ...] = ()
    #: Without what any body may be called, such as “Project”, at its end; or else empty.
    shorter: Words = ()
    #: Acronyms that stand in it beside its words.
    stated: frozenset[str] = frozenset()
    #: Those that its words would make.
    initials: frozenset[str] = frozenset()
    #: The whole of it, where that may be an acronym; `loud` says that it is in capitals.
    bare: str = ""
    loud: bool = False
    #: An acronym in capitals with nothing but a place or branch after it.
    led_by: str = ""
    squashed: str = field(default="", compare=False)
    ordered: Words = field(default=(), compare=False)


def squash(words: Words) -> str:
    return "".join(words)


def says_which(words: Words) -> bool:
    """Whether the words name a body, not only a place or what any body may be called."""
    return any(word not in _COMMON and word not in place_words() for word in words)


def _is_acronym(text: str) -> bool:
    letters = [c for c in text if c.isalnum()]
    capitals = sum(c.isupper() for c in letters)
    return (
        2 <= len(letters) <= LONGEST_ACRONYM
        and " " not in text.strip()
        and capitals >= 2
        and capitals * 2 >= len(letters)
        and spelled(tokens(text)) not in places()
    )


def _without_legal(found: Words) -> Words:
    while len(found) > 1:
        for size in (1, 2, 3):  # “e. V.” is two words, “s. r. l.” three
            tail = found[-size:]
            if len(found) > size and squash(tail) in LEGAL and (size == 1 or _single(tail)):
                found = found[:-size]
                break
        else:
            break
    while len(found) > 1 and found[0] in _FIRST:
        found = found[1:]
    return found


def _single(words: Words) -> bool:
    return all(len(word) == 1 for word in words)


def _unglued(found: Words) -> Words:
    if "".join(found).isascii():
        return found

    def bare(word: str) -> str:
        for form in LEGAL_GLUED:
            if len(word) > len(form):
                word = word.removeprefix(form).removesuffix(form)
        return word

    return tuple(bare(word) for word in found)


def _all_words(text: str) -> Words:
    return _without_legal(_unglued(spelled(tokens(text))))


def _counting(found: Words) -> Words:
    return tuple(word for word in found if word not in SMALL) or found


def _cores(found: Words) -> tuple[Words, ...]:
    """What is left as one place or branch after the other is taken off its end."""
    cores: list[Words] = []
    rest = found
    while True:
        size = _tail(rest)
        if not size:
            return tuple(cores)
        rest = rest[:-size]
        while rest and rest[-1] in SMALL:
            rest = rest[:-1]
        counting = _counting(rest)
        if counting and says_which(counting):
            cores.append(counting)


def _shorter(words: Words) -> Words:
    rest = words
    while len(rest) > 1 and rest[-1] in GENERIC:
        rest = rest[:-1]
    return rest if rest != words and len(rest) > 1 and says_which(rest) else ()


def _tail(found: Words) -> int:
    """Words at its end that name a place or a branch. A place that is tied to the name is none."""
    for size in range(min(LONGEST_PLACE, len(found) - 1), 0, -1):
        if found[-size:] in places() and found[-size - 1] not in TIES:
            return size
    return 1 if len(found) > 1 and found[-1] in PARTS else 0


def _initials(found: Words) -> frozenset[str]:
    made = set()
    for kept in (found, _counting(found), tuple(w for w in found if w not in ARTICLES)):
        if len(kept) > 1:
            made.add("".join(word[0] for word in kept))
            made.add("".join(word if word in _WHOLE else word[0] for word in kept))
    return frozenset(one for one in made if 2 <= len(one) <= LONGEST_ACRONYM)


def _stated_in(text: str) -> tuple[str, frozenset[str]]:
    """The name without the acronyms beside it, and these."""
    stated = set()
    for content in _BRACKETS.findall(text):
        if _is_acronym(content):
            stated.add(squash(tokens(content)))
            text = re.sub(rf"\s*[(\[（]{re.escape(content)}[)\]）]", " ", text)
    text = text.strip()
    for pattern, short, long in ((_LEADING, 1, 2), (_TRAILING, 2, 1)):
        found = pattern.match(text)
        if found and _is_acronym(found[short]):
            stated.add(squash(tokens(found[short])))
            text = found[long].strip()
    # “MAG (Mines Advisory Group)”
    around = _BRACKETS.search(text)
    outside = _BRACKETS.sub(" ", text).strip()
    if around and " " in around[1].strip() and _is_acronym(outside):
        stated.add(squash(tokens(outside)))
        text = around[1]
    return text, frozenset(stated)


@lru_cache(maxsize=16384)
def taken_apart(text: str) -> Name:
    """Never fails, and never leaves a name without words, whatever its script."""
    bare_of, stated = _stated_in(text)
    bare_of = _ADDRESS.sub("", bare_of)
    found = _all_words(bare_of)
    words = _counting(found) or (name_key(text) or text,)
    others = []
    made = _initials(found)
    unbracketed = _counting(_all_words(_BRACKETS.sub(" ", bare_of)))
    if unbracketed and unbracketed != words and says_which(unbracketed):
        others.append(unbracketed)
    for part in _parts(text):
        _, of_part = _stated_in(part)
        stated |= of_part
        made |= _initials(_all_words(_stated_in(part)[0]))
        others.append(_counting(_all_words(_stated_in(part)[0])))
    bare, loud = _bare(text, found)
    cores = _cores(found)
    first = text.split()[0] if text.split() else ""
    led_by = ""
    if len(words) > 1 and _is_acronym(first) and (squash(tokens(first)),) in cores:
        led_by = squash(tokens(first))
    return Name(
        key=name_key(text),
        words=words,
        others=tuple(dict.fromkeys(one for one in others if one)),
        pieces=_pieces(bare_of),
        cores=cores,
        shorter=_shorter(words),
        stated=stated,
        initials=made,
        bare=bare,
        loud=loud,
        led_by=led_by,
        squashed=squash(words),
        ordered=tuple(sorted(words)),
    )


def _bare(text: str, found: Words) -> tuple[str, bool]:
    """The name as an acronym, empty where it cannot be one; and whether it is in capitals."""
    together = squash(_counting(tokens(text)))
    if not (2 <= len(together) <= LONGEST_ACRONYM and together.isalpha()):
        return "", False
    loud = text.upper() == text and text.lower() != text
    if loud and (len(text.split()) == 1 or _single(found)):
        return together, True
    return (found[0], loud) if len(found) == 1 else ("", False)


def _parts(text: str) -> list[str]:
    """Of a joint entry, “A/B”: each a name of its own."""
    parts = [part.strip() for part in text.split("/")]
    if len(parts) < 2 or any(len(tokens(part)) < 2 for part in parts):
        return []
    return parts


def _pieces(text: str) -> tuple[Words, ...]:
    pieces = [_counting(_all_words(piece)) for piece in _PIECES.split(text)]
    return tuple(one for one in pieces if len(one) > 1 and says_which(one)) if pieces[1:] else ()
