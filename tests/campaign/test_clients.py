"""Whose word counts for who the client is."""

import ipaddress

import pytest
from django.test import RequestFactory
from pytest_django.fixtures import Settings

from campaign.clients import claims_middleware, client_address, within

CLAIMS = {
    "x-real-ip": "203.0.113.7",
    "x-forwarded-for": "203.0.113.7",
    "x-forwarded-proto": "https",
    "x-forwarded-host": "evil.example",
    "forwarded": "for=203.0.113.7",
}


def address(peer: str, named: str | None = "203.0.113.7") -> str:
    headers = {} if named is None else {"x-real-ip": named}
    return client_address(RequestFactory(headers=headers).get("/", REMOTE_ADDR=peer))


@pytest.mark.parametrize(
    "peer", ["", "127.0.0.1", "127.9.9.9", "::1", "10.1.2.3", "::ffff:10.1.2.3"]
)
def test_caddy_is_believed_from_the_socket_this_machine_and_its_networks(
    settings: Settings, peer: str
) -> None:
    settings.CADDY_NETWORKS = (ipaddress.ip_network("10.0.0.0/8"),)
    assert address(peer) == "203.0.113.7"


@pytest.mark.parametrize("peer", ["192.0.2.1", "10.1.2.3", "2001:db8::1"])
def test_anybody_else_is_taken_for_who_it_is(peer: str) -> None:
    assert address(peer) == peer


@pytest.mark.parametrize("named", [None, "", "nobody", "203.0.113.7, 6.6.6.6", "1.2.3.4:80"])
def test_without_a_readable_word_it_is_the_peer(named: str | None) -> None:
    assert address("127.0.0.1", named) == "127.0.0.1"
    assert address("", named) == "127.0.0.1"


@pytest.mark.parametrize(
    ("named", "one_spelling"),
    [
        ("2001:DB8:0:0::1", "2001:db8::1"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("fe80::1%eth0", "fe80::1"),
        (" 203.0.113.7 ", "203.0.113.7"),
    ],
)
def test_an_address_has_one_spelling(named: str, one_spelling: str) -> None:
    assert address("", named) == one_spelling


def test_what_somebody_else_claims_is_taken_out_before_anything_reads_it() -> None:
    seen = []
    handle = claims_middleware(lambda request: seen.append(request))  # type: ignore[arg-type, func-returns-value]
    for peer in ("192.0.2.1", "127.0.0.1"):
        handle(RequestFactory(headers=CLAIMS).get("/", REMOTE_ADDR=peer))
    stranger, caddy = seen
    assert not set(CLAIMS) & {name.lower() for name in stranger.headers}
    assert set(CLAIMS) <= {name.lower() for name in caddy.headers}


def test_a_network_holds_its_addresses() -> None:
    networks = [ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("2001:db8::/32")]
    assert within("10.200.0.1", networks)
    assert within("2001:db8::5", networks)
    assert not within("192.0.2.1", networks)
    assert not within("10.0.0.1", [])
