"""The list of sign-ons: its order, its filters, and what is pointed out in its rows."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.views.main import ORDER_VAR, ChangeList
from django.db.models import BigIntegerField, Prefetch, QuerySet, prefetch_related_objects
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast
from django.http import HttpRequest
from django.utils import timezone
from django.utils.http import urlencode

from campaign.models import Group, Letter, OutgoingMail
from campaign.models.mail import Withheld
from signatories.admin.sign_on_page import of_network
from signatories.admin.sign_on_queue import number, queue_of
from signatories.models import BulkItem, Hold, SignOn
from signatories.models.bulk import ItemState
from signatories.models.sign_on import Status
from signatories.services.signals import SIGNALS
from signatories.services.similar import with_similar


class SignOnList(ChangeList):
    """Marks the waiting rows of the page that look like others of their letter."""

    def get_queryset(self, request: HttpRequest, *args: Any, **options: Any) -> QuerySet[SignOn]:
        return queue_of(request).narrow(super().get_queryset(request, *args, **options))

    def get_results(self, request: HttpRequest) -> None:
        if request.method == "POST" and ACTION_CHECKBOX_NAME in request.POST:
            self._without_results()  # an action follows, which leads elsewhere
            return
        super().get_results(request)
        self.queue = queue_of(request)
        #: What comes later is not among "all that match": nobody has seen it.
        self.as_of = timezone.now().isoformat()
        self.total = f"{self.result_count:,}"
        if not self.query:
            # Django would offer to show all, and mean this page; the tabs say how many there are.
            self.full_result_count = self.result_count
        if not self.multi_page and not request.GET.get(ORDER_VAR):
            self.result_list = self.paginator.page(1).object_list  # Django orders it by itself
        rows: list[Any] = list(self.result_list)
        open_holds = Hold.objects.filter(lifted_at__isnull=True)
        held = Prefetch("holds", open_holds, to_attr="open_holds")
        prefetch_related_objects(rows, "organisations", "contacts", held)
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

    def _without_results(self) -> None:
        self.result_list = []
        self.result_count = self.full_result_count = 0
        self.can_show_all = self.multi_page = False
        self.show_admin_actions = True


class Unseen(admin.SimpleListFilter):
    """A word of the query that the queue reads; the list offers no choice of it at the side."""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return []

    def queryset(self, request: HttpRequest, queryset: QuerySet[SignOn]) -> QuerySet[SignOn]:
        return queryset


class PartFilter(Unseen):
    title = parameter_name = "part"


class OrderFilter(Unseen):
    title = parameter_name = "order"


class LetterFilter(admin.SimpleListFilter):
    title = "letter"
    parameter_name = "letter"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(letter.pk), str(letter)) for letter in Letter.objects.titled()]

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


class BulkFilter(admin.SimpleListFilter):
    """`bulk` is a bulk action; with it those are listed that it was refused for."""

    title = "bulk action"
    parameter_name = "bulk"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        chosen = number(request.GET.get(self.parameter_name))
        return [(str(chosen), f"Refused in bulk action {chosen}")] if chosen else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[SignOn]) -> QuerySet[SignOn]:
        chosen = number(self.value())
        if not chosen:
            return queryset
        refused = BulkItem.objects.filter(bulk=chosen, state=ItemState.REFUSED)
        return queryset.filter(pk__in=refused.values("sign_on"))
