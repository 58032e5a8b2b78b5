"""Error pages, in the site's own look; each works without the database."""

from collections.abc import Callable

import structlog
from django.contrib.staticfiles.storage import staticfiles_storage
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

log = structlog.get_logger(__name__)


def _error(request: HttpRequest, status: int) -> HttpResponse:
    context = {"stylesheet": staticfiles_storage.url("css/site.css")}
    return render(request, f"{status}.html", context, status=status)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _error(request, 403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _error(request, 404)


def failed(request: HttpRequest) -> HttpResponse:
    return _error(request, 500)


class DatabaseAwayMiddleware:
    """While the database cannot be reached, say that signing is paused: 503, and when to retry."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, OperationalError | InterfaceError):
            return None
        log.warning("database.away", error=type(error).__name__)
        context = {"stylesheet": staticfiles_storage.url("css/site.css")}
        response = render(request, "campaign/paused.html", context, status=503)
        response["Retry-After"] = "120"
        response["Cache-Control"] = "no-store"
        return response
