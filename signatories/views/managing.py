"""The signer's own page: how the sign-on stands, and withdrawing it."""

import pghistory
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from campaign.origins import own_origin_only
from signatories.editions.context import live_context
from signatories.models.sign_on import Status
from signatories.services import moderation
from signatories.services.asking import MANAGE
from signatories.services.moving import Refused
from signatories.views.tokens import invalid_link, sign_on_of

WITHDRAWABLE = {Status.PENDING, Status.APPROVED}


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@own_origin_only
def manage(request: HttpRequest, token: str) -> HttpResponse:
    sign_on = sign_on_of(token, MANAGE)
    if sign_on is None or sign_on.letter.current_text is None:
        return invalid_link(request)
    context = live_context(sign_on.letter, sign_on.letter.current_text, at=timezone.now())
    context["sign_on"] = {
        "listed_name": sign_on.listed_name,
        "status": sign_on.status,
        "text_number": sign_on.wording.text.number,
        "token_path": reverse("signatories:manage", args=[token]),
        "withdrawable": sign_on.status in WITHDRAWABLE,
        # Purged in time: the page still shows how the signature stands, and still withdraws it.
        "contact_gone": not sign_on.contacts.exists(),
    }
    if request.method != "POST" or request.POST.get("action") != "withdraw":
        return render(request, "signatories/manage.html", context)
    if request.POST.get("sure") != "on":
        return render(
            request, "signatories/manage.html", {**context, "sure_missing": True}, status=422
        )
    try:
        with pghistory.context(action="withdraw"):
            moderation.withdraw(sign_on=sign_on, reason="Withdrawn by the signatory.", by_link=True)
    except Refused:
        if sign_on_of(token, MANAGE) is None:  # replaced while we looked
            return invalid_link(request)
        return render(request, "signatories/manage.html", context, status=409)
    return render(request, "signatories/withdrawn.html", context)
