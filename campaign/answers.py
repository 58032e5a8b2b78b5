"""Gives each answer of Django's the headers of its kind, from the table in campaign/headers.py."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from campaign.headers import (
    COMMON,
    HSTS,
    KEYED_PATHS,
    KINDS,
    NOT_TO_BE_FOUND,
    PAGE,
    STAFF,
    VIEWER,
)
from campaign.staff import is_staff

Handler = Callable[[HttpRequest], HttpResponse]


def headers_middleware(get_response: Handler) -> Handler:
    """The first of all, so that no answer, however early, goes without its headers."""

    def handle(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        for name, value in headers_of(request, response).items():
            response.headers[name] = value
        return response

    return handle


def answer_as(kind: str, response: HttpResponse) -> HttpResponse:
    """The same response, to be sent as one of KINDS instead of what its path says."""
    response._headers_kind = kind  # type: ignore[attr-defined]
    return response


def headers_of(request: HttpRequest, response: HttpResponse) -> dict[str, str]:
    """What the table says for this answer."""
    keyed = request.path_info.startswith(KEYED_PATHS)
    return {
        **COMMON,
        **(HSTS if settings.ENVIRONMENT.https else {}),
        **(NOT_TO_BE_FOUND if keyed or is_staff(request) else {}),
        **KINDS[_kind(request, response)],
    }


def _kind(request: HttpRequest, response: HttpResponse) -> str:
    kind: str | None = getattr(response, "_headers_kind", None)
    if kind:
        return kind
    if response.headers.get("Content-Type") == "application/pdf":
        return VIEWER
    return STAFF if is_staff(request) else PAGE
