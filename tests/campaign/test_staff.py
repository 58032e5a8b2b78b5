"""The desk's door: its path, the networks that may come, sessions that end."""

import ipaddress
import time

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client
from pytest_django.fixtures import DjangoAssertNumQueries, Settings

OFFICE = {"x-real-ip": "192.0.2.7"}
ELSEWHERE = {"x-real-ip": "198.51.100.7"}
HALF_A_DAY = 12 * 60 * 60


@pytest.fixture
def only_from_the_office(settings: Settings) -> None:
    settings.ADMIN_NETWORKS = (ipaddress.ip_network("192.0.2.0/24"),)


@pytest.mark.django_db
@pytest.mark.usefixtures("only_from_the_office")
@pytest.mark.parametrize("method", ["get", "post", "put", "options"])
@pytest.mark.parametrize(
    "path", ["/admin", "/admin/", "/admin/login/", "/admin/campaign/letter/", "/admin/nothing/"]
)
def test_from_elsewhere_the_desk_is_answered_like_what_does_not_exist(
    admin_client: Client, path: str, method: str
) -> None:
    """Status, words and headers, for one that holds a session as for anybody."""
    desk = getattr(admin_client, method)(path, headers=ELSEWHERE)
    nothing = getattr(admin_client, method)("/nowhere/", headers=ELSEWHERE)
    assert desk.status_code == nothing.status_code == 404
    assert desk.content == nothing.content
    assert dict(desk.headers) == dict(nothing.headers)
    assert not desk.cookies


@pytest.mark.django_db
@pytest.mark.usefixtures("only_from_the_office")
def test_from_the_office_it_opens(admin_client: Client, client: Client) -> None:
    assert admin_client.get("/admin/", headers=OFFICE).status_code == 200
    assert client.get("/admin/login/", headers=OFFICE).status_code == 200


@pytest.fixture
def signed_in(client: Client, admin_user: User) -> Client:
    admin_user.set_password("a long password")
    admin_user.save()
    sign_in(client)
    return client


def sign_in(client: Client) -> None:
    who = {"username": "admin", "password": "a long password"}
    assert client.post("/admin/login/", who).status_code == 302


def test_a_session_ends_half_a_day_after_the_last_request(signed_in: Client) -> None:
    with time_machine.travel(time.time(), tick=False) as clock:
        sign_in(signed_in)
        for _ in range(3):
            clock.shift(HALF_A_DAY - 700)
            assert signed_in.get("/admin/").status_code == 200
        clock.shift(HALF_A_DAY + 1)
        assert signed_in.get("/admin/").status_code == 302


def test_looking_around_writes_nothing(
    signed_in: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_max_num_queries(3):  # session, user, what waits
        signed_in.get("/admin/password_change/")


def test_a_cookie_lasts_as_long_as_the_browser_is_open(signed_in: Client) -> None:
    session = signed_in.cookies["session"]
    assert session["max-age"] == session["expires"] == ""
    assert session["httponly"]
    assert session["samesite"] == "Lax"
    assert session["path"] == "/admin/"
    # Messages, too, are in the session.
    assert set(signed_in.cookies) == {"session", "csrf"}
    assert signed_in.cookies["csrf"]["httponly"]
