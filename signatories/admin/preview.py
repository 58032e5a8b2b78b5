"""The preview of a letter: page and PDF as they would be, were it public at this moment."""

from collections.abc import Callable
from functools import wraps

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.views.decorators.cache import never_cache

from campaign.answers import answer_as
from campaign.headers import PAGE
from campaign.models import Letter
from signatories.editions.freeze import preview_document
from signatories.editions.pages import letter_page
from signatories.editions.schema import Document

View = Callable[[HttpRequest, Document], HttpResponse]


def _previewing(view: View) -> Callable[..., HttpResponse]:
    """Gives the view what there is to preview, or goes back with a message."""

    @wraps(view)
    def preview(request: HttpRequest, pk: int) -> HttpResponse:
        if not request.user.has_perm("campaign.view_letter"):
            raise PermissionDenied
        letter = get_object_or_404(Letter, pk=pk)
        try:
            document = preview_document(letter)
        except ValueError:
            messages.warning(request, "There is no text yet: there is nothing to preview.")
            return HttpResponseRedirect(reverse("admin:campaign_letter_change", args=[pk]))
        return view(request, document)

    return never_cache(admin.site.admin_view(preview))


@_previewing
def page(request: HttpRequest, document: Document) -> HttpResponse:
    # It works without the desk's scripts, as it will for readers.
    return answer_as(PAGE, HttpResponse(letter_page(document, document["letter"]["language"])))


@_previewing
def pdf(request: HttpRequest, document: Document) -> HttpResponse:
    # The typesetter and its fonts are loaded by those who need them only.
    from signatories.editions.pdf import TypesettingError, typeset

    try:
        content = typeset(document, document["letter"]["language"]).pdf
    except TypesettingError as error:
        messages.error(request, f"The PDF cannot be made: {error}")
        return HttpResponseRedirect(reverse("admin:campaign_letter_changelist"))
    name = f"{document['letter']['slug']}-preview.pdf"
    return HttpResponse(
        content,
        content_type="application/pdf",
        headers={"Content-Disposition": f'inline; filename="{name}"'},
    )


URLS: list[URLPattern] = [
    path("<int:pk>/preview/", page, name="letter-preview"),
    path("<int:pk>/preview.pdf", pdf, name="letter-preview-pdf"),
]
