"""Which sign-ons are on hold, and why."""

from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest

from signatories.models import Hold, SignOn
from signatories.models.hold import HoldKind


class HoldFilter(admin.SimpleListFilter):
    title = "on hold"
    parameter_name = "hold"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return list(HoldKind.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet[SignOn]) -> QuerySet[SignOn]:
        kind = self.value()
        if kind not in HoldKind.values:
            return queryset
        held = Hold.objects.filter(sign_on=OuterRef("pk"), kind=kind, lifted_at__isnull=True)
        return queryset.filter(Exists(held))
