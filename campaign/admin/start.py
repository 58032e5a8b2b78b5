"""The front page of the desk: a card a letter, and what to do first where there is none."""

from typing import Any

from django.db.models import Case, F, QuerySet, Value, When

from campaign.admin.cards import Viewer, cards
from campaign.admin.notices import notices
from campaign.models import Letter
from campaign.models.letter import State

#: Letters with a card; the others are in the list of letters.
MOST = 50
MOST_ARCHIVED = 20
#: What runs, what is being written, what is over.
ORDER = [State.OPEN, State.DRAFT, State.CLOSED]


def start(user: Viewer) -> dict[str, Any]:
    """What the front page shows to this member of staff, in as many queries for any letters."""
    context: dict[str, Any] = {"notices": notices(user)}
    if not user.has_perm("campaign.view_letter"):
        return context
    letters = list(shown_letters()[: MOST + 1])
    archived = Letter.objects.titled().filter(state=State.ARCHIVED).order_by("-closed_at", "-pk")
    return {
        **context,
        "cards": cards(user, letters[:MOST]),
        "more_letters": len(letters) > MOST,
        "archived": list(archived[: MOST_ARCHIVED + 1]),
        "most_archived": MOST_ARCHIVED,
    }


def shown_letters() -> QuerySet[Letter]:
    """Those that are not archived: what runs and ends first is first."""
    place = Case(*[When(state=state, then=Value(number)) for number, state in enumerate(ORDER)])
    letters = Letter.objects.titled().exclude(state=State.ARCHIVED).select_related("publication")
    return letters.order_by(place, F("closes").asc(nulls_last=True), "-created_at", "-pk")
