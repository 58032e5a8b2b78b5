"""Where one can go from every page of the desk: the links of its header, and where one is.

A package adds its own to a list that settings.DESK_PLACES names.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.module_loading import import_string


@dataclass(frozen=True)
class Place:
    label: str
    #: The name of its URL at the desk, without "admin:".
    name: str
    #: The right that it takes; empty where every member of staff may go.
    may: str = ""
    #: Lower numbers stand first.
    position: int = 50
    #: How names of URLs begin that belong to it, beside its own. The longest that fits decides.
    within: tuple[str, ...] = ()
    #: A number beside its name, and what it counts, for those who do not see where it stands.
    number: Callable[[], int] | None = None
    counts: str = ""
    #: Among what is the account's own, beside its name, and not with the lists.
    own: bool = False


@dataclass(frozen=True)
class Shown:
    """A place as the header shows it. `here` is what `aria-current` says, or empty."""

    label: str
    url: str
    here: str
    own: bool
    number: int
    counts: str


PLACES = [
    Place("Start", "index", position=0),
    Place(
        "Letters",
        "campaign_letter_changelist",
        may="campaign.view_letter",
        position=10,
        within=("campaign_letter_", "letter-"),
    ),
    Place(
        "Mails",
        "campaign_outgoingmail_changelist",
        may="campaign.view_outgoingmail",
        position=40,
        within=("campaign_outgoingmail_",),
    ),
    Place(
        "People",
        "auth_user_changelist",
        may="auth.view_user",
        position=60,
        within=("auth_user_", "campaign_signinattempt_"),
    ),
    Place("My digest", "digest", position=10, own=True),
    Place("Your account", "account", position=20, own=True),
]


def places(request: HttpRequest) -> list[Shown]:
    """Those to which this member of staff may go, in their order."""
    match = request.resolver_match
    at = (match.url_name or "") if match else ""
    allowed = [place for place in _all() if not place.may or request.user.has_perm(place.may)]
    fits = {place.name: _fit(place, at) for place in allowed}
    best = max(fits.values(), default=0)
    return [
        Shown(
            label=place.label,
            url=reverse(f"admin:{place.name}"),
            here=_here(place, at) if best and fits[place.name] == best else "",
            own=place.own,
            number=place.number() if place.number else 0,
            counts=place.counts,
        )
        for place in allowed
    ]


def _all() -> list[Place]:
    lists: list[Sequence[Place]] = [import_string(path) for path in settings.DESK_PLACES]
    return sorted((place for each in lists for place in each), key=lambda place: place.position)


def _fit(place: Place, at: str) -> int:
    """How much of the name of this URL is the place's; 0 where it is elsewhere."""
    if place.name == at:
        return len(at) + 1
    return max((len(begin) for begin in place.within if at.startswith(begin)), default=0)


def _here(place: Place, at: str) -> str:
    return "page" if place.name == at else "true"
