"""Who the client is, as our own Caddy says in `X-Real-Ip`. Nobody else is believed.

Caddy knows it from the connection, or from one of TRUSTED_PROXIES in front of it, and replaces
whatever the client itself claims.
"""

import ipaddress
from collections.abc import Callable, Iterable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from campaign.env_values import Network

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Handler = Callable[[HttpRequest], HttpResponse]

#: The socket in DATA_DIR, which only this user may open, has no address: granian gives an empty
#: one, and what comes from there comes from this machine.
SOCKET = ipaddress.ip_address("127.0.0.1")
CLAIMS = ("HTTP_X_REAL_IP", "HTTP_FORWARDED", "HTTP_X_FORWARDED_")


def client_address(request: HttpRequest) -> str:
    """The client's IP address in its one canonical spelling, IPv4 also where IPv6 wraps it.

    Without a readable word of our proxy it is the peer's own address.
    """
    named = _parsed(request.META.get("HTTP_X_REAL_IP", "")) if from_our_proxy(request) else None
    return str(named or _peer(request))


def within(address: str, networks: Iterable[Network]) -> bool:
    """Whether an address, as `client_address` gives it, is in one of the networks."""
    parsed = ipaddress.ip_address(address)
    return any(parsed in network for network in networks)


def from_our_proxy(request: HttpRequest) -> bool:
    """Whether the request comes from the unix socket, this machine, or CADDY_NETWORKS."""
    peer = _peer(request)
    return peer.is_loopback or within(str(peer), settings.CADDY_NETWORKS)


def claims_middleware(get_response: Handler) -> Handler:
    """Takes out what a peer that is not our proxy says about the client, its host or scheme."""

    def handle(request: HttpRequest) -> HttpResponse:
        if not from_our_proxy(request):
            for name in [name for name in request.META if name.startswith(CLAIMS)]:
                del request.META[name]
        return get_response(request)

    return handle


def _peer(request: HttpRequest) -> Address:
    return _parsed(request.META.get("REMOTE_ADDR", "")) or SOCKET


def _parsed(text: str) -> Address | None:
    try:
        address = ipaddress.ip_address(text.strip().partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
