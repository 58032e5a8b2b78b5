"""The keys by which an index finds what may be alike; the rules then look at each of these.

A key is a letter and a word. What is kept of a name, and what is looked for, differ: a name that
is longer than mine keeps its beginnings, one that is shorter is found by mine.
"""

from collections.abc import Iterable
from hashlib import blake2s
from urllib.parse import urlsplit

from signatories.matching.names import Name, Words, says_which, squash, taken_apart

WHOLE, ORDERED, BEGINNING, CORE, ACRONYM, INITIALS, DOMAIN, SLIP = "sopcaiwx"
#: A longer key is kept as its digest: an entry of an index has its limit.
LONGEST = 40
MOST_BEGINNINGS = 6
#: Longer words have no keys for a slip, later words neither.
LONGEST_SLIP = 24
MOST_WORDS = 12
#: Hosts of many bodies; there the address says nothing.
SHARED = (
    "facebook.com", "instagram.com", "twitter.com", "x.com", "linkedin.com", "youtube.com",
    "linktr.ee", "wordpress.com", "blogspot.com", "wixsite.com", "weebly.com", "squarespace.com",
    "google.com", "github.io", "medium.com", "wikipedia.org", "tumblr.com", "t.me", "vk.com",
    "jimdosite.com", "jimdofree.com", "webnode.com", "business.site", "carrd.co",
)  # fmt: skip


def _key(kind: str, word: str) -> str:
    if len(word) > LONGEST:
        word = "#" + blake2s(word.encode(), digest_size=10).hexdigest()
    return kind + word


def _beginnings(words: Words) -> list[Words]:
    return [
        words[:size]
        for size in range(2, min(len(words), MOST_BEGINNINGS + 1))
        if says_which(words[:size])
    ]


def domain_of(website: str) -> str:
    """The host of a website without “www.”; empty where many bodies share it."""
    try:
        host = (urlsplit(website).hostname or "").removeprefix("www.")
    except ValueError:
        return ""
    shared = any(host == one or host.endswith(f".{one}") for one in SHARED)
    return "" if shared else host


def kept(names: Iterable[str], website: str = "") -> list[str]:
    """What is kept of a body, under whatever names and website: never empty, as no name is."""
    keys: set[str] = set()
    for text in names:
        keys |= _kept(taken_apart(text))
    domain = domain_of(website)
    return sorted(keys | ({_key(DOMAIN, domain)} if domain else set()))


def _kept(name: Name) -> set[str]:
    keys = {_key(WHOLE, squash(words)) for words in (name.words, *name.others)}
    if len(name.words) > 1:
        keys.add(_key(ORDERED, squash(name.ordered)))
    keys |= {_key(BEGINNING, squash(words)) for words in _beginnings(name.words)}
    keys |= {_key(CORE, squash(words)) for words in (*name.cores, name.shorter) if words}
    keys |= {_key(INITIALS, one) for one in name.initials}
    keys |= {_key(ACRONYM, one) for one in _short(name)}
    for words in (name.words, *name.others):
        keys |= {_key(SLIP, one) for one in _slips(words)}
    return keys


def _slips(words: Words) -> set[str]:
    """What two names share of which one has a letter or two wrong.

    Of one word: all of it but a letter. Of several: all but the word that is wrong, with the first
    or the last letter of that; the first and last letters of each; and all but the numbers.
    """
    if len(words) == 1:
        word = words[0]
        if not 5 <= len(word) <= LONGEST_SLIP:
            return set()
        return {f"1{word}", *(f"1{word[:at]}{word[at + 1 :]}" for at in range(len(word)))}
    slips = {"0" + " ".join(word[0] + word[-1] for word in words)}
    numbered = tuple("#" if word.isdigit() else word for word in words)
    if numbered != words:
        slips.add("#" + squash(numbered))
    for at, word in enumerate(words[:MOST_WORDS]):
        rest = squash((*words[:at], *words[at + 1 :]))
        if len(words) > 3:
            slips.add(f"*{rest}")
        else:
            slips |= {f"{at}{word[0]}-{rest}", f"{at}-{word[-1]}{rest}"}
    return slips


def sought(text: str, website: str = "") -> set[str]:
    """What those keep that may be alike."""
    name = taken_apart(text)
    whole = {squash(words) for words in (name.words, *name.others)}
    cores = {squash(words) for words in name.cores}
    ends = {
        squash(name.words[first:])
        for first in range(1, len(name.words))
        if says_which(name.words[first:])
    }
    starts = {squash(name.words[:size]) for size in range(1, len(name.words))}
    keys = {_key(WHOLE, one) for one in whole | cores | ends | starts}
    keys |= {_key(CORE, one) for one in whole | cores}
    keys.add(_key(WHOLE, squash(name.words[::-1])))
    if name.shorter:
        keys.add(_key(CORE, squash(name.shorter)))
    keys |= {_key(BEGINNING, one) for one in whole}
    for words in (name.words, *name.others):
        keys |= {_key(SLIP, one) for one in _slips(words)}
    if len(name.words) > 3:  # one word more than another, or less
        keys |= {_key(WHOLE, one[1:]) for one in _slips(name.words) if one.startswith("*")}
        keys.add(_key(SLIP, f"*{name.squashed}"))
    if len(name.words) > 1:
        keys.add(_key(ORDERED, squash(name.ordered)))
    keys |= {_key(ACRONYM, one) for one in _short(name) | name.initials}
    keys |= {_key(INITIALS, one) for one in _short(name)}
    domain = domain_of(website)
    return keys | ({_key(DOMAIN, domain)} if domain else set())


def whole(text: str) -> set[str]:
    """What every other spelling of just this name keeps."""
    return {_key(WHOLE, taken_apart(text).squashed)}


def _short(name: Name) -> set[str]:
    """Acronyms that somebody wrote, beside the name or for it."""
    return (
        set(name.stated)
        | ({name.bare} if name.bare else set())
        | ({name.led_by} if name.led_by else set())
    )
