"""Health: live while the process answers, ready while it reaches the database.

A middleware, before the check of the `Host`: probes ask by the address of a container or pod.
"""

from collections.abc import Callable

from django.db import Error, connection
from django.http import HttpRequest, HttpResponse


def health_middleware(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Answers `/health/live` and `/health/ready`, and leaves the rest alone."""

    def handle(request: HttpRequest) -> HttpResponse:
        if request.path_info == "/health/live":
            return HttpResponse("live\n", content_type="text/plain")
        if request.path_info == "/health/ready":
            return _ready()
        return get_response(request)

    return handle


def _ready() -> HttpResponse:
    """503 without the database. The broker does not count: it is only for hints."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        return HttpResponse("no database\n", status=503, content_type="text/plain")
    return HttpResponse("ready\n", content_type="text/plain")
