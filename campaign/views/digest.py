"""Stopping a digest by the link in it, without signing in."""

import pghistory
from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from campaign.digest.choosing import digest_of, stop
from campaign.models.digest import Wanted
from campaign.origins import own_origin_only


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@own_origin_only
def stop_digest(request: HttpRequest, token: str) -> HttpResponse:
    """Shows a button; whoever presses it, or a mail program in its place (RFC 8058), stops it.

    Again it does nothing, and says the same.
    """
    digest = digest_of(token)
    context: dict[str, object] = {"stylesheet": staticfiles_storage.url("css/site.css")}
    if digest is None:
        return render(request, "campaign/digest_unknown.html", context, status=404)
    if request.method == "POST":
        with pghistory.context(user=digest.user_id, action="stop digest"):
            stop(digest)
        return render(request, "campaign/digest_stopped.html", context)
    stopped = digest.wanted == Wanted.NONE
    page = "campaign/digest_stopped.html" if stopped else "campaign/digest_stop.html"
    return render(request, page, context)
