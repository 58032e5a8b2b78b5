"""Finding the sign-on that a link in a mail is about."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from campaign.tokens import token_id, token_matches
from signatories.editions.freeze import stylesheet
from signatories.models import SignOn


def sign_on_of(token: str, purpose: str) -> SignOn | None:
    """The sign-on, or None for a token that is malformed, forged or replaced by a newer one."""
    pk = token_id(token)
    if pk is None:
        return None
    sign_on = (
        SignOn.objects.select_related(
            "letter__current_text", "letter__default_group", "wording__text"
        )
        .filter(pk=pk)
        .first()
    )
    if sign_on is None or not token_matches(token, purpose, pk, sign_on.epoch):
        return None
    return sign_on


def invalid_link(request: HttpRequest) -> HttpResponse:
    """404 for any token that opens nothing: it does not say whether the sign-on exists."""
    return render(
        request, "signatories/invalid_link.html", {"stylesheet": stylesheet()}, status=404
    )
