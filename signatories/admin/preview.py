"""The preview of a letter: page and PDF as they would be, were it public at this moment.

Of what is saved, and of what is typed in the form and is not saved yet.
"""

from collections.abc import Callable
from functools import wraps

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from campaign.admin.letter_typed import Typed, as_typed
from campaign.answers import answer_as
from campaign.headers import FRAMED, PAGE
from campaign.models import Letter
from signatories.admin.typed_document import typed_document
from signatories.editions.freeze import preview_document
from signatories.editions.pages import letter_page
from signatories.editions.schema import Document

View = Callable[[HttpRequest, Document], HttpResponse]
#: Of the PDF; who wants to see more saves, and opens it.
MOST_PAGES = 12


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


@require_POST
def typed(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """What the form holds, as page or, with `show=pdf`, as PDF; nothing is saved.

    As JSON with `html` and `notes` for the form's script, or as a page for its frame.
    """
    if not request.user.has_perm("campaign.change_letter" if pk else "campaign.add_letter"):
        raise PermissionDenied
    letter = get_object_or_404(Letter, pk=pk) if pk else None
    there = as_typed(request.POST, letter)
    document, left_out = typed_document(there, at=timezone.now())
    notes = [*there.notes, *([left_out] if left_out else [])]
    as_pdf = request.POST.get("show") == "pdf"
    html = _drawn(document, notes) if as_pdf else letter_page(document, _language(there)).decode()
    if request.accepts("text/html"):
        context = {"notes": notes, "html": html}
        answer = render(request, "admin/campaign/letter/preview_frame.html", context)
        return answer_as(FRAMED, answer)
    return JsonResponse({"html": html, "notes": notes})


def _language(there: Typed) -> str:
    return there.letter.language


def _drawn(document: Document, notes: list[str]) -> str:
    from signatories.editions.pdf import TypesettingError, draw

    pages: list[str] = []
    try:
        drawn = draw(document, document["letter"]["language"]).pages
        pages = drawn[:MOST_PAGES]
        if len(drawn) > MOST_PAGES:
            notes.append(f"The first {MOST_PAGES} of {len(drawn)} pages are shown.")
    except TypesettingError as error:
        notes.append(f"The PDF cannot be made: {error}")
    return render_to_string("admin/campaign/letter/preview_pdf.html", {"pages": pages})


def _at_the_desk(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    return never_cache(admin.site.admin_view(view))


URLS: list[URLPattern] = [
    path("<int:pk>/preview/", page, name="letter-preview"),
    path("<int:pk>/preview.pdf", pdf, name="letter-preview-pdf"),
    path("typed/", _at_the_desk(typed), name="letter-typed-new"),
    path("<int:pk>/typed/", _at_the_desk(typed), name="letter-typed"),
]
