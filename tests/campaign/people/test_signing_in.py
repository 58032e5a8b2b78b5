"""Signing in: a password, then a code, each wrong one alike, recorded without what was typed."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from campaign.models import Outcome, SignInAttempt
from campaign.people import sessions
from tests.campaign.people.staff import (
    CODE,
    LOGIN,
    PASSWORD,
    Somebody,
    give_code,
    give_password,
    later,
    sign_in,
    somebody,
)

pytestmark = pytest.mark.django_db


def outcomes() -> list[str]:
    return list(SignInAttempt.objects.order_by("pk").values_list("outcome", flat=True))


def test_without_an_app_the_password_is_enough_where_no_code_is_required(client: Client) -> None:
    person = somebody()
    response = give_password(client, person.account.username, next="/admin/account/")
    assert response["Location"] == "/admin/account/"
    assert client.get("/admin/").status_code == 200
    assert outcomes() == [Outcome.SIGNED_IN]


def test_with_an_app_the_password_alone_opens_nothing(client: Client) -> None:
    person = somebody(app=True)
    response = give_password(client, person.account.username, next="/admin/account/")
    assert response["Location"] == f"{CODE}?next=%2Fadmin%2Faccount%2F"
    assert client.get("/admin/").status_code == 302
    assert client.get(response["Location"]).status_code == 200
    with later(30):
        response = client.post(CODE, {"code": person.code(), "next": "/admin/account/"})
        assert response["Location"] == "/admin/account/"
        assert client.get("/admin/").status_code == 200
    assert outcomes() == [Outcome.ASKED, Outcome.SIGNED_IN]


def test_a_code_counts_once(client: Client) -> None:
    person = somebody(app=True)
    with later(30):
        sign_in(client, person)
        other = Client()
        give_password(other, person.account.username)
        response = give_code(other, person.code())
        assert response.status_code == 422
        assert other.get("/admin/").status_code == 302
    assert outcomes()[-1] == Outcome.CODE


def test_the_code_that_set_the_app_up_is_used_too(client: Client) -> None:
    person = somebody(app=True)
    give_password(client, person.account.username)
    assert give_code(client, person.code()).status_code == 422


@pytest.mark.parametrize("spelt", [str, str.upper, lambda code: code.replace("-", " ")])
def test_a_recovery_code_signs_in_once(client: Client, spelt: Any) -> None:
    person = somebody(app=True)
    give_password(client, person.account.username)
    assert give_code(client, spelt(person.codes[3])).status_code == 302
    assert "9 others left" in client.get("/admin/").content.decode()
    other = Client()
    give_password(other, person.account.username)
    assert give_code(other, person.codes[3]).status_code == 422
    assert give_code(other, person.codes[4]).status_code == 302


def test_a_code_is_asked_for_ten_minutes_and_no_longer(client: Client) -> None:
    person = somebody(app=True)
    give_password(client, person.account.username)
    with later(sessions.CODE_WITHIN + 1):
        assert client.get(CODE)["Location"] == LOGIN
        assert give_code(client, person.code())["Location"] == LOGIN
        assert client.get("/admin/").status_code == 302


def test_a_code_for_a_password_that_was_changed_meanwhile_opens_nothing(client: Client) -> None:
    person = somebody(app=True)
    give_password(client, person.account.username)
    person.account.set_password("another long password")
    person.account.save()
    assert give_code(client, person.codes[0])["Location"] == LOGIN


def test_the_session_has_another_key_after_each_step(client: Client) -> None:
    person = somebody(app=True)
    give_password(client, person.account.username)
    before = client.cookies["session"].value
    give_code(client, person.codes[0])
    assert client.cookies["session"].value != before
    assert not Session.objects.filter(pk=before).exists()


@pytest.mark.parametrize("who", ["known", "unknown", "inactive", "no staff", "no password"])
def test_whatever_is_wrong_the_answer_is_the_same_and_takes_the_same(who: str) -> None:
    """Of the same statements, byte for byte but for the token of the form."""
    somebody(username="known")
    somebody(username="inactive", is_active=False)
    somebody(username="no staff", is_staff=False)
    User.objects.create(username="no password", is_staff=True, password="!")
    expected = wrong("unknown person")
    assert wrong(who) == expected


def wrong(username: str) -> tuple[int, str, int]:
    password = PASSWORD if username in {"inactive", "no staff"} else "not the password"
    client = Client()
    client.get(LOGIN)  # now it has its token
    with CaptureQueriesContext(
        connection,
    ) as queries:
        response = give_password(client, username, password)
    page = response.content.decode()
    assert f'value="{username}"' in page
    assert password not in page
    import re

    page = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page.replace(username, "…"))
    return response.status_code, page, len(queries)


def test_nothing_that_was_typed_is_recorded(client: Client) -> None:
    give_password(client, "a password typed into the wrong field", "x")
    attempt = SignInAttempt.objects.get()
    assert (attempt.account, attempt.outcome) == (None, Outcome.PASSWORD)
    assert "wrong field" not in str(SignInAttempt.objects.values().get())


def test_nobody_is_sent_elsewhere_after_signing_in(client: Client) -> None:
    person = somebody()
    for there in ("https://evil.example/", "//evil.example/", "javascript:alert(1)"):
        response = give_password(client, person.account.username, next=there)
        assert response["Location"] == "/admin/"


def test_the_form_says_which_field_is_empty(client: Client) -> None:
    response = client.post(LOGIN, {"username": "ada", "password": ""})
    page = response.content.decode()
    assert response.status_code == 422
    assert "Please type your password." in page
    assert 'value="ada"' in page


def test_a_session_ends_seven_days_after_it_began_however_busy(client: Client) -> None:
    sign_in(client, somebody())
    for hour in range(10, 7 * 24, 10):
        with later(hour * 3600):
            assert client.get("/admin/account/").status_code == 200, hour
    with later(7 * 24 * 3600):
        assert client.get("/admin/account/").status_code == 302


def test_signing_out_everywhere_ends_all_other_sessions_and_those_that_wait_for_a_code() -> None:
    person, other = somebody(app=True), somebody()
    here, there, waiting, others = Client(), Client(), Client(), Client()
    with later(30):
        sign_in(here, person)
    with later(60):
        sign_in(there, person)
    give_password(waiting, person.account.username)
    sign_in(others, other)
    response = here.post("/admin/account/sign-out-everywhere/", follow=True)
    assert "2 other sessions" in response.content.decode()
    assert here.get("/admin/").status_code == others.get("/admin/").status_code == 200
    assert there.get("/admin/").status_code == 302
    assert give_code(waiting, person.codes[0])["Location"] == LOGIN


def test_the_page_of_one_account_costs_a_fixed_number_of_queries(
    client: Client, django_assert_num_queries: Any
) -> None:
    person = somebody(app=True)
    with later(30):
        sign_in(client, person)
        with django_assert_num_queries(6):
            client.get("/admin/account/")


@pytest.fixture
def required(settings: Settings) -> None:
    settings.REQUIRE_SECOND_FACTOR = True


@pytest.mark.usefixtures("required")
def test_where_a_code_is_required_whoever_has_no_app_sets_one_up_first(client: Client) -> None:
    person: Somebody = somebody()
    give_password(client, person.account.username)
    response = client.get("/admin/account/", follow=True)
    assert response.redirect_chain[-1][0] == "/admin/second-factor/?next=%2Fadmin%2Faccount%2F"
    assert "This site asks for a second factor" in response.content.decode()
    assert client.post("/admin/logout/").status_code == 200
    assert client.get("/admin/second-factor/").status_code == 302


@pytest.mark.usefixtures("required")
def test_a_session_from_before_codes_were_required_is_asked_for_one(client: Client) -> None:
    person = somebody(app=True)
    client.force_login(person.account)
    response = client.get("/admin/account/", follow=True)
    assert response.redirect_chain[-1][0] == f"{CODE}?next=%2Fadmin%2Faccount%2F"
    assert client.get("/admin/second-factor/")["Location"].startswith(CODE)
    give_code(client, person.codes[0])
    assert client.get("/admin/account/").status_code == 200
