"""Answering a person who asks what is held about them: look it up, hand it over, erase it.

The address comes by POST and is shown, nowhere kept: not in an address, a log or a message.
"""

import json
from typing import Any

import structlog
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from campaign.admin.counted import counted
from signatories.cleaning import clean_email
from signatories.models import SignOn
from signatories.privacy import subject

log = structlog.get_logger(__name__)

#: To answer for people one has to see them.
NEEDED = ("signatories.answer_for_contact", "signatories.view_contact")

#: Both forms stand on one page.
ERASE_IDS = "id_erase_%s"


class AddressForm(forms.Form):
    address = forms.CharField(label="Their e-mail address", max_length=254, strip=True)

    def clean_address(self) -> str:
        return clean_email(self.cleaned_data["address"])


class EraseForm(AddressForm):
    address = forms.CharField(max_length=254, widget=forms.HiddenInput)
    withdraw = forms.BooleanField(
        required=False, label="Withdraw their organisations' signatures, too"
    )
    sure = forms.BooleanField(
        label="Yes, erase this for good",
        error_messages={"required": "Please tick that it is to be erased for good."},
    )


def personal_data(request: HttpRequest) -> HttpResponse:
    """GET asks for the address; POST shows what is held, and erases when `erase` is pressed."""
    if not request.user.has_perms(NEEDED):
        raise PermissionDenied
    erasing = "erase" in request.POST
    form: AddressForm = AddressForm(request.POST or None)
    erase_form: EraseForm | None = None
    found: dict[str, Any] | None = None
    if request.method == "POST" and form.is_valid():
        address = form.cleaned_data["address"]
        if erasing:
            erase_form = EraseForm(request.POST, auto_id=ERASE_IDS)
            if erase_form.is_valid():
                return _erase(request, erase_form)
        else:
            log.info("personal_data.shown", staff=request.user.pk)
            erase_form = EraseForm(initial={"address": address}, auto_id=ERASE_IDS)
        found = subject.held(address)
    nothing = found is not None and subject.is_nothing(found)
    context = {
        **admin.site.each_context(request),
        "title": "Personal data of an address",
        "opts": SignOn._meta,
        "form": form,
        "erase_form": erase_form,
        "found": json.dumps(found, cls=DjangoJSONEncoder, indent=2, ensure_ascii=False)
        if found and not nothing
        else "",
        "nothing": nothing,
    }
    failed = form.errors or (erasing and erase_form is not None and erase_form.errors)
    return TemplateResponse(
        request,
        "admin/signatories/signon/personal_data.html",
        context,
        status=422 if failed else 200,
    )


def _erase(request: HttpRequest, form: EraseForm) -> HttpResponse:
    assert isinstance(request.user, User)  # noqa: S101 - the admin has checked
    count = subject.erase(
        form.cleaned_data["address"], withdraw=form.cleaned_data["withdraw"], by=request.user.pk
    )
    log.info("personal_data.erased", staff=request.user.pk, count=count)
    if count:
        messages.success(request, f"Erased: {counted(count, 'row')}. Nothing is left of it here.")
    else:
        messages.info(request, "There was nothing to erase.")
    return HttpResponseRedirect(reverse("admin:signatories_signon_personal_data"))


URLS: list[URLPattern] = [
    path(
        "personal-data/",
        sensitive_post_parameters()(never_cache(admin.site.admin_view(personal_data))),
        name="signatories_signon_personal_data",
    ),
]
