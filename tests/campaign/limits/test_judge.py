"""Who is taken as they come, who is asked something, and who is told to come back."""

import pytest
from limits import RateLimitItemPerHour
from pytest_django.fixtures import Settings

from campaign.limits import judge as judging
from campaign.limits.domains import is_disposable, is_free
from campaign.limits.judge import CALM, Client, Level, client_of, judge
from campaign.limits.table import ADDRESS, DOMAIN, EMAIL, LETTER, RANGE, Limit

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("server")]
LETTER_ID = 1


def comes(
    number: int, address: str = "192.0.2.1", email: str = "", letter: int = LETTER_ID
) -> judging.Verdict:
    email = email or f"jo@body{number}.example.org"
    return judge(client=client_of(address), letter=letter, email=email)


def test_an_office_behind_one_address_is_never_asked_for_its_tenth_sign_on() -> None:
    assert {comes(number) for number in range(10)} == {CALM}


def test_near_the_limit_of_an_address_something_is_asked_and_far_beyond_it_it_is_refused() -> None:
    assert ADDRESS.far
    near, far = ADDRESS.near.amount, ADDRESS.far.amount
    levels = [comes(number).level for number in range(near + far + 5)]
    assert levels == [Level.CALM] * near + [Level.NEAR] * far + [Level.FAR] * 5
    told = comes(0)
    assert told.limit == "address"
    assert 60 <= told.wait <= 3600
    assert comes(0, "198.51.100.1").level == Level.CALM


def test_a_range_is_counted_as_well_as_its_addresses() -> None:
    near = RANGE.near.amount
    verdicts = [comes(n, f"192.0.2.{n % 250}") for n in range(near + 1)]
    assert {v.level for v in verdicts[:near]} == {Level.CALM}
    assert (verdicts[near].level, verdicts[near].limit) == (Level.NEAR, "range")


def test_the_fullest_minute_of_a_large_letter_passes_without_a_question(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """6,000 in a minute, from as many addresses in 2,000 ranges."""
    assert LETTER.near.amount >= 2 * 6000
    asked = [
        number
        for number in range(6000)
        if comes(number, f"10.{number % 8}.{number // 8 % 250}.{number // 2000}") != CALM
    ]
    assert asked == []


def test_one_address_to_write_to_is_limited_without_a_word() -> None:
    near = EMAIL.near.amount
    verdicts = [comes(n, f"10.0.{n}.1", "ada@example.org") for n in range(near + 2)]
    assert {v.level for v in verdicts} == {Level.CALM}
    assert [v.slow for v in verdicts] == [False] * near + [True] * 2


def test_one_domain_is_limited_without_a_word_and_a_free_provider_is_not() -> None:
    near = DOMAIN.near.amount
    verdicts = [comes(n, f"10.1.{n}.1", f"jo{n}@federation.example") for n in range(near + 1)]
    assert {v.level for v in verdicts} == {Level.CALM}
    assert [v.slow for v in verdicts] == [False] * near + [True]
    free = [comes(n, f"10.2.{n}.1", f"jo{n}@gmail.com") for n in range(near + 1)]
    assert not any(v.slow for v in free)


def test_a_domain_is_counted_for_each_letter() -> None:
    """What is posted on one letter slows down nobody who signs another."""
    near = DOMAIN.near.amount
    for n in range(near + 1):
        comes(n, f"10.5.{n}.1", f"jo{n}@alliance.example")
    assert comes(0, "10.6.0.1", "eve@alliance.example").slow
    assert comes(0, "10.6.0.2", "ada@alliance.example", letter=LETTER_ID + 1) == CALM


def test_no_flood_puts_all_of_a_free_provider_into_the_slow_lane(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Beyond what the letter itself lets pass all are asked, and a proof is enough."""
    few = 2 * DOMAIN.near.amount
    near = RateLimitItemPerHour(few, namespace="near-letter-of-few")
    monkeypatch.setattr(judging, "LETTER", Limit("letter", near, LETTER.far))
    for n in range(few + 1):
        last = comes(n, f"10.8.{n}.1", f"jo{n}@gmail.com")
    assert (last.level, last.limit, last.slow) == (Level.NEAR, "letter", False)
    assert comes(0, "10.9.0.1", "ada@gmail.com", letter=LETTER_ID + 1) == CALM


def test_the_answer_does_not_depend_on_the_address_that_was_typed() -> None:
    """Rule 8: who asks again and again for one address learns nothing from the answer."""
    same = [comes(n, f"10.3.{n}.1", "ada@example.org").level for n in range(60)]
    other = [comes(n, f"10.4.{n}.1", f"jo@other{n}.example").level for n in range(60)]
    assert same == other


def test_without_a_known_client_the_other_limits_still_hold() -> None:
    verdicts = [judge(client=Client(), letter=LETTER_ID, email="ada@example.org") for _ in range(6)]
    assert verdicts[-1].slow


def test_limits_can_be_switched_off(settings: Settings) -> None:
    settings.RATE_LIMITS = False
    assert {comes(1) for _ in range(200)} == {CALM}


@pytest.mark.parametrize(
    ("one", "other", "same_address", "same_range"),
    [
        ("192.0.2.1", "192.0.2.2", False, True),
        ("192.0.2.1", "192.0.3.1", False, False),
        ("192.0.2.1", "::ffff:192.0.2.1", True, True),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True, True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False, True),
        ("2001:db8:1:2::1", "2001:db8:2:2::1", False, False),
    ],
)
def test_clients_are_told_apart_by_address_and_range(
    one: str, other: str, same_address: bool, same_range: bool
) -> None:
    a, b = client_of(one), client_of(other)
    assert (a.client_key == b.client_key) is same_address
    assert (a.range_key == b.range_key) is same_range


def test_a_client_is_known_by_keyed_hashes_only() -> None:
    client = client_of("192.0.2.1")
    assert len(client.client_key) == len(client.range_key) == 43
    assert "192" not in client.client_key + client.range_key
    assert client_of("") == client_of("unix") == Client()


@pytest.mark.parametrize("domain", ["mailinator.com", "a.b.mailinator.com"])
def test_domains_of_addresses_to_be_thrown_away_are_known(domain: str) -> None:
    assert is_disposable(domain)
    assert not is_free(domain)


@pytest.mark.parametrize("domain", ["gmail.com", "gmx.de"])
def test_free_providers_are_known(domain: str) -> None:
    assert is_free(domain)
    assert not is_disposable(domain)


def test_an_organisations_own_domain_is_neither() -> None:
    assert not is_free("maginternational.org")
    assert not is_disposable("maginternational.org")
