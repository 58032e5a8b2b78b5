"""Error pages, in the site's own look; each works without the database."""

import sys
from typing import Any

import structlog
from django.contrib.staticfiles.storage import staticfiles_storage
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from campaign.staff import is_staff

log = structlog.get_logger(__name__)


def _error(request: HttpRequest, status: int) -> HttpResponse:
    return render(request, f"{status}.html", _context(request), status=status)


def _context(request: HttpRequest) -> dict[str, Any]:
    return {"stylesheet": staticfiles_storage.url("css/site.css"), "desk": is_staff(request)}


def unreadable(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _error(request, 400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _error(request, 403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _error(request, 404)


def failed(request: HttpRequest) -> HttpResponse:
    """500; or 503 while the database cannot be reached: signing is paused, and when to retry.

    Logged without the path, which may hold a token.
    """
    error = sys.exc_info()[1]
    if not isinstance(error, OperationalError | InterfaceError):
        log.error("request.failed", exc_info=True)
        return _error(request, 500)
    log.warning("database.away", error=type(error).__name__)
    response = render(request, "campaign/paused.html", _context(request), status=503)
    response["Retry-After"] = "120"
    response["Cache-Control"] = "no-store"
    return response
