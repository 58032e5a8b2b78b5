"""The panel of what was refused or withheld: of all letters, and of one by the hour."""

from datetime import timedelta

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from campaign.models import Letter
from signatories.services import pressure
from signatories.services.pressure import HEADINGS, cells

#: Of all letters, and of one.
ALL_OF = timedelta(hours=24)
ONE_OF = timedelta(hours=48)
MOST_NETWORKS = 5


@require_safe
@never_cache
def all_letters(request: HttpRequest) -> HttpResponse:
    _allow(request)
    found = pressure.by_letter(of=ALL_OF)
    letters = Letter.objects.in_bulk(found)
    hardest = sorted(found.items(), key=lambda item: -sum(cells(item[1])))
    rows: list[dict[str, object]] = [
        {"letter": letters[pk], "cells": cells(one)} for pk, one in hardest if pk in letters
    ]
    return _panel(
        request, title="Refused and withheld", of=ALL_OF, rows=rows, first="Letter", letter=None
    )


@require_safe
@never_cache
def one_letter(request: HttpRequest, pk: int) -> HttpResponse:
    _allow(request)
    letter = get_object_or_404(Letter, pk=pk)
    hours = pressure.by_hour(pk, of=ONE_OF)
    rows: list[dict[str, object]] = [{"hour": hour, "cells": cells(one)} for hour, one in hours]
    return _panel(
        request,
        title=f"Refused and withheld: {letter}",
        of=ONE_OF,
        rows=rows,
        first="Hour (UTC)",
        letter=letter,
        total=cells(pressure.total(one for _, one in hours)),
        networks=pressure.networks(pk, of=ONE_OF, most=MOST_NETWORKS),
    )


def _allow(request: HttpRequest) -> None:
    if not request.user.has_perm("signatories.view_refusal"):
        raise PermissionDenied


def _panel(
    request: HttpRequest, *, of: timedelta, rows: list[dict[str, object]], **context: object
) -> HttpResponse:
    return render(
        request,
        "admin/signatories/panel.html",
        {
            **admin.site.each_context(request),
            "headings": HEADINGS.values(),
            "rows": rows,
            "hours": of // timedelta(hours=1),
            **context,
        },
    )


URLS: list[URLPattern] = [
    path("panel/", admin.site.admin_view(all_letters), name="panel"),
    path("<int:pk>/panel/", admin.site.admin_view(one_letter), name="letter-panel"),
]
