"""After a renaming: which sign-ons are to be listed under the new name."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse

from campaign.admin.counted import counted
from signatories.models import Organisation, SignOn
from signatories.services import registry
from signatories.services.moving import Refused


def listed_names(request: HttpRequest, pk: int) -> HttpResponse:
    """GET shows them, none ticked; POST renames those that are, each with its mail."""
    if not request.user.has_perms(["signatories.change_organisation", "signatories.change_signon"]):
        raise PermissionDenied
    organisation = get_object_or_404(Organisation, pk=pk)
    there = registry.listed_otherwise(organisation)
    wrong = ""
    if request.method == "POST":
        chosen = set(request.POST.getlist("sign_on"))
        ticked = [sign_on for sign_on in there if str(sign_on.pk) in chosen]
        if ticked:
            _relist(request, organisation, ticked)
            return HttpResponseRedirect(reverse("admin:signatories_organisation_change", args=[pk]))
        wrong = "Tick the sign-ons that should be listed under the new name."
    context = {
        **admin.site.each_context(request),
        "title": f"Listed under another name than “{organisation}”",
        "opts": Organisation._meta,
        "original": organisation,
        "sign_ons": there,
        "wrong": wrong,
    }
    template = "admin/signatories/organisation/listed_names.html"
    return TemplateResponse(request, template, context, status=422 if wrong else 200)


def _relist(request: HttpRequest, organisation: Organisation, sign_ons: list[SignOn]) -> None:
    done = 0
    for sign_on in sign_ons:
        try:
            registry.relist(organisation=organisation, sign_on=sign_on)
        except (Refused, ValidationError) as refusal:
            said = refusal.messages[0] if isinstance(refusal, ValidationError) else str(refusal)
            messages.warning(request, said)
        else:
            done += 1
    if done:
        messages.success(
            request,
            f"{counted(done, 'sign-on')} listed as “{organisation}” now; "
            "contacts are told by mail.",
        )
