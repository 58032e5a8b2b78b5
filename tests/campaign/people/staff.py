"""Somebody of the staff in tests: with a password, an app, and a browser of their own."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import time_machine
from django.contrib.auth.models import User
from django.test import Client
from django_otp.oath import TOTP

from campaign.people import second_factor
from tests.factories import StaffFactory

PASSWORD = "a long password of staff"
#: Half a second each is for attackers.
QUICK = ["django.contrib.auth.hashers.MD5PasswordHasher"]
LOGIN, CODE = "/admin/login/", "/admin/login/code/"
OFFICE, ELSEWHERE = "192.0.2.7", "198.51.100.7"


@dataclass
class Somebody:
    account: User
    #: Of the app; empty without one.
    key: bytes = b""
    codes: list[str] = field(default_factory=list)

    def code(self) -> str:
        """What the app shows now."""
        totp = TOTP(self.key)
        totp.time = time.time()
        return f"{totp.token():06d}"


def somebody(*, app: bool = False, **values: Any) -> Somebody:
    account = StaffFactory(**values)
    account.set_password(PASSWORD)
    account.save()
    person = Somebody(account)
    if app:
        person.key = second_factor.offered_key(account, "session")
        _, person.codes = second_factor.set_up(
            account=account, key=person.key, code=person.code(), but=None
        )
    return person


@contextmanager
def later(seconds: float) -> Iterator[None]:
    """So much later, when an app shows another code."""
    with time_machine.travel(time.time() + seconds, tick=False):
        yield


def give_password(
    client: Client, username: str, password: str = PASSWORD, *, network: str = OFFICE, **data: str
) -> Any:
    data = {"username": username, "password": password, **data}
    return client.post(LOGIN, data, headers={"x-real-ip": network})


def give_code(client: Client, code: str, *, network: str = OFFICE) -> Any:
    return client.post(CODE, {"code": code}, headers={"x-real-ip": network})


def sign_in(client: Client, person: Somebody, *, network: str = OFFICE) -> None:
    """With the password, and the code of the app where there is one, which is then used."""
    assert give_password(client, person.account.username, network=network).status_code == 302
    if person.key:
        assert give_code(client, person.code(), network=network).status_code == 302
    assert client.get("/admin/account/").status_code == 200


def key_on(page: str) -> bytes:
    """The key that a page shows to be typed into an app."""
    import base64

    found = re.search(r'<code class="people-key">([A-Z2-7 ]+)</code>', page)
    assert found
    return base64.b32decode(found[1].replace(" ", ""))
