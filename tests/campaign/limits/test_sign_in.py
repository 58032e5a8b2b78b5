"""Limits on signing in, counted by Redis and, while it is away, by PostgreSQL."""

from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from campaign.limits import judge
from campaign.limits.breaker import Breaker
from campaign.limits.table import SIGN_IN_ACCOUNT, SIGN_IN_CODE, SIGN_IN_NETWORK, SIGN_IN_PAIR
from campaign.models import Outcome, SignInAttempt
from tests.campaign.limits.conftest import Server
from tests.campaign.people.staff import (
    ELSEWHERE,
    OFFICE,
    PASSWORD,
    QUICK,
    give_code,
    give_password,
    later,
    sign_in,
    somebody,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _quick_passwords(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = QUICK


@pytest.fixture(params=["redis", "postgres"], autouse=True)
def counting(
    request: pytest.FixtureRequest, server: Server, breaker: Breaker, quarter_past: None
) -> None:
    if request.param == "postgres":
        server.running.kill()
        breaker.failed()


def tried(username: str, times: int, network: str = OFFICE, password: str = "wrong") -> Any:
    """The last answer to so many attempts."""
    for _ in range(times):
        response = give_password(Client(), username, password, network=network)
    return response


def strange(number: int) -> str:
    """An address in a network of its own."""
    return f"203.{number // 200}.{number % 200}.9"


def test_ten_wrong_passwords_from_one_place_then_not_now(client: Client) -> None:
    somebody(username="ada")
    assert tried("ada", SIGN_IN_PAIR.amount).status_code == 422
    response = tried("ada", 1, password=PASSWORD)
    assert response.status_code == 429
    assert int(response["Retry-After"]) >= 60
    page = response.content.decode()
    assert "Too many attempts. Please try again in " in page
    assert " minute" in page
    assert 'value="ada"' in page
    assert tried("ada", 1, network=ELSEWHERE, password=PASSWORD).status_code == 302


def test_an_account_that_does_not_exist_is_limited_alike() -> None:
    assert tried("nobody", SIGN_IN_PAIR.amount).status_code == 422
    assert tried("nobody", 1).status_code == 429


def test_what_was_right_does_not_count() -> None:
    somebody(username="ada")
    assert tried("ada", SIGN_IN_PAIR.amount + 5, password=PASSWORD).status_code == 302
    tried("ada", SIGN_IN_PAIR.amount - 1)
    assert tried("ada", 3, password=PASSWORD).status_code == 302


def test_one_network_is_limited_whatever_the_names() -> None:
    for number in range(SIGN_IN_NETWORK.amount):
        assert tried(f"nobody{number}", 1).status_code == 422
    assert tried("another", 1).status_code == 429
    assert tried("another", 1, network=ELSEWHERE).status_code == 422


def test_one_account_is_limited_from_however_many_networks() -> None:
    somebody(username="ada")
    for number in range(SIGN_IN_ACCOUNT.amount):
        assert tried("ada", 1, network=strange(number)).status_code == 422
    assert tried("ada", 1, network=strange(199), password=PASSWORD).status_code == 429


def test_no_stranger_locks_out_somebody_at_their_usual_network() -> None:
    ada = somebody(username="ada")
    sign_in(Client(), ada)
    for number in range(SIGN_IN_ACCOUNT.amount + 5):
        tried("ada", 1, network=strange(number))
    # Nor by filling the count of that network with other names, from another address in it.
    for number in range(SIGN_IN_NETWORK.amount + 5):
        tried(f"nobody{number}", 1, network="192.0.2.99")
    assert tried("ada", 1, password=PASSWORD).status_code == 302
    assert tried("ada", 1, network=strange(199), password=PASSWORD).status_code == 429


def test_one_address_alone_does_not_fill_the_count_of_the_account() -> None:
    somebody(username="ada")
    tried("ada", SIGN_IN_ACCOUNT.amount + SIGN_IN_PAIR.amount)
    assert tried("ada", 1, network=ELSEWHERE, password=PASSWORD).status_code == 302


def test_a_wrong_code_counts_as_a_wrong_password(client: Client) -> None:
    ada = somebody(username="ada", app=True)
    give_password(client, "ada")
    for _ in range(SIGN_IN_PAIR.amount):
        assert give_code(client, "000000").status_code == 422
    with later(30):
        response = give_code(client, ada.code())
    assert response.status_code == 429
    assert "Retry-After" in response
    assert tried("ada", 1, password=PASSWORD).status_code == 429


def test_thirty_wrong_codes_a_day_then_no_more(client: Client) -> None:
    somebody(username="ada", app=True)
    for number in range(SIGN_IN_CODE.amount):
        give_password(client, "ada", network=strange(number))
        assert give_code(client, "000000", network=strange(number)).status_code == 422
    give_password(client, "ada", network=strange(199))
    response = give_code(client, "000000", network=strange(199))
    assert response.status_code == 429
    assert int(response["Retry-After"]) > 3600


def test_refusals_are_recorded_in_one_row_an_hour(client: Client) -> None:
    ada = somebody(username="ada")
    tried("ada", SIGN_IN_PAIR.amount + 7)
    wrong = SignInAttempt.objects.filter(outcome=Outcome.PASSWORD)
    assert wrong.count() == SIGN_IN_PAIR.amount
    refused = SignInAttempt.objects.get(outcome=Outcome.LIMITED)
    assert (refused.account, refused.count) == (ada.account, 7)


def test_without_limits_nobody_is_kept_waiting(settings: Any) -> None:
    settings.RATE_LIMITS = False
    assert tried("nobody", SIGN_IN_PAIR.amount + 1).status_code == 422


def test_it_was_redis_or_postgres(request: pytest.FixtureRequest) -> None:
    which = request.node.callspec.params["counting"]
    assert judge._redis.lets_through() is (which == "redis")
