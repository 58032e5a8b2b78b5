"""What an action of the list is about: a few sign-ons, which are seen to at once, or many."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.dateparse import parse_datetime

from campaign.admin.counted import counted
from signatories.admin.sign_on_queue import WAITING_SINCE
from signatories.models import SignOn

#: As many as a page of the list has. More are a bulk action, which a worker does.
AT_ONCE = 50
#: So many are named before anything happens to them.
NAMED = 20


@dataclass(frozen=True)
class Chosen:
    """`first` are all of them, or AT_ONCE. `fields` choose the same when they are posted again."""

    sign_ons: QuerySet[SignOn]
    first: list[SignOn]
    total: int
    fields: list[tuple[str, str]]

    @property
    def many(self) -> bool:
        return self.total > AT_ONCE

    @property
    def named(self) -> list[SignOn]:
        return self.first[:NAMED]

    @property
    def more(self) -> int:
        return self.total - len(self.named)

    @property
    def said(self) -> str:
        return counted(self.total, "sign-on")


def only(sign_on: SignOn) -> Chosen:
    return Chosen(SignOn.objects.filter(pk=sign_on.pk), [sign_on], 1, [])


def chosen_of(request: HttpRequest, sign_ons: QuerySet[SignOn]) -> Chosen:
    """Of what an action of Django's admin was given: those ticked, or all that match.

    All that match are those that did when the page was made. Who came since has been seen by
    nobody.
    """
    across = request.POST.get("select_across") == "1"
    fields = [(ACTION_CHECKBOX_NAME, pk) for pk in request.POST.getlist(ACTION_CHECKBOX_NAME)]
    if across:
        sign_ons, fields = _as_shown(request, sign_ons)
    first = list(sign_ons.select_related("letter")[: AT_ONCE + 1])
    total = len(first) if len(first) <= AT_ONCE else sign_ons.order_by().count()
    return Chosen(sign_ons, first[:AT_ONCE], total, fields)


def _as_shown(
    request: HttpRequest, sign_ons: QuerySet[SignOn]
) -> tuple[QuerySet[SignOn], list[tuple[str, str]]]:
    fields = [("select_across", "1")]
    said = request.POST.get("as_of", "")
    if not said:
        return sign_ons, fields
    shown = _moment(said)
    if shown is None:
        return sign_ons.none(), fields
    seen = sign_ons.alias(waiting_since=WAITING_SINCE).filter(waiting_since__lte=shown)
    return seen, [*fields, ("as_of", said)]


def _moment(said: str) -> datetime | None:
    try:
        moment = parse_datetime(said)
    except ValueError:
        return None
    return moment if moment and moment.tzinfo else None
