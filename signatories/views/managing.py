"""The signer's own page: how the sign-on stands, re-affirming it, and withdrawing it."""

from typing import Any

import pghistory
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from campaign.markup.words import difference_html
from campaign.models import Text
from campaign.models.letter import State
from campaign.origins import own_origin_only
from signatories.editions.context import live_context
from signatories.models import SignOn
from signatories.models.sign_on import Status
from signatories.services import moderation, reaffirming
from signatories.services.asking import MANAGE
from signatories.services.moving import Refused
from signatories.views.tokens import invalid_link, sign_on_of

WITHDRAWABLE = {Status.PENDING, Status.APPROVED}
PAGE = "signatories/manage.html"
UNPROCESSABLE, CONFLICT = 422, 409


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@own_origin_only
def manage(request: HttpRequest, token: str) -> HttpResponse:
    sign_on = sign_on_of(token, MANAGE)
    if sign_on is None or sign_on.letter.current_text is None:
        return invalid_link(request)
    action = request.POST.get("action") if request.method == "POST" else None
    if action == "reaffirm":
        return _reaffirm(request, sign_on, token)
    if action == "withdraw":
        return _withdraw(request, sign_on, token)
    return render(request, PAGE, _context(sign_on, token))


def _reaffirm(request: HttpRequest, sign_on: SignOn, token: str) -> HttpResponse:
    read = request.POST.get("text", "")
    try:
        number = int(read) if read.isascii() and read.isdigit() and len(read) < 9 else 0
        reaffirming.reaffirm(sign_on=sign_on, text_number=number, by_link=True)
        problem = {}
    except reaffirming.OtherText:
        # Another Text came while the page was open: show that, and ask for it.
        problem = {"changed_meanwhile": True}
    except Refused:
        problem = {"refused": True}
    there = sign_on_of(token, MANAGE)
    if there is None:  # replaced while we looked
        return invalid_link(request)
    if problem:
        status = UNPROCESSABLE if "changed_meanwhile" in problem else CONFLICT
        return render(request, PAGE, {**_context(there, token), **problem}, status=status)
    return render(request, PAGE, {**_context(there, token), "reaffirmed": True})


def _withdraw(request: HttpRequest, sign_on: SignOn, token: str) -> HttpResponse:
    context = _context(sign_on, token)
    if request.POST.get("sure") != "on":
        return render(request, PAGE, {**context, "sure_missing": True}, status=UNPROCESSABLE)
    try:
        with pghistory.context(action="withdraw"):
            moderation.withdraw(sign_on=sign_on, reason="Withdrawn by the signatory.", by_link=True)
    except Refused:
        if sign_on_of(token, MANAGE) is None:  # replaced while we looked
            return invalid_link(request)
        return render(request, PAGE, context, status=CONFLICT)
    return render(request, "signatories/withdrawn.html", context)


def _context(sign_on: SignOn, token: str) -> dict[str, Any]:
    text = sign_on.letter.current_text
    assert text is not None  # noqa: S101 - asked by the caller
    context = live_context(sign_on.letter, text, at=timezone.now())
    withdrawable = sign_on.status in WITHDRAWABLE
    other = withdrawable and text.pk != sign_on.wording.text_id
    asked = withdrawable and reaffirming.asked(sign_on)
    older = other and reaffirming.signed_older_words(sign_on)
    context["sign_on"] = {
        "listed_name": sign_on.listed_name,
        "status": sign_on.status,
        "text_number": sign_on.wording.text.number,
        "token_path": reverse("signatories:manage", args=[token]),
        "withdrawable": withdrawable,
        "asked": (asked or older) and sign_on.letter.state != State.ARCHIVED,
        # Purged in time: the page still shows how the signature stands, and still withdraws it.
        "contact_gone": not sign_on.contacts.exists(),
    }
    if other:
        context["changes_html"] = difference_html(
            sign_on.wording.source, context["wording"]["source"]
        )
        context["newer"] = _newer(sign_on)
    return context


def _newer(sign_on: SignOn) -> list[Text]:
    """The Texts since the one that it signed, with what was said of each."""
    since = sign_on.wording.text.number
    return list(Text.objects.filter(letter=sign_on.letter_id, number__gt=since).order_by("number"))
