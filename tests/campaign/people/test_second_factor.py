"""Setting up a second factor, recovery codes, and the ways out."""

import io
import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client
from django_otp.oath import TOTP
from django_otp.plugins.otp_static.models import StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice
from pytest_django.fixtures import Settings

from campaign.admin.people_trail import trail_of_person
from campaign.people import second_factor
from tests.campaign.people.staff import (
    Somebody,
    give_code,
    give_password,
    key_on,
    later,
    sign_in,
    somebody,
)
from tests.signatories.privacy.whole_database import places_of

pytestmark = pytest.mark.django_db
SET_UP = "/admin/second-factor/"


def set_up(client: Client, **headers: Any) -> tuple[bytes, list[str]]:
    """Through the page, as an app would; gives key and recovery codes."""
    key = key_on(client.get(SET_UP).content.decode())
    response = client.post(SET_UP, {"code": f"{TOTP(key).token():06d}"})
    assert response.status_code == 200
    return key, re.findall(r"<li><code>([a-z0-9-]+)</code></li>", response.content.decode())


def test_looking_at_the_key_keeps_nothing_and_shows_the_same_again(client: Client) -> None:
    sign_in(client, somebody())
    first = client.get(SET_UP).content.decode()
    assert key_on(first) == key_on(client.get(SET_UP).content.decode())
    assert TOTPDevice.objects.count() == 0
    assert "<svg" in first
    assert "style=" not in first
    assert "otpauth://totp/Undersigned%20127.0.0.1%3A" in first


def test_a_wrong_code_sets_nothing_up(client: Client) -> None:
    sign_in(client, somebody())
    for code in ("000000", "abcdef", "", "١٢٣٤٥٦"):
        assert client.post(SET_UP, {"code": code}).status_code == 422
    assert TOTPDevice.objects.count() == 0


def test_set_up_with_the_code_shows_ten_recovery_codes_once(client: Client) -> None:
    person = somebody()
    sign_in(client, person)
    key, codes = set_up(client)
    assert len(set(codes)) == 10
    assert client.get("/admin/").status_code == 200
    for page in (SET_UP, "/admin/account/"):
        assert not set(codes) & set(re.findall(r"[a-z0-9-]+", client.get(page).content.decode()))
    for code in codes:
        assert places_of(code) == places_of(code.replace("-", "")) == set()
    with later(30):
        other = Client()
        sign_in(other, Somebody(person.account, key))


def test_setting_up_ends_sessions_that_have_only_a_password() -> None:
    person, here, there = somebody(), Client(), Client()
    sign_in(here, person)
    sign_in(there, person)
    set_up(here)
    assert here.get("/admin/").status_code == 200
    assert there.get("/admin/").status_code == 302


def test_another_app_takes_the_place_of_the_first(client: Client) -> None:
    person = somebody()
    sign_in(client, person)
    old, old_codes = set_up(client)
    new, _ = set_up(client)
    assert new != old
    assert TOTPDevice.objects.count() == 1
    other = Client()
    give_password(other, person.account.username)
    with later(30):
        assert give_code(other, Somebody(person.account, old).code()).status_code == 422
        assert give_code(other, old_codes[0]).status_code == 422
        assert give_code(other, Somebody(person.account, new).code()).status_code == 302


def test_the_password_alone_sets_up_no_other_app(client: Client) -> None:
    person = somebody(app=True)
    give_password(client, person.account.username)
    response = client.post(SET_UP, {"code": "123456"})
    assert response.status_code == 302
    client.force_login(person.account)  # however one may have come by such a session
    assert client.get(SET_UP)["Location"].startswith("/admin/login/code/")


def test_new_recovery_codes_need_a_code_and_end_the_old_ones(client: Client) -> None:
    person = somebody(app=True)
    with later(30):
        sign_in(client, person)
    assert client.post("/admin/account/recovery-codes/", {"code": "000000"}).status_code == 422
    with later(60):
        response = client.post("/admin/account/recovery-codes/", {"code": person.code()})
    assert response.status_code == 200
    assert StaticToken.objects.count() == 10
    other = Client()
    give_password(other, person.account.username)
    assert give_code(other, person.codes[0]).status_code == 422


def test_it_is_turned_off_with_a_code_where_none_is_required(
    client: Client, settings: Settings
) -> None:
    person = somebody(app=True)
    with later(30):
        sign_in(client, person)
    off = "/admin/account/second-factor-off/"
    assert client.post(off, {"code": "000000"}).status_code == 422
    settings.REQUIRE_SECOND_FACTOR = True
    assert client.post(off, {"code": person.codes[0]}).status_code == 302
    assert second_factor.has(person.account)
    settings.REQUIRE_SECOND_FACTOR = False
    assert client.post(off, {"code": person.codes[0]}).status_code == 302
    assert not second_factor.has(person.account)
    assert client.get("/admin/").status_code == 200


def run(*words: str) -> str:
    output = io.StringIO()
    call_command("second_factor", *words, stdout=output)
    return output.getvalue()


def test_the_command_removes_it_for_whoever_is_locked_out(client: Client) -> None:
    person = somebody(app=True, username="ada")
    with later(30):
        sign_in(client, person)
    assert run("ada") == "ada has a second factor\n"
    assert run("ada", "--remove").startswith("removed: ada ")
    assert run("ada") == "ada has no second factor\n"
    assert client.get("/admin/").status_code == 302  # whoever had the telephone is out
    removed = ("manage.py second_factor", ["Second factor removed"])
    assert removed in [(entry.who, entry.what) for entry in trail_of_person(person.account)]


def test_the_command_says_in_one_line_what_is_wrong() -> None:
    somebody(username="ada")
    with pytest.raises(CommandError, match=r"^there is no account 'nobody'$"):
        run("nobody", "--remove")
    with pytest.raises(CommandError, match=r"^ada has no second factor$"):
        run("ada", "--remove")


def test_no_key_is_in_the_audit_or_at_the_desk(client: Client) -> None:
    person = somebody(app=True)
    assert places_of(person.key.hex()) == {"otp_totp_totpdevice.key"}
    client.force_login(User.objects.create_superuser("root"))
    for page in ("otp_totp/totpdevice/", "otp_static/staticdevice/", "auth/group/"):
        assert client.get(f"/admin/{page}").status_code == 404
