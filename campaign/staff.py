"""The desk's door: where it is, from which networks it opens, and that only there are sessions."""

import time
from collections.abc import Awaitable, Callable

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.auth import middleware as auth
from django.contrib.messages import middleware as messages
from django.contrib.sessions import middleware as sessions
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.deprecation import MiddlewareMixin

from campaign.clients import client_address, within

#: Seconds.
SEEN_EVERY = 600
#: Where a session holds when it began, in seconds since 1970.
BEGAN = "began"
Handler = Callable[[HttpRequest], HttpResponse]
#: What Django's own middleware is written to return; ours is never asynchronous.
Answer = HttpResponseBase | Awaitable[HttpResponseBase]


def is_staff(request: HttpRequest) -> bool:
    """Whether the request knocks at the desk, from a network that it opens to."""
    return _knocks(request) and _may_enter(request)


def door_middleware(get_response: Handler) -> Handler:
    """For those outside ADMIN_NETWORKS the site has no desk: its path leads nowhere, like any."""

    def handle(request: HttpRequest) -> HttpResponse:
        if not _may_enter(request):
            request.urlconf = "campaign.public_urls"
        return get_response(request)

    return handle


class _AtTheDesk(MiddlewareMixin):
    """Leaves every other request alone: no cookie is read or set there, and no query made."""

    def __call__(self, request: HttpRequest) -> Answer:
        return super().__call__(request) if is_staff(request) else self.get_response(request)


class SessionMiddleware(_AtTheDesk, sessions.SessionMiddleware):
    def process_request(self, request: HttpRequest) -> None:
        """Ends a session that is SESSION_LONGEST old, whatever it was used for."""
        super().process_request(request)
        if settings.SESSION_COOKIE_NAME in request.COOKIES:
            longest = settings.SESSION_LONGEST.total_seconds()
            if time.time() - request.session.get(BEGAN, time.time()) >= longest:
                request.session.flush()

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """Counts SESSION_COOKIE_AGE from the last request, and not, as Django does, from a change.

        To within SEEN_EVERY, so that not each page that staff look at is a write. Signing in, and
        whatever else is written anyway, begins the count.
        """
        session, now = request.session, int(time.time())
        if SESSION_KEY in session:
            seen = session.get("seen", now)
            if session.modified or now - seen >= SEEN_EVERY:
                session["seen"] = now
                session.setdefault(BEGAN, now)
        return super().process_response(request, response)


class AuthenticationMiddleware(_AtTheDesk, auth.AuthenticationMiddleware):
    pass


class MessageMiddleware(_AtTheDesk, messages.MessageMiddleware):
    pass


def _knocks(request: HttpRequest) -> bool:
    return f"{request.path_info}/".startswith(settings.STAFF_PREFIX)


def _may_enter(request: HttpRequest) -> bool:
    networks = settings.ADMIN_NETWORKS
    return not networks or within(client_address(request), networks)
