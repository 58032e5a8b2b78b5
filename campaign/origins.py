"""Which POSTs are taken without a session: those that our own pages, or no page, sent."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, cast

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def own_origin_only(view: View[P]) -> View[P]:
    """Takes the place of the CSRF cookie, which anonymous and token-bearing POSTs do not need.

    A browser says where a form stood: a foreign `Sec-Fetch-Site` or `Origin` is answered 403.
    `Origin: null` comes from our own pages too, where an in-app browser hides the address.
    """

    @wraps(view)
    def checked(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if request.method == "POST" and _foreign(request):
            raise PermissionDenied("The form was sent from another site.")
        return view(request, *args, **kwargs)

    return cast(View[P], csrf_exempt(checked))


def _foreign(request: HttpRequest) -> bool:
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        return True
    origin = request.headers.get("Origin", "null")
    if origin == "null":
        return False
    own = {settings.PUBLIC_URL, f"{request.scheme}://{request.get_host()}"}
    return origin not in own
