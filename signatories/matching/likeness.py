"""How like two names are, and why: the rules, from the surest to the faintest.

A rule answers only where a person should look; a likeness warns, and never blocks.
"""

from collections import Counter
from dataclasses import dataclass

from signatories.matching.names import Name, Words, says_which, squash
from signatories.matching.spelling import slips
from signatories.matching.words import DEMONYMS, GENERIC, PARTS, place_words

SAME_NAME = "the same name"
SAME_BUT = "the same but for accents, punctuation, small words or a legal form"
SAME_WORDS = "same words in another order"
IN_BRACKETS = "the same but for what stands in brackets"
SPELLING = "nearly the same spelling"
ACRONYM = "same acronym"
INSIDE = "the one name stands in the other"
JOINT = "part of a joint entry"
CHAPTER = "perhaps a chapter of it"
PARENT = "it is perhaps a chapter of this one"
SIBLING = "perhaps another chapter of the same body"
NUMBERED = "the same but for a number"
ONE_WORD = "the same but for one word"


@dataclass(frozen=True)
class Alike:
    """`score` is from 0 to 1, to put them in order."""

    why: str
    score: float


def alike(asked: Name, known: Name) -> Alike | None:
    """What the asked name has to do with a known one; None for nothing worth a look."""
    if asked.key == known.key:
        return Alike(SAME_NAME, 1.0)
    if asked.squashed == known.squashed:
        return Alike(SAME_BUT, 0.98)
    turned = squash(asked.words[::-1]) == known.squashed or (
        squash(known.words[::-1]) == asked.squashed
    )
    if len(asked.words) > 1 and (asked.ordered == known.ordered or turned):
        return Alike(SAME_WORDS, 0.95)
    for rule in (_numbered, _brackets, _misspelt, _acronym, _extended, _cores, _led, _one_word):
        found = rule(asked, known)
        if found is not None:
            return found
    return None


def _numbered(asked: Name, known: Name) -> Alike | None:
    if len(asked.words) != len(known.words):
        return None
    different = [(a, b) for a, b in zip(asked.words, known.words, strict=True) if a != b]
    numbers = all(a.isdigit() and b.isdigit() for a, b in different)
    return Alike(NUMBERED, 0.6) if numbers else None


def _brackets(asked: Name, known: Name) -> Alike | None:
    mine = {squash(words) for words in asked.others}
    theirs = {squash(words) for words in known.others}
    if asked.squashed in theirs or known.squashed in mine or mine & theirs:
        joint = "/" in asked.key or "/" in known.key
        return Alike(JOINT, 0.86) if joint else Alike(IN_BRACKETS, 0.92)
    return None


def _misspelt(asked: Name, known: Name) -> Alike | None:
    wrong = slips(asked.words, known.words)
    if wrong is not None:
        return Alike(SPELLING, 0.93 - 0.03 * wrong)
    mine, theirs = (asked.words, *asked.others), (known.words, *known.others)
    if any(slips(one, other) is not None for one in mine for other in theirs):
        return Alike(SPELLING, 0.8)
    return None


def _acronym(asked: Name, known: Name) -> Alike | None:
    found = [score for one, other in ((asked, known), (known, asked)) if (score := _of(one, other))]
    return Alike(ACRONYM, max(found)) if found else None


def _of(short: Name, long: Name) -> float:
    """How sure it is that the first is an acronym of the second. Two that both have names of their
    own, and share an acronym, are two bodies.
    """
    if not short.bare:
        return 0
    if short.bare in long.stated:
        return 0.94
    if short.bare in long.initials:
        if short.loud:
            return 0.85 if len(short.bare) > 2 else 0.75
        return 0.65 if len(short.bare) > 2 else 0
    return 0


def _extended(asked: Name, known: Name) -> Alike | None:
    """One name begins or ends with the whole of the other."""
    longer, shorter = (asked, known) if len(asked.words) > len(known.words) else (known, asked)
    more = len(longer.words) - len(shorter.words)
    if not more or not _distinct(shorter.words):
        return None
    for size in range(1, len(longer.words)):
        # “Code Pink: …” begins with “CODEPINK”, too.
        if squash(longer.words[:size]) == shorter.squashed:
            found = _chapter(asked is longer, longer.words[size:])
            # Of one word, such as “Justice”, very many names begin with it.
            known_for_more = len(shorter.words) == 1 and longer is known and found.score < 0.8
            return None if known_for_more else found
    if longer.words[more:] == shorter.words:
        rest = longer.words[:more]
        if (
            all(word in _AROUND or word in place_words() for word in rest)
            or squash(rest) in shorter.initials | shorter.stated
        ):
            return _chapter(asked is longer, rest)
    if shorter.squashed in {squash(piece) for piece in longer.pieces}:
        return Alike(INSIDE, 0.75)
    return None


_AROUND = PARTS | GENERIC | DEMONYMS


def _chapter(asked_is_longer: bool, rest: Words) -> Alike:
    why = CHAPTER if asked_is_longer else PARENT
    if all(word in GENERIC for word in rest):
        return Alike(f"the same but for “{' '.join(rest).title()}”", 0.88)
    if all(word in PARTS or word in GENERIC or word in place_words() for word in rest):
        return Alike(why, 0.82)
    return Alike(why, 0.7)


def _distinct(words: Words) -> bool:
    """Whether another name that holds them all is worth a look."""
    return (len(words) > 1 or len(words[0]) >= 6) and says_which(words)


def _cores(asked: Name, known: Name) -> Alike | None:
    mine = {squash(words) for words in asked.cores}
    theirs = {squash(words) for words in known.cores}
    if known.squashed in mine:
        return Alike(CHAPTER, 0.8)
    if asked.squashed in theirs:
        return Alike(PARENT, 0.8)
    if known.shorter and squash(known.shorter) in mine:
        return Alike(CHAPTER, 0.7)
    if asked.shorter and squash(asked.shorter) in theirs:
        return Alike(PARENT, 0.7)
    return Alike(SIBLING, 0.72) if mine & theirs else None


def _led(asked: Name, known: Name) -> Alike | None:
    """“HRW Germany”."""
    for one, other, why in ((asked, known, CHAPTER), (known, asked, PARENT)):
        if one.led_by and one.led_by in other.stated | other.initials | {other.bare}:
            return Alike(f"{why}, by its acronym", 0.74)
    return None


def _one_word(asked: Name, known: Name) -> Alike | None:
    """Of long names, one word more or less."""
    if abs(len(asked.words) - len(known.words)) != 1:
        return None
    common = (Counter(asked.words) & Counter(known.words)).total()
    shorter = min(len(asked.words), len(known.words))
    return Alike(ONE_WORD, 0.7) if common == shorter >= 4 else None
