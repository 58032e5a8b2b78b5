"""Who did it: the context that pghistory's events carry, with a user and an action, no URL."""

from collections.abc import Callable

import pghistory
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse

from campaign.staff import is_staff

Handler = Callable[[HttpRequest], HttpResponse]
SAFE = {"GET", "HEAD", "OPTIONS"}


def every_change() -> tuple[pghistory.RowEvent, ...]:
    """What the audit keeps of a tracked model: removing a link or a group leaves a trace, too.

    Made anew for each model, as pghistory writes into them.
    """
    return pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent()


def staff_middleware(get_response: Handler) -> Handler:
    """Names the member of staff, by id, in the audit of whatever a request at the desk changes.

    Public requests are left alone: the context costs a fifth of the posting rate.
    """

    def handle(request: HttpRequest) -> HttpResponse:
        staff_path = is_staff(request)
        if staff_path and "%00" in request.META.get("QUERY_STRING", ""):
            # PostgreSQL holds no null character, and Django's filters pass it on.
            raise BadRequest("a null character in the query")
        if request.method in SAFE or not staff_path or not request.user.is_authenticated:
            return get_response(request)
        with pghistory.context(user=request.user.pk, action="staff"):
            return get_response(request)

    return handle
