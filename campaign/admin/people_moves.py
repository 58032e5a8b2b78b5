"""The buttons on a person's page."""

from typing import Any

from django.contrib.auth.models import User

from campaign.admin.counted import counted
from campaign.admin.moves import Move
from campaign.people import accounts, second_factor


def _sign_out(person: User, _: dict[str, Any]) -> str:
    ended = accounts.sign_out_everywhere(account=person)
    return f"Signed out: {counted(ended, 'session')}."


def _remove_second_factor(person: User, _: dict[str, Any]) -> str:
    if second_factor.remove(account=person):
        return "The second factor is removed. Whoever has the password can set up another."
    return "There was no second factor any more."


MOVES: list[Move[User]] = [
    Move("sign-out", lambda _: "Sign out everywhere", lambda _: True, _sign_out),
    Move(
        "remove-second-factor",
        lambda _: "Remove the second factor: their telephone is lost",
        second_factor.has,
        _remove_second_factor,
        cautious=True,
    ),
]
