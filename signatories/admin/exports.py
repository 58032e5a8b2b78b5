"""Taking files out of the desk: what each may be had by, and that contacts are noted."""

from typing import Any

import structlog
from django import forms
from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from campaign.admin.mail import ReadOnlyAdmin
from campaign.models import Letter
from signatories.admin.sign_on_queue import number
from signatories.exports import rows
from signatories.exports.files import FORMATS
from signatories.exports.rows import Export
from signatories.models import ContactExport, Organisation, SignOn

log = structlog.get_logger(__name__)
QUEUE = "signatories.change_signon"
CONTACTS = ("signatories.export_contact", "signatories.view_contact")
EVERYTHING = "part=all"


class FormatForm(forms.Form):
    file_format = forms.ChoiceField(
        label="Format", choices=[("xlsx", "Excel (.xlsx)"), ("csv", "CSV")]
    )


def _allow(request: HttpRequest, *rights: str) -> None:
    if not request.user.has_perms(rights):
        raise PermissionDenied


def _sent(export: Export, file_format: str) -> StreamingHttpResponse:
    content_type, write = FORMATS[file_format]
    name = f"{export.name}-{timezone.now():%Y-%m-%d}.{file_format}"
    return StreamingHttpResponse(
        write(export.lines()),
        content_type=content_type,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _known(file_format: str) -> str:
    if file_format not in FORMATS:
        raise Http404
    return file_format


def _filtered(model: Any, request: HttpRequest) -> QuerySet[Any]:
    """What the list shows with these filters, on all of its pages. Raises
    IncorrectLookupParameters.
    """
    changelist = admin.site.get_model_admin(model).get_changelist_instance(request)
    found: QuerySet[Any] = changelist.get_queryset(request)
    return found.prefetch_related(None)


@require_safe
def export_page(request: HttpRequest) -> HttpResponse:
    """What of the sign-ons can be had: as they are filtered, as the public list, as contacts."""
    _allow(request, "signatories.view_signon")
    letters = Letter.objects.titled().order_by("slug")
    chosen = number(request.GET.get("letter"))
    context = {
        **admin.site.each_context(request),
        "title": "Export sign-ons",
        "opts": SignOn._meta,
        # Without a part the list begins with what waits, and so would the file.
        "query": request.GET.urlencode() or EVERYTHING,
        "everything": request.GET.urlencode() in {"", EVERYTHING},
        "letters": letters.filter(pk=chosen) if chosen else letters[:50],
        "form": FormatForm(),
        "may_queue": request.user.has_perm(QUEUE),
        "may_contacts": request.user.has_perms(CONTACTS),
    }
    return TemplateResponse(request, "admin/signatories/export.html", context)


@require_safe
def queue(request: HttpRequest, file_format: str) -> HttpResponseBase:
    _allow(request, QUEUE)
    try:
        export = rows.queue(_filtered(SignOn, request))
    except IncorrectLookupParameters:
        return HttpResponseRedirect(reverse("admin:signatories_signon_changelist"))
    return _sent(export, _known(file_format))


def contacts(request: HttpRequest) -> HttpResponseBase:
    """POST only: it is noted who took how many."""
    _allow(request, *CONTACTS)
    form = FormatForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        back = reverse("admin:signatories_signon_export")
        return HttpResponseRedirect(f"{back}?{request.GET.urlencode()}")
    try:
        export = rows.contacts(_filtered(SignOn, request))
    except IncorrectLookupParameters:
        return HttpResponseRedirect(reverse("admin:signatories_signon_changelist"))
    assert isinstance(request.user, User)  # noqa: S101 - the admin has checked
    letter = Letter.objects.filter(pk=number(request.GET.get("letter")) or 0).first()
    file_format = form.cleaned_data["file_format"]
    ContactExport.objects.create(
        by=request.user, letter=letter, count=len(export.ids), file_format=file_format
    )
    log.info("contacts.exported", staff=request.user.pk, count=len(export.ids))
    return _sent(export, file_format)


@require_safe
def public_list(request: HttpRequest, pk: int, file_format: str) -> HttpResponseBase:
    _allow(request, "campaign.view_letter", "signatories.view_signon")
    return _sent(rows.public_list(get_object_or_404(Letter, pk=pk)), _known(file_format))


@require_safe
def organisations(request: HttpRequest, file_format: str) -> HttpResponseBase:
    _allow(request, "signatories.view_organisation")
    try:
        export = rows.organisations(_filtered(Organisation, request))
    except IncorrectLookupParameters:
        return HttpResponseRedirect(reverse("admin:signatories_organisation_changelist"))
    return _sent(export, _known(file_format))


def _view(view: Any) -> Any:
    return never_cache(admin.site.admin_view(view))


SIGN_ON_URLS: list[URLPattern] = [
    path("export/", _view(export_page), name="signatories_signon_export"),
    path("export/queue.<slug:file_format>", _view(queue), name="signatories_signon_export_queue"),
    path("export/contacts/", _view(contacts), name="signatories_signon_export_contacts"),
]
LETTER_URLS: list[URLPattern] = [
    path("<int:pk>/signatories.<slug:file_format>", _view(public_list), name="letter-list-export"),
]
ORGANISATION_URLS: list[URLPattern] = [
    path(
        "export/organisations.<slug:file_format>",
        _view(organisations),
        name="signatories_organisation_export",
    ),
]


@admin.register(ContactExport)
class ContactExportAdmin(ReadOnlyAdmin[ContactExport]):
    """For administrators: who took contacts out."""

    list_display = ["at", "by", "letter", "count", "file_format"]
    list_select_related = ["letter", "by"]
    readonly_fields = ["at", "by", "letter", "count", "file_format"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
