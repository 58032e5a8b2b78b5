"""A letter's card: how it stands, what waits or failed, and where to do something about it.

The front page shows cards, and so does the daily digest. What the other package knows of a letter
it adds by a function that settings.DESK_CARDS names: `(user, letters) -> {letter id: Part}`. Each
asks for all letters at once, so that the number of queries is the same for one letter and for
fifty, and gives nothing that the user may not see.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Count, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.module_loading import import_string

from campaign.admin.chart import Chart
from campaign.admin.closing import closing
from campaign.admin.counted import counted
from campaign.admin.moments import said
from campaign.admin.notices import FAILED_OF_LATE, Notice
from campaign.models import Letter, OutgoingMail
from campaign.models.letter import State
from campaign.models.mail import Bounce, MailState, Withheld

Viewer = User | AnonymousUser
MAILS = "admin:campaign_outgoingmail_changelist"


@dataclass(frozen=True)
class Link:
    label: str
    url: str
    #: What there is to do first.
    first: bool = False


@dataclass(frozen=True)
class Figure:
    label: str
    count: int
    url: str = ""
    note: str = ""
    #: Somebody of the staff has to do something about it.
    waits: bool = False

    @property
    def number(self) -> str:
        return f"{self.count:,}"


@dataclass(frozen=True)
class Part:
    """What one package knows of a letter."""

    figures: list[Figure] = field(default_factory=list)
    problems: list[Notice] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    chart: Chart | None = None
    #: When the chart was counted.
    chart_at: datetime | None = None


@dataclass(frozen=True)
class Card:
    letter: Letter
    title: str
    stands: str
    visibility: str
    closing: str
    parts: list[Part]

    @property
    def figures(self) -> list[Figure]:
        return [figure for part in self.parts for figure in part.figures]

    @property
    def problems(self) -> list[Notice]:
        return [problem for part in self.parts for problem in part.problems]

    @property
    def links(self) -> list[Link]:
        links = [link for part in self.parts for link in part.links]
        return sorted(links, key=lambda link: not link.first)

    @property
    def charts(self) -> list[Part]:
        return [part for part in self.parts if part.chart]

    @property
    def waits(self) -> bool:
        """Whether somebody has to do something."""
        return any(figure.waits and figure.count for figure in self.figures)


def cards(user: Viewer, letters: Sequence[Any]) -> list[Card]:
    """A card for each of these letters, in their order.

    They come with their `title` and publication (campaign.admin.start.shown_letters).
    """
    now = timezone.now()
    functions: list[Callable[[Viewer, Sequence[Letter]], Mapping[int, Part]]] = [
        import_string(path) for path in settings.DESK_CARDS
    ]
    parts = [*(function(user, letters) for function in functions), _own(user, letters)]
    return [
        Card(
            letter=letter,
            title=letter.title or letter.slug,
            stands=f"{letter.get_state_display()}{', paused' if letter.paused_at else ''}",
            visibility=_visibility(letter, now),
            closing=closing(letter, now),
            parts=[part[letter.pk] for part in parts if letter.pk in part],
        )
        for letter in letters
    ]


def _own(user: Viewer, letters: Sequence[Letter]) -> dict[int, Part]:
    mails = _mails(letters) if user.has_perm("campaign.view_outgoingmail") else {}
    publications = user.has_perm("campaign.view_publication")
    return {
        letter.pk: Part(
            problems=[
                *_paused(letter),
                *(_publication(letter) if publications else []),
                *mails.get(letter.pk, []),
            ],
            links=list(_links(letter, writes=user.has_perm("campaign.change_letter"))),
        )
        for letter in letters
    }


def _visibility(letter: Letter, now: datetime) -> str:
    if letter.public_at is None:
        return "Unlisted"
    if letter.public_at <= now:
        return "Public"
    return f"Unlisted until {said(letter.public_at, letter.time_zone)}"


def _links(letter: Letter, *, writes: bool) -> Iterator[Link]:
    draft = letter.state == State.DRAFT
    label = "Go on writing, or open it" if draft and writes else "The letter"
    yield Link(
        label, reverse("admin:campaign_letter_change", args=[letter.pk]), first=draft and writes
    )
    if letter.current_text_id and letter.state != State.DRAFT:
        label = "Public page" if letter.public else "Page, by its unlisted link"
        yield Link(label, letter.path)


def _paused(letter: Letter) -> Iterator[Notice]:
    if letter.paused_at is not None:
        yield Notice(
            f"Paused since {said(letter.paused_at, letter.time_zone)}: who signs is mailed once "
            "you press Go on.",
            reverse("admin:campaign_letter_change", args=[letter.pk]),
        )


def _publication(letter: Any) -> Iterator[Notice]:
    publication = getattr(letter, "publication", None)
    if publication is not None and publication.problem:
        words = "It cannot be published: " if publication.failures else ""
        yield Notice(
            f"{words}{publication.problem}", reverse("admin:campaign_publication_changelist")
        )


#: What became of a mail, how staff read it, and where they find such mails.
FATES = {
    "failed": (Q(state=MailState.FAILED), "failed for good", "state__exact=failed"),
    "refused": (
        Q(bounce=Bounce.PERMANENT), "came back, refused for good", "bounce__exact=permanent",
    ),
    "unwanted": (
        Q(bounce=Bounce.COMPLAINT), "came back, reported as unwanted", "bounce__exact=complaint",
    ),
    "suppressed": (
        Q(withheld_for=Withheld.SUPPRESSED),
        "withheld, as the address bounced or complained", "withheld_for__exact=suppressed",
    ),
    "capped": (
        Q(withheld_for=Withheld.CAP),
        "held back, as there were many to one address", "withheld_for__exact=cap",
    ),
}  # fmt: skip


def _mails(letters: Sequence[Letter]) -> dict[int, list[Notice]]:
    """What became of this week's mails, by letter, where it is worth a look."""
    either = Q()
    for fate, _, _ in FATES.values():
        either |= fate
    late = timezone.now() - FAILED_OF_LATE
    # As an index has them; what was sent as usual is not in it.
    rows = OutgoingMail.objects.filter(either, letter__in=letters, created_at__gte=late)
    counts = {name: Count("pk", filter=fate) for name, (fate, _, _) in FATES.items()}
    found = {}
    row: Any
    for row in rows.order_by().values("letter").annotate(**counts):
        found[row["letter"]] = [
            Notice(
                f"{counted(row[name], 'mail')} {words}",
                f"{reverse(MAILS)}?letter={row['letter']}&{query}",
            )
            for name, (_, words, query) in FATES.items()
            if row[name]
        ]
    return found
