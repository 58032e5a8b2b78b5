"""Whether words are the same but for a slip of the fingers."""

from signatories.matching.names import Words, squash
from signatories.matching.words import place_words


def distance(one: str, other: str, *, most: int) -> int:
    """Letters to add, drop, change or swap with the next (optimal string alignment).

    Returns most + 1 as soon as it is more than `most`.
    """
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        older, before, row = before, row, [i]
        for j, b in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
    return row[-1]


def _syllabic(word: str) -> bool:
    """Of characters that each are a word or syllable: another one is another name."""
    return any("\u2e80" <= c <= "\u9fff" or "\uac00" <= c <= "\ud7a3" for c in word)


def _slip(one: str, other: str, *, long: bool) -> int | None:
    """How many letters are wrong; None where these are two words. `long` is of the whole name."""
    if one in place_words() and other in place_words():
        return None  # Austria and Australia
    shorter = min(len(one), len(other))
    if _syllabic(one) or _syllabic(other):
        wrong = distance(one, other, most=1)
        return wrong if shorter >= 10 and wrong <= 1 else None
    wrong = distance(one, other, most=2)
    swapped = sorted(one) == sorted(other)
    if shorter <= 4:
        # “Word” for “World”, but not “Cure” for “Care” unless much else is the same.
        changed = len(one) == len(other) and not swapped and not (long and one[0] == other[0])
        return wrong if wrong == 1 and not changed and shorter > 2 else None
    allowed = 2 if shorter >= 8 or (swapped and shorter >= 6) else 1
    return wrong if wrong <= allowed else None


def slips(ones: Words, others: Words) -> int | None:
    """How many letters are wrong in all; None where that is too many for their length."""
    one, other = squash(ones), squash(others)
    length = min(len(one), len(other))
    most = 3 if length >= 30 else 2 if length >= 12 else 1
    if len(ones) == len(others):
        total = _slips_of_words(ones, others)
        if total is None or total > most:
            return None
        swapped = sorted(one) == sorted(other)
        more = len(one) != len(other)
        return total if length >= 8 or (swapped and length >= 5) or (more and length >= 6) else None
    if length >= 12:
        total = distance(one, other, most=1)
        return total if total == 1 else None
    return None


def _slips_of_words(ones: Words, others: Words) -> int | None:
    total = 0
    for one, other in zip(ones, others, strict=True):
        if one != other:
            wrong = _slip(one, other, long=len(squash(ones)) >= 12 and len(ones) > 2)
            if wrong is None:
                return None
            total += wrong
    return total
