"""The list of sign-ons: its order, its filters, and what is pointed out in its rows."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import (
    BigIntegerField,
    Case,
    Count,
    DateTimeField,
    IntegerField,
    OrderBy,
    Prefetch,
    QuerySet,
    Value,
    When,
)
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.http import urlencode

from campaign.admin.typed import Page, Paginator
from campaign.models import Group, Letter, OutgoingMail
from campaign.models.mail import Withheld
from signatories.admin.sign_on_page import of_network
from signatories.models import Hold, SignOn
from signatories.models.sign_on import Status
from signatories.services.signals import SIGNALS
from signatories.services.similar import with_similar

#: What needs somebody comes first.
ORDER = [
    Status.PENDING,
    Status.UNCONFIRMED,
    Status.APPROVED,
    Status.REJECTED,
    Status.WITHDRAWN,
    Status.LAPSED,
]
WAITING_SINCE = Coalesce("confirmed_at", "created_at")


def waiting_first() -> list[OrderBy | str]:
    """Waiting for staff first, the longest waiting at the top; the others newest first."""
    rank = Case(
        *[When(status=status, then=Value(place)) for place, status in enumerate(ORDER)],
        output_field=IntegerField(),
    )
    since = Case(When(status=Status.PENDING, then=WAITING_SINCE), output_field=DateTimeField())
    return [rank.asc(), since.asc(nulls_last=True), "-pk"]


class WaitingFirst(Paginator[SignOn]):
    """Pages in that order, put together from one state after the other.

    To sort by state in one go, PostgreSQL would read every sign-on for each page. How many there
    are of each state an index tells, and a page is of one state, seldom of two.
    """

    object_list: QuerySet[SignOn]

    @cached_property
    def _of_state(self) -> dict[str, int]:
        bare = self.object_list.prefetch_related(None).order_by()
        return dict(bare.values_list("status").annotate(count=Count("*")))

    @cached_property
    def count(self) -> int:
        return sum(self._of_state.values())

    def page(self, number: Any) -> Page[SignOn]:
        """Raises InvalidPage."""
        number = self.validate_number(number)
        start = (number - 1) * self.per_page
        rows: list[SignOn] = []
        for state in ORDER:
            there = self._of_state.get(state, 0)
            end = min(start + self.per_page - len(rows), there)
            if start < end:
                first = [WAITING_SINCE.asc()] if state == Status.PENDING else []
                of_state = self.object_list.filter(status=state).order_by(*first, "-pk")
                rows += of_state[start:end]
            start = max(start - there, 0)
        return Page(rows, number, self)


class SignOnList(ChangeList):
    """Marks the waiting rows of the page that look like others of their letter."""

    def get_queryset(self, request: HttpRequest, *args: Any, **options: Any) -> QuerySet[SignOn]:
        open_holds = Hold.objects.filter(lifted_at__isnull=True)
        found: QuerySet[SignOn] = super().get_queryset(request, *args, **options)
        return found.prefetch_related(
            "organisations", "contacts", Prefetch("holds", open_holds, to_attr="open_holds")
        )

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        rows: list[Any] = list(self.result_list)
        waiting = [row.pk for row in rows if row.status == Status.PENDING]
        alike = with_similar(waiting) if waiting else set()
        back = urlencode({"back": "list", "_changelist_filters": request.GET.urlencode()})
        for row in rows:
            row.looks_like_another = row.pk in alike
            row.back = back
            row.may_change = self.model_admin.has_change_permission(request, row)
        self.result_list = rows
        public = all(row.letter.public for row in rows if row.status == Status.PENDING)
        #: When those are seen that are approved from this page.
        self.approving = "public now" if public else "listed once their letter is public"


class LetterFilter(admin.SimpleListFilter):
    title = "letter"
    parameter_name = "letter"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(pk), slug) for pk, slug in Letter.objects.values_list("pk", "slug")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[SignOn]) -> QuerySet[SignOn]:
        letter = number(self.value())
        return queryset.filter(letter=letter) if letter else queryset


class GroupFilter(admin.SimpleListFilter):
    """The groups of the letter that is chosen; all groups of all letters would say nothing."""

    title = "group"
    parameter_name = "group"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        letter = number(request.GET.get("letter"))
        if not letter:
            return []
        groups = Group.objects.filter(letter=letter)
        return [(str(pk), title) for pk, title in groups.values_list("pk", "title")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[SignOn]) -> QuerySet[SignOn]:
        group = number(self.value())
        return queryset.filter(group=group) if group else queryset


class SignalFilter(admin.SimpleListFilter):
    title = "what is worth a look"
    parameter_name = "signal"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(SIGNALS.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[SignOn]) -> QuerySet[SignOn]:
        signal = self.value()
        return queryset.filter(signals__contains=[signal]) if signal in SIGNALS else queryset


class NetworkFilter(admin.SimpleListFilter):
    """`network` is a sign-on; with it those are listed that came from its network in that hour.

    So that what an attacker sent can be looked at, and rejected, in one go.
    """

    title = "network"
    parameter_name = "network"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        chosen = number(request.GET.get(self.parameter_name))
        return [(str(chosen), f"That of sign-on {chosen}, within an hour")] if chosen else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[SignOn]) -> QuerySet[SignOn]:
        chosen = number(self.value())
        sign_on = SignOn.objects.filter(pk=chosen).first() if chosen else None
        if sign_on is None:
            return queryset
        return queryset.filter(of_network(sign_on))


class HeldFilter(admin.SimpleListFilter):
    title = "mail"
    parameter_name = "mail"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("held", "Held, as the letter is paused")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[SignOn]) -> QuerySet[SignOn]:
        if self.value() != "held":
            return queryset
        held = OutgoingMail.objects.filter(withheld_for=Withheld.PAUSE)
        return queryset.filter(
            pk__in=held.annotate(
                sign_on=Cast(KeyTextTransform("sign_on", "references"), BigIntegerField())
            ).values("sign_on")
        )


def number(value: str | None) -> int | None:
    """The id that a query names; None for what is none."""
    fits = value and value.isascii() and value.isdigit() and len(value) < 19
    return int(value) if value and fits else None
