"""Passwords that are hashed at once."""

import pytest
from pytest_django.fixtures import Settings

from tests.campaign.people.staff import QUICK


@pytest.fixture(autouse=True)
def _quick_passwords(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = QUICK
