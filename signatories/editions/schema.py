"""The frozen input document of an edition: everything that its bytes depend on.

An edition is a pure function of this document and of the renderer whose version it names. It is
stored before anything is built, as canonical JSON, and its SHA-256 is the edition's digest.
"""

from typing import TypedDict

#: Raised whenever the same document would give other bytes.
RENDERER = "2"


class Signatory(TypedDict):
    """One line of the list, in house order within its group."""

    name: str
    country: str  # ISO 3166-1 alpha-2, or empty
    website: str  # http(s) URL, or empty


class ListedGroup(TypedDict):
    """A heading and its signatories; empty groups are left out."""

    key: str
    title: str
    signatories: list[Signatory]


class FrozenWording(TypedDict):
    """The words of the letter in one language."""

    language: str  # BCP 47
    direction: str  # "ltr" or "rtl"
    title: str
    addressee: list[str]
    cc: list[str]
    salutation: str
    body: str  # CommonMark
    closing: str
    source: str  # the canonical letter file, published as text.md
    sha256: str  # of source


class FrozenText(TypedDict):
    number: int
    fixed: bool  # False while the letter is a draft
    wordings: list[FrozenWording]  # the letter's own language first


class FrozenLetter(TypedDict):
    """Settings of the letter, as they stood when the edition was frozen."""

    slug: str
    state: str  # draft, open, closed, archived
    public: bool
    path: str  # "/letters/<slug>/" or "/unlisted/<key>/"
    url: str  # PUBLIC_URL and path
    language: str
    sender: str
    dateline: str
    running_header: str
    about: str
    contact: str  # e-mail address shown under the list, or empty
    press_contact: str
    opens: str  # RFC 3339 UTC, or empty
    closes: str
    time_zone: str  # IANA name
    paper: str  # "us-letter" or "a4"
    accent: str  # "#rrggbb"
    asks_country: bool
    asks_website: bool
    delivered: bool


class Document(TypedDict):
    renderer: str
    edition: int
    published_at: str  # RFC 3339 UTC
    previous: str  # digest of the edition before, or empty
    stylesheet: str  # URL of the style sheet, with its digest in the name
    letter: FrozenLetter
    text: FrozenText
    count: int
    groups: list[ListedGroup]


class ListedLetter(TypedDict):
    """A public letter in the list of letters."""

    title: str
    path: str
    state: str
    state_label: str
    sender: str
    closes: str  # RFC 3339 UTC, or empty
    time_zone: str
    count: int


class SiteDocument(TypedDict):
    """The frozen input document of the site edition: what belongs to no letter."""

    renderer: str
    edition: int
    published_at: str
    previous: str
    stylesheet: str
    public_url: str
    letters: list[ListedLetter]
