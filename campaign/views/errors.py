"""Error pages, in the site's own look; each works without the database."""

from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def _error(request: HttpRequest, status: int) -> HttpResponse:
    context = {"stylesheet": staticfiles_storage.url("css/site.css")}
    return render(request, f"{status}.html", context, status=status)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _error(request, 403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _error(request, 404)


def failed(request: HttpRequest) -> HttpResponse:
    return _error(request, 500)
