"""Merging two organisations in the browser: choose the other, look at both, merge; and undo it."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse

from signatories.admin.organisation_list import found_by
from signatories.admin.organisation_page import trail
from signatories.models import Organisation
from signatories.services import registry_merging
from signatories.services.moving import Refused
from signatories.services.similar import similar_to

MOST_FOUND = 20
CHANGE = "signatories.change_organisation"


def page_of(organisation: Organisation) -> HttpResponseRedirect:
    return HttpResponseRedirect(
        reverse("admin:signatories_organisation_change", args=[organisation.pk])
    )


def _page(
    request: HttpRequest, name: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    everything = {**admin.site.each_context(request), "opts": Organisation._meta, **context}
    return TemplateResponse(
        request, f"admin/signatories/organisation/{name}.html", everything, status=status
    )


def _asked_for(request: HttpRequest, pk: int) -> Organisation:
    """Raises PermissionDenied, Http404."""
    if not request.user.has_perm(CHANGE):
        raise PermissionDenied
    return get_object_or_404(Organisation.objects.select_related("parent", "merged_into"), pk=pk)


def choose(request: HttpRequest, pk: int) -> HttpResponse:
    """The other is looked for by any of its names; what looks like it is offered at once."""
    organisation = _asked_for(request, pk)
    typed = request.GET.get("q", "").strip()
    found: list[Organisation] = []
    if typed:
        standing = Organisation.objects.standing().exclude(pk=pk)
        found = list(found_by(standing, typed).order_by("name_key")[:MOST_FOUND])
    context = {
        "title": f"Merge another into “{organisation}”",
        "original": organisation,
        "typed": typed,
        "found": found,
        "alike": similar_to(organisation),
    }
    return _page(request, "merge_choose", context)


def merge(request: HttpRequest, pk: int, other: int) -> HttpResponse:
    """GET shows both and what will happen; POST merges."""
    kept, merged = _asked_for(request, pk), _asked_for(request, other)
    try:
        if request.method == "POST":
            registry_merging.merge(kept=kept, merged=merged)
            messages.success(
                request,
                f"“{merged}” is merged into “{kept}”. Nothing that is listed has changed.",
            )
            return page_of(kept)
        plan = registry_merging.plan(kept, merged)
    except Refused as refusal:
        if request.method == "POST" and kept.pk != merged.pk:
            messages.warning(request, str(refusal))
            return HttpResponseRedirect(request.get_full_path())
        messages.warning(request, str(refusal))
        return page_of(kept)
    context = {
        "title": f"Merge “{merged}” into “{kept}”",
        "original": kept,
        "plan": plan,
        "sees_notes": request.user.has_perm("signatories.view_contact"),
    }
    return _page(request, "merge", context)


def take_apart(request: HttpRequest, pk: int) -> HttpResponse:
    """POST undoes a merge. GET goes to the page that has the button."""
    merged = _asked_for(request, pk)
    if request.method == "POST":
        try:
            kept = registry_merging.take_apart(merged=merged)
        except Refused as refusal:
            messages.warning(request, str(refusal))
        else:
            messages.success(request, f"“{merged}” and “{kept}” are two organisations again.")
    return page_of(merged)


def merged_page(request: HttpRequest, organisation: Organisation) -> HttpResponse:
    """Of one that was merged: where it is now, and how it came there."""
    context = {
        "title": str(organisation),
        "original": organisation,
        "trail": trail(organisation),
        "may_change": request.user.has_perm(CHANGE),
    }
    return _page(request, "merged", context)
