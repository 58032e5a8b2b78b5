"""Where a second factor is required, nothing at the desk is reached with the password alone."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django.fixtures import Settings

from campaign.people import second_factor
from tests.campaign.people.staff import QUICK, somebody
from tests.checks.matrix import MATRIX
from tests.checks.routes import address
from tests.checks.undone import undone
from tests.checks.world import make_world

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _quick_passwords(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = QUICK


#: What is there to complete signing in, or not to.
BEFORE = {
    "admin/login/", "admin/login/code/", "admin/logout/", "admin/password-link/<str:token>/",
}  # fmt: skip
SET_UP = "admin/second-factor/"


@pytest.mark.parametrize("app", [False, True], ids=["without an app", "with an app"])
@pytest.mark.parametrize("role", ["Viewer", "Moderator", "Editor", ""])
def test_with_the_password_alone_every_page_leads_to_what_is_missing(
    settings: Settings, role: str, app: bool
) -> None:
    settings.REQUIRE_SECOND_FACTOR = True
    values = make_world().values()
    account = somebody(app=app, role=role).account
    before = set(User.objects.values_list("pk", "is_superuser", "is_active"))
    passed = []
    for row in MATRIX:
        if not row.route.startswith("admin/") or row.route in BEFORE:
            continue
        if row.route == SET_UP and not app:
            continue
        for method in ("get", "post"):
            with undone():
                client = Client()
                client.force_login(account)
                response = getattr(client, method)(address(row.example.format(**values)))
                if response.status_code != 302 or "/login/" not in response["Location"]:
                    passed.append((method, row.route, response.status_code))
    assert passed == []
    assert set(User.objects.values_list("pk", "is_superuser", "is_active")) == before


def test_what_completes_a_name_and_other_data_is_not_there_either(settings: Settings) -> None:
    settings.REQUIRE_SECOND_FACTOR = True
    make_world()
    client = Client()
    client.force_login(somebody().account)
    query = "app_label=signatories&model_name=signonorganisation&field_name=organisation&term=Z"
    for path in (f"admin/autocomplete/?{query}", "admin/jsi18n/"):
        response = client.get(address(path))
        assert response.status_code == 302
        assert "Zyx" not in response.content.decode()


def test_with_the_code_it_is_the_same_desk_as_ever(settings: Settings) -> None:
    settings.REQUIRE_SECOND_FACTOR = True
    person = somebody(app=True)
    client = Client()
    client.post(address("admin/login/"), {"username": person.account.username, "password": "x"})
    assert client.get(address("admin/")).status_code == 302
    assert second_factor.has(person.account)
