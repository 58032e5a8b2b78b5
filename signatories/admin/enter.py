"""Adding a sign-on that came by e-mail, post or telephone."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import urlencode

from signatories.admin.enter_form import EnterForm
from signatories.admin.sign_on_queue import number
from signatories.admin.verbs import warn_of_missing_glyphs
from signatories.models import SignOn
from signatories.models.contact import FileType
from signatories.services.evidence_files import UNCLAIMED, KeptFile, claim_again, keep
from signatories.services.moving import Refused

#: Signs the name of a file that came with a form which is shown once more.
SALT = "a file of evidence that waits for its form"
#: What the form is given of it: no browser sends a chosen file twice.
KEPT = "kept"


def enter(request: HttpRequest) -> HttpResponse:
    """Shows the form; enters the sign-on, which then waits for approval or for its contact.

    Where a name like it is listed or waiting, the form comes back once to say so.
    """
    assert isinstance(request.user, User)  # noqa: S101 - the admin has checked
    posted = request.method == "POST"
    form = EnterForm(
        request.POST if posted else None,
        request.FILES if posted else None,
        chosen=request.POST.get("letter") or request.GET.get("letter"),
        group=request.GET.get("group"),
        with_contact=request.user.has_perm("signatories.add_contact"),
    )
    file, alike = None, []
    if posted:
        form.full_clean()
        file = _file(request, form)
        valid = form.is_valid()
        alike = _unknown(request, form) if valid else []
        if valid and not alike:
            try:
                sign_on = form.save(request.user, file)
            except Refused as refusal:
                form.add_error(None, str(refusal))
            else:
                return _entered(request, sign_on, form)
    context = {
        **admin.site.each_context(request),
        "title": "Add a sign-on that came by e-mail, post or telephone",
        "opts": SignOn._meta,
        "form": form,
        "alike": alike,
        "file": file,
        "kept": _token(request, file) if file else "",
    }
    return TemplateResponse(
        request,
        "admin/signatories/signon/enter.html",
        context,
        status=422 if posted else 200,
    )


def _unknown(request: HttpRequest, form: EnterForm) -> list[SignOn]:
    """Those that are alike, unless all were shown when “all the same” was pressed."""
    alike = form.alike()
    known = {number(value) for value in request.POST.getlist("known")}
    return [] if {one.pk for one in alike} <= known else alike


def _entered(request: HttpRequest, sign_on: SignOn, form: EnterForm) -> HttpResponse:
    what = "is asked to confirm by mail" if form.asks else "waits for your approval"
    messages.success(request, f"“{sign_on}” is entered and {what}.")
    warn_of_missing_glyphs(request, sign_on.listed_name)
    if "_addanother" in request.POST:
        query = urlencode({"letter": sign_on.letter_id, "group": sign_on.group_id})
        return HttpResponseRedirect(f"{reverse('admin:signatories_signon_add')}?{query}")
    return HttpResponseRedirect(reverse("admin:signatories_signon_change", args=[sign_on.pk]))


# The file, which stands in the private store before anything names it


def _file(request: HttpRequest, form: EnterForm) -> KeptFile | None:
    """That which was chosen now, or came with the form before."""
    upload = form.cleaned_data.get("file")
    if upload:
        return keep(upload.content)
    if not request.POST.get(KEPT) or "file" in form.errors:
        return None
    try:
        told: dict[str, Any] = signing.loads(request.POST[KEPT], salt=SALT, max_age=UNCLAIMED)
    except signing.BadSignature:
        told = {}
    if told.get("by") != request.user.pk or not claim_again(told["name"]):
        form.add_error("file", "The file is not kept any more. Please choose it again.")
        return None
    return KeptFile(told["name"], FileType(told["type"]))


def _token(request: HttpRequest, file: KeptFile) -> str:
    told = {"name": file.name, "type": file.type, "by": request.user.pk}
    return signing.dumps(told, salt=SALT)
