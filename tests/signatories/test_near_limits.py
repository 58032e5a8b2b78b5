"""Near a limit: the form asks for a proof of work, takes it once, and loses nothing."""

import base64
import json
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from html import unescape
from typing import Any

import altcha
import pytest
import time_machine
from django.conf import settings as django_settings
from django.db import connection
from django.test import Client
from django.utils import timezone
from limits import RateLimitItemPerHour
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from campaign.limits import judge
from campaign.limits.breaker import Breaker
from campaign.limits.in_postgres import spend
from campaign.limits.table import Limit
from campaign.models import Letter, OutgoingMail
from signatories import proof
from signatories.models import Refusal, SignOn
from tests.factories import LetterFactory
from tests.signatories.test_views import FORM, SIGN, said

NEAR, FAR = 2, 3
CHALLENGE = ("algorithm", "challenge", "salt", "hardest", "signature")


@pytest.fixture(autouse=True)
def _low_limits(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of an address; and PostgreSQL counts, so that each test begins at nothing."""
    settings.RATE_LIMITS = True
    shut = Breaker(3600)
    shut.failed()
    monkeypatch.setattr(judge, "_redis", shut)
    address = Limit(
        "address",
        RateLimitItemPerHour(NEAR, namespace="near-address"),
        RateLimitItemPerHour(FAR, namespace="far-address"),
    )
    monkeypatch.setattr(judge, "ADDRESS", address)
    monkeypatch.setattr(proof, "HARDEST", 50)


def post(client: Client, number: int, **more: str) -> Any:
    data = {**FORM, "organisation": f"Body {number}", "email": f"jo@body{number}.example.org"}
    return client.post(SIGN, {**data, **more}, headers={"x-real-ip": "192.0.2.7"})


def asked(client: Client, number: int = 100) -> dict[str, str]:
    """What the page that asks holds, once the limit is reached."""
    for sent in range(NEAR):
        post(client, sent)
    return challenge_in(post(client, number))


def challenge_in(response: Any) -> dict[str, str]:
    page = response.content.decode()
    found = {name: unescape(re.search(rf'data-{name}="([^"]*)"', page)[1]) for name in CHALLENGE}  # type: ignore[index]
    token = re.search(r'name="asked" value="([^"]*)"', page)
    assert token
    return {**found, "asked": unescape(token[1])}


def solution_of(challenge: dict[str, str]) -> str:
    solved = altcha.solve_challenge(
        challenge["challenge"],
        challenge["salt"],
        challenge["algorithm"],  # type: ignore[arg-type]
        int(challenge["hardest"]),
    )
    assert solved
    return base64.b64encode(
        json.dumps(
            {
                "algorithm": challenge["algorithm"],
                "challenge": challenge["challenge"],
                "number": solved.number,
                "salt": challenge["salt"],
                "signature": challenge["signature"],
            }
        ).encode()
    ).decode()


def slow(number: int) -> bool:
    sign_on = SignOn.objects.get(listed_name=f"Body {number}")
    return OutgoingMail.objects.get(references__sign_on=sign_on.pk).slow


def test_near_a_limit_the_form_comes_back_with_all_that_was_typed(
    client: Client, letter: Letter
) -> None:
    for number in range(NEAR):
        assert post(client, number).status_code == 302
    response = post(client, 100)
    assert response.status_code == 429
    assert "Please press the button once more." in said(response)
    assert 'value="Body 100"' in response.content.decode()
    assert "jo@body100.example.org" in response.content.decode()
    assert "script-src 'self'; worker-src 'self'" in response["Content-Security-Policy"]
    assert not response.has_header("Retry-After")
    assert SignOn.objects.count() == NEAR


def test_with_a_proof_it_is_taken_and_mailed_as_usual(client: Client, letter: Letter) -> None:
    challenge = asked(client)
    answer = post(client, 100, asked=challenge["asked"], proof=solution_of(challenge))
    assert answer.status_code == 302
    assert not slow(100)
    assert SignOn.objects.get(listed_name="Body 100").signals == []


def test_without_javascript_pressing_again_is_enough_and_the_mail_goes_slowly(
    client: Client, letter: Letter
) -> None:
    challenge = asked(client)
    assert post(client, 100, asked=challenge["asked"], proof="").status_code == 302
    assert slow(100)
    assert SignOn.objects.get(listed_name="Body 100").signals == ["no-proof"]


def test_a_proof_is_good_once(client: Client, letter: Letter) -> None:
    challenge = asked(client)
    solution = solution_of(challenge)
    for expected in (302, 429):
        assert post(client, 100, asked=challenge["asked"], proof=solution).status_code == expected


def test_a_question_that_was_not_solved_is_good_once(client: Client, letter: Letter) -> None:
    challenge = asked(client)
    for expected in (302, 429):
        assert post(client, 100, asked=challenge["asked"]).status_code == expected


def test_a_solved_question_cannot_be_pressed_as_well(client: Client, letter: Letter) -> None:
    challenge = asked(client)
    solution = solution_of(challenge)
    assert post(client, 100, asked=challenge["asked"], proof=solution).status_code == 302
    assert post(client, 101, asked=challenge["asked"]).status_code == 429


def test_a_stale_proof_is_worth_nothing(client: Client, letter: Letter) -> None:
    challenge = asked(client)
    solution = solution_of(challenge)
    with time_machine.travel(timezone.now() + proof.GOOD_FOR + timedelta(minutes=1)):
        answer = proof.answer(letter, asked=challenge["asked"], solution=solution)
    assert answer is proof.Answer.NONE


def test_a_proof_for_one_letter_is_worth_nothing_for_another(
    client: Client, letter: Letter
) -> None:
    challenge = asked(client)
    other = LetterFactory(open=True, public=True)
    answer = proof.answer(other, asked=challenge["asked"], solution=solution_of(challenge))
    assert answer is proof.Answer.NONE


def another(text: str) -> str:
    """The same but for its first character."""
    return ("1" if text[0] == "0" else "0") + text[1:]


@pytest.mark.parametrize("change", ["number", "salt", "signature", "challenge"])
def test_a_proof_that_was_changed_is_worth_no_more_than_pressing(
    client: Client, letter: Letter, change: str
) -> None:
    challenge = asked(client)
    made = json.loads(base64.b64decode(solution_of(challenge)))
    made[change] = -1 if change == "number" else another(made[change])
    forged = base64.b64encode(json.dumps(made).encode()).decode()
    answer = proof.answer(letter, asked=challenge["asked"], solution=forged)
    assert answer is proof.Answer.PRESSED


@pytest.mark.parametrize(
    "garbage",
    ["x", "e30=", "W10=", "bnVsbA==", "é", "A" * 5000, base64.b64encode(b'{"salt":1}').decode()],
)
def test_garbage_is_no_proof_and_breaks_nothing(
    client: Client, letter: Letter, garbage: str
) -> None:
    for number in range(NEAR):
        post(client, number)
    assert post(client, 100, asked=garbage, proof=garbage).status_code == 429


def test_where_a_calculation_failed_the_script_does_not_try_for_ever(
    client: Client, letter: Letter
) -> None:
    asked(client)
    page = post(client, 100, asked="x", proof="wrong").content.decode()
    assert "<script" not in page
    assert 'name="asked"' in page


def far_beyond(client: Client) -> Any:
    for number in range(NEAR + FAR):
        post(client, number)
    return post(client, 100)


def test_far_beyond_a_limit_it_says_when_to_try_again(client: Client, letter: Letter) -> None:
    response = far_beyond(client)
    assert response.status_code == 429
    assert 60 <= int(response["Retry-After"]) <= 3600
    assert re.search(r"again in about \d+ minutes?\b", said(response))
    assert 'value="Body 100"' in response.content.decode()
    assert SignOn.objects.count() == NEAR


def test_far_beyond_a_limit_pressing_again_is_not_enough(client: Client, letter: Letter) -> None:
    challenge = challenge_in(far_beyond(client))
    assert post(client, 100, asked=challenge["asked"]).status_code == 429


def test_far_beyond_a_limit_a_proof_buys_the_slow_way(client: Client, letter: Letter) -> None:
    challenge = challenge_in(far_beyond(client))
    answer = post(client, 100, asked=challenge["asked"], proof=solution_of(challenge))
    assert answer.status_code == 302
    assert slow(100)


def test_what_was_asked_and_refused_is_counted_by_hour_and_network(
    client: Client, letter: Letter
) -> None:
    far_beyond(client)
    assert list(Refusal.objects.values_list("limit", "outcome", "count").order_by("outcome")) == [
        ("address", "asked", FAR),
        ("address", "refused", 1),
    ]
    assert {len(row.range_key) for row in Refusal.objects.all()} == {43}


def test_other_addresses_are_taken_as_they_come(client: Client, letter: Letter) -> None:
    far_beyond(client)
    response = client.post(SIGN, FORM, headers={"x-real-ip": "198.51.100.1"})
    assert response.status_code == 302


def test_the_clients_address_is_kept_as_hashes_and_nowhere_else(
    client: Client, letter: Letter, capfd: pytest.CaptureFixture[str]
) -> None:
    far_beyond(client)
    sign_on = SignOn.objects.first()
    assert sign_on
    assert len(sign_on.client_key) == len(sign_on.range_key) == 43
    rows = [*SignOn.objects.values(), *OutgoingMail.objects.values(), *Refusal.objects.values()]
    out, err = capfd.readouterr()
    assert "192.0.2" not in f"{rows}{out}{err}"
    assert not any(
        field.name in {"client_key", "range_key", "signals"}
        for field in SignOn.events.rel.related_model._meta.fields  # type: ignore[attr-defined]
    )


@pytest.mark.django_db(transaction=True)
def test_posting_costs_no_query_more_with_limits_on(
    client: Client,
    letter: Letter,
    monkeypatch: pytest.MonkeyPatch,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    monkeypatch.setattr(judge, "_redis", Breaker(5))
    post(client, 0)  # the first in a process also reads the letter and its words
    with django_assert_num_queries(6):  # begin and commit included
        assert post(client, 1).status_code == 302


def test_the_key_that_signs_challenges_is_none_of_those_in_use() -> None:
    assert django_settings.ALTCHA_HMAC_KEY not in {
        django_settings.TOKEN_KEY,
        django_settings.SECRET_KEY,
    }


@pytest.mark.django_db(transaction=True)
def test_two_requests_cannot_spend_one_proof_together() -> None:
    """The primary key decides, not a look beforehand."""
    later = timezone.now() + proof.GOOD_FOR

    def spend_it(_: int) -> bool:
        try:
            return spend("one", until=later)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(spend_it, range(32))) == 1
