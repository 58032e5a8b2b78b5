"""Confirming: GET shows, POST acts. Mail scanners open links, so a GET must not confirm."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from campaign.markup.words import difference_html
from campaign.models import Wording
from campaign.origins import own_origin_only
from signatories.countries import country_name
from signatories.editions.context import live_context
from signatories.models import SignOn
from signatories.models.sign_on import Source, Status
from signatories.services import confirming
from signatories.services.asking import CONFIRM
from signatories.services.confirming import CONFIRMED, LinkExpired, NotWhatWasShown
from signatories.services.shown import shown_of
from signatories.views.tokens import invalid_link, sign_on_of

UNPROCESSABLE = 422


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@own_origin_only
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    sign_on = sign_on_of(token, CONFIRM)
    if sign_on is None:
        return invalid_link(request)
    context = _context(sign_on, token)
    if sign_on.status in CONFIRMED:
        return render(request, "signatories/confirmed.html", {**context, "already": True})
    if sign_on.status != Status.UNCONFIRMED or _too_late(sign_on):
        return render(request, "signatories/expired.html", context, status=410)
    if request.method != "POST":
        return render(request, "signatories/confirm.html", context)
    shown = context["sign_on"]["shown"]
    if request.POST.get("text") != str(context["text"]["number"]):
        # The Text changed while the page was open: show what changed, ask again. Whoever signed
        # again meanwhile has done so under the new one.
        if not context["changes_html"]:
            return _changed(request, context)
        return render(request, "signatories/confirm.html", context, status=UNPROCESSABLE)
    if request.POST.get("shown") != shown:
        return _changed(request, context)
    try:
        first = confirming.confirm(sign_on=sign_on, wording=_current_wording(sign_on), seen=shown)
    except NotWhatWasShown:  # changed since it was read above
        sign_on = sign_on_of(token, CONFIRM)
        if sign_on is None:
            return invalid_link(request)
        return _changed(request, _context(sign_on, token))
    except LinkExpired:
        return render(request, "signatories/expired.html", context, status=410)
    return render(request, "signatories/confirmed.html", {**context, "already": not first})


def _changed(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """The page once more: what would be listed was changed while it was open."""
    context = {**context, "changed_meanwhile": True}
    return render(request, "signatories/confirm.html", context, status=UNPROCESSABLE)


@require_POST
@never_cache
@own_origin_only
def renew(request: HttpRequest, token: str) -> HttpResponse:
    """A new mail in place of an expired link, to the same address."""
    sign_on = sign_on_of(token, CONFIRM)
    if sign_on is None:
        return invalid_link(request)
    context = _context(sign_on, token)
    try:
        # What staff entered can be confirmed after closing, so its link can be renewed then, too.
        confirming.renew(sign_on=sign_on, after_closing=sign_on.source == Source.STAFF)
    except LinkExpired:
        return render(request, "signatories/expired.html", context, status=410)
    # Elsewhere, so that loading the answer again does not ask for yet another.
    return HttpResponseRedirect(f"{context['letter']['path']}check-email/")


def _too_late(sign_on: SignOn) -> bool:
    return sign_on.confirm_by is None or sign_on.confirm_by < timezone.now()


def _current_wording(sign_on: SignOn) -> Wording:
    text = sign_on.letter.current_text
    assert text is not None  # noqa: S101 - a letter that was signed has a text
    return text.wording_in(sign_on.language)


def _context(sign_on: SignOn, token: str) -> dict[str, Any]:
    letter, contact = sign_on.letter, sign_on.contacts.first()
    text = letter.current_text
    assert text is not None  # noqa: S101 - a letter that was signed has a text
    changed = text.pk != sign_on.wording.text_id
    context = live_context(letter, text, at=timezone.now())
    context.update(
        sign_on={
            "listed_name": sign_on.listed_name,
            "website": sign_on.website,
            "country": country_name(sign_on.country) if sign_on.country else "",
            "shown": shown_of(sign_on, contact),
            "contact_name": contact.name if contact else "",
            "contact_title": contact.title if contact else "",
            "text_number": text.number,
            "status": sign_on.status,
            "token_path": reverse("signatories:confirm", args=[token]),
        },
        renew_path=reverse("signatories:renew", args=[token])
        # After the purge there is no address to send a new link to.
        if contact and sign_on.status in {Status.UNCONFIRMED, Status.LAPSED}
        else "",
        changes_html=difference_html(sign_on.wording.source, context["wording"]["source"])
        if changed
        else "",
    )
    return context
