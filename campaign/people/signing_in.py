"""Signing in: the password, then the code. What is wrong in either is counted alike, and recorded.

What is answered never says whether there is an account, and takes as long: the same statements are
made, and a password is hashed in any case.
"""

import unicodedata

import pghistory
from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.views.decorators.debug import sensitive_variables
from django_otp.models import Device

from campaign.clients import client_address
from campaign.limits.judge import Client, client_of
from campaign.limits.sign_in import Place, take_place
from campaign.models import Outcome
from campaign.people import attempts, second_factor


class TooManyError(Exception):
    """Too many wrong ones came before; `seconds` says when there is room again."""

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds)
        self.seconds = seconds


@sensitive_variables("password")
def check_password(request: HttpRequest, *, username: str, password: str) -> User | None:
    """The account of this name and password, if it may come to the desk.

    Raises TooManyError, whatever the password.
    """
    username = unicodedata.normalize("NFKC", username)
    client = client_of(client_address(request))
    pk = User.objects.filter(username=username).values_list("pk", flat=True).first()
    place = _place(username, client, pk)
    with pghistory.context(action="sign_in"):  # a password may be hashed anew
        account = authenticate(request, username=username, password=password)
    if not isinstance(account, User) or not account.is_staff:
        attempts.note(Outcome.PASSWORD, account=pk, network=client.range_key)
        return None
    place.give_back()
    return account


@sensitive_variables("code")
def check_code(request: HttpRequest, *, account: User, code: str) -> Device | None:
    """What accepted the code, after the right password. Raises TooManyError, whatever the code."""
    client = client_of(client_address(request))
    place = _place(account.username, client, account.pk, code=True)
    device = second_factor.verify(account=account, code=code)
    if device is None:
        attempts.note(Outcome.CODE, account=account.pk, network=client.range_key)
    else:
        place.give_back()
    return device


def note(request: HttpRequest, outcome: Outcome, account: User) -> None:
    """Record how far somebody has come who gave the right password or link."""
    network = client_of(client_address(request)).range_key
    attempts.note(outcome, account=account.pk, network=network)


def _place(username: str, client: Client, pk: int | None, *, code: bool = False) -> Place:
    usual = attempts.is_usual(username=username, network=client.range_key)
    place = take_place(name=username, client=client, usual=usual, code=code)
    if place.wait:
        attempts.note(Outcome.LIMITED, account=pk, network=client.range_key)
        raise TooManyError(place.wait)
    return place
