"""Who was asked whether they still sign, and has not answered: to ask once more."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef, Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse

from campaign.admin.counted import counted
from campaign.models import Letter
from signatories.admin.letter_pages import letter_page_for, shown
from signatories.models import Contact, Hold
from signatories.models.hold import HoldKind
from signatories.services import reaffirming

PAGE = 100


@letter_page_for("campaign.view_letter", "signatories.view_signon")
def silent(request: HttpRequest, letter: Letter) -> HttpResponse:
    may_ask = request.user.has_perm("signatories.change_signon")
    if request.method == "POST":
        if not may_ask:
            raise PermissionDenied
        count = reaffirming.ask_again(letter)
        messages.success(request, _said(count))
        return HttpResponseRedirect(reverse("admin:letter-silent", args=[letter.pk]))
    since = Hold.objects.filter(
        sign_on=OuterRef("pk"), kind=HoldKind.REAFFIRM, lifted_at__isnull=True
    )
    rows = (
        reaffirming.silent(letter)
        .select_related("wording__text")
        .annotate(
            asked_at=Subquery(since.values("placed_at")[:1]),
            has_contact=Exists(Contact.objects.filter(sign_on=OuterRef("pk"))),
        )
        .order_by("sort_key", "pk")
    )
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    title = "Asked whether they still sign, no answer yet"
    return shown(request, letter, "silent.html", title, page=page, may_ask=may_ask)


def _said(count: int) -> str:
    if not count:
        return (
            "Nobody is asked: who has a contact was asked within the day, or is just being asked."
        )
    return f"Asked once more: {counted(count, 'mail')}."


URLS: list[URLPattern] = [path("<int:pk>/silent/", silent, name="letter-silent")]
