"""Accounts in the browser: added, linked, changed, and never without an administrator."""

import re
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, User
from django.test import Client
from django.utils.html import strip_tags
from pytest_django.fixtures import DjangoAssertNumQueries, Settings

from campaign.admin.people_trail import trail_of_person
from campaign.models import Outcome, SignInAttempt
from campaign.people import accounts, attempts, links, second_factor
from campaign.people.accounts import PersonError
from tests.campaign.people.staff import PASSWORD, Somebody, later, sign_in, somebody
from tests.factories import StaffFactory, role_group
from tests.signatories.privacy.whole_database import places_of

pytestmark = pytest.mark.django_db
PEOPLE = "/admin/auth/user/"
DAY = 24 * 60 * 60


@pytest.fixture
def root(client: Client) -> User:
    """An administrator, signed in, where the roles are, whatever test emptied the tables before."""
    role_group("Viewer")
    account: User = StaffFactory(username="root")
    client.force_login(account)
    return account


def add(client: Client, **fields: Any) -> Any:
    return client.post(f"{PEOPLE}add/", {"username": "ada", "first_name": "Ada", **fields})


def link_on(response: Any) -> str:
    found = re.search(r'value="http://127.0.0.1:8000(/admin/password-link/[^"]+/)"', response.text)
    assert found, strip_tags(response.text)
    return found[1]


def change(client: Client, account: User, **fields: Any) -> Any:
    now = {
        "username": account.username, "first_name": account.first_name,
        "last_name": account.last_name, "email": account.email,
        "groups": [group.pk for group in account.groups.all()],
    }  # fmt: skip
    now |= {name: "on" for name in ("is_active", "is_superuser") if getattr(account, name)}
    now |= fields
    data = {name: value for name, value in now.items() if value is not None}
    return client.post(f"{PEOPLE}{account.pk}/change/", data)


def said(account: User) -> list[str]:
    return [what for entry in trail_of_person(account) for what in entry.what]


@pytest.mark.usefixtures("root")
def test_an_administrator_adds_a_person_who_chooses_a_password_by_the_link(client: Client) -> None:
    response = add(client, groups=[role_group("Moderator").pk], email="ada@zyx.example")
    link = link_on(response)
    ada = User.objects.get(username="ada")
    assert not ada.has_usable_password()
    assert not ada.is_superuser

    theirs = Client()
    page = theirs.get(link).content.decode()
    assert "ada" in page
    assert 'name="robots"' in page
    password = {"new_password1": PASSWORD, "new_password2": PASSWORD}
    assert theirs.post(link, password)["Location"] == "/admin/"
    assert theirs.get("/admin/signatories/signon/").status_code == 200
    assert theirs.get(PEOPLE).status_code == 403
    assert theirs.get(link).status_code == 410  # once
    sign_in(Client(), Somebody(ada))


@pytest.mark.usefixtures("root")
def test_a_link_is_shown_once_and_kept_nowhere(client: Client) -> None:
    token = link_on(add(client, is_superuser="on")).split("/")[-2]
    assert token not in client.get(PEOPLE, follow=True).content.decode()
    assert places_of(token) == places_of(token.partition("-")[2]) == set()


@pytest.mark.usefixtures("root")
def test_a_link_ends_after_three_days_and_with_the_next(client: Client) -> None:
    first = link_on(add(client, is_superuser="on"))
    with later(3 * DAY - 60):
        assert Client().get(first).status_code == 200
    with later(3 * DAY + 60):
        assert Client().get(first).status_code == 410
    ada = User.objects.get(username="ada")
    second = link_on(client.post(f"{PEOPLE}{ada.pk}/link/"))
    assert Client().get(first).status_code == 410
    assert Client().get(second).status_code == 200


@pytest.mark.usefixtures("root")
def test_by_a_link_a_forgotten_password_is_replaced_and_old_sessions_end(client: Client) -> None:
    ada, old = somebody(username="ada"), Client()
    sign_in(old, ada)
    ada.account.refresh_from_db()
    link = link_on(client.post(f"{PEOPLE}{ada.account.pk}/link/"))
    new = {"new_password1": "quite another one", "new_password2": "quite another one"}
    assert Client().post(link, new).status_code == 302
    assert old.get("/admin/").status_code == 302


def test_a_link_opens_nothing_without_the_code_of_the_app() -> None:
    ada = somebody(app=True)
    theirs, link = Client(), links.path(ada.account)
    password = {"new_password1": PASSWORD, "new_password2": PASSWORD}
    assert theirs.post(link, password)["Location"] == "/admin/login/code/"
    assert theirs.get("/admin/").status_code == 302
    assert SignInAttempt.objects.filter(outcome=Outcome.LINK).count() == 1


def test_a_link_refuses_a_password_that_everybody_has() -> None:
    link = links.path(StaffFactory(username="ada"))
    response = Client().post(link, {"new_password1": "password1", "new_password2": "password1"})
    assert response.status_code == 422
    assert "too common" in response.content.decode()


@pytest.mark.parametrize("token", ["", "x", "1-", "999-abc-def", "1-abc", "٣-abc-def", "1-c-ü"])
def test_what_is_no_link_says_so(token: str) -> None:
    assert Client().get(f"/admin/password-link/{token or '-'}/").status_code == 410


def test_of_an_account_that_is_off_no_link_works() -> None:
    ada = StaffFactory()
    link = links.path(ada)
    User.objects.filter(pk=ada.pk).update(is_active=False)
    assert Client().get(link).status_code == 410


@pytest.mark.usefixtures("root")
def test_a_person_without_role_is_not_added_and_what_was_typed_stays(client: Client) -> None:
    page = add(client, email="ada@zyx.example").content.decode()
    assert "Choose a role, or make this person an administrator." in page
    assert 'value="ada@zyx.example"' in page
    assert not User.objects.filter(username="ada").exists()


@pytest.mark.usefixtures("root")
def test_the_forms_offer_roles_and_no_forest_of_rights(client: Client) -> None:
    page = client.get(f"{PEOPLE}add/").content.decode()
    assert "sees no contacts and no mails" in page
    assert "user_permissions" not in page
    assert "user_permissions" not in client.get(
        f"{PEOPLE}{StaffFactory(role='Viewer').pk}/change/"
    ).content.decode()  # fmt: skip
    # What somebody has beside it is not hidden.
    has = StaffFactory(may=["campaign.view_letter"])
    assert "user_permissions" in client.get(f"{PEOPLE}{has.pk}/change/").content.decode()


def test_nobody_takes_away_their_own_right_or_switches_themselves_off(
    client: Client, root: User
) -> None:
    StaffFactory()  # there is another administrator
    page = change(client, root, is_superuser=None).content.decode()
    assert "You cannot take away your own right" in page
    page = change(client, root, is_active=None).content.decode()
    assert "You cannot switch off your own account" in page
    assert client.post(f"{PEOPLE}{root.pk}/delete/", {"post": "yes"}).status_code == 403
    root.refresh_from_db()
    assert root.is_superuser
    assert root.is_active


def test_the_last_administrator_stays_one(root: User) -> None:
    """Also against somebody who was an administrator a moment ago."""
    former = StaffFactory(may=[])
    for administrator, active in ((False, True), (True, False)):
        with pytest.raises(PersonError, match="last administrator"):
            accounts.check(account=root, by=former, administrator=administrator, active=active)
    with pytest.raises(PersonError, match="last administrator"):
        accounts.delete(account=root, by=former)


@pytest.mark.usefixtures("root")
def test_whoever_is_switched_off_is_out_at_once_and_stays_out(client: Client) -> None:
    ada, theirs = somebody(), Client()
    sign_in(theirs, ada)
    ada.account.refresh_from_db()
    assert change(client, ada.account, is_active=None, is_superuser=None).status_code == 302
    assert theirs.get("/admin/").status_code == 302
    # Switched on again, the old session stays ended.
    ada.account.refresh_from_db()
    change(client, ada.account, is_active="on", groups=[role_group("Viewer").pk])
    assert theirs.get("/admin/").status_code == 302


def test_changes_are_audited_by_the_database_without_names_or_passwords(
    client: Client, root: User
) -> None:
    ada = somebody(role="Viewer", email="zyxada@zyx.example", last_name="Zyxlovelace").account
    change(client, ada, is_superuser="on", groups=[role_group("Editor").pk])
    ada.refresh_from_db()
    change(client, ada, last_name="Zyxking")
    client.post(f"{PEOPLE}{ada.pk}/link/")
    page = client.get(f"{PEOPLE}{ada.pk}/change/").content.decode()
    for words in (
        "Administrator: yes (was no)",
        "Role taken away: “Viewer”", "Role given: “Editor”", "Link for a password made",
        "User name, name or e-mail address changed", "Password set",
    ):  # fmt: skip
        assert words in page
    who = {entry.who for entry in trail_of_person(ada)}
    assert who == {"root", "the website"}  # the test itself made the account
    for secret in ("zyxada", "Zyxlovelace", "Zyxking"):
        assert not any("event" in place or "context" in place for place in places_of(secret))
    assert not any("event" in place for place in places_of(ada.password))


def test_also_what_is_changed_past_the_desk_is_audited() -> None:
    ada = StaffFactory(role="Viewer")
    User.objects.filter(pk=ada.pk).update(is_superuser=True)
    ada.groups.clear()
    assert {"Administrator: yes (was no)", "Role taken away: “Viewer”"} <= set(said(ada))


def test_an_administrator_removes_a_second_factor_and_signs_somebody_out(
    client: Client, root: User
) -> None:
    ada, theirs = somebody(app=True), Client()
    with later(30):
        sign_in(theirs, ada)
    client.post(f"{PEOPLE}{ada.account.pk}/move/remove-second-factor/")
    assert not second_factor.has(ada.account)
    assert theirs.get("/admin/").status_code == 302
    assert ("root", ["Second factor removed"]) in [
        (entry.who, entry.what) for entry in trail_of_person(ada.account)
    ]
    sign_in(theirs, Somebody(ada.account))
    client.post(f"{PEOPLE}{ada.account.pk}/move/sign-out/")
    assert theirs.get("/admin/").status_code == 302


def test_ones_own_second_factor_is_not_removed_without_a_code(client: Client, root: User) -> None:
    key = second_factor.offered_key(root, "x")
    code = Somebody(root, key).code()
    second_factor.set_up(account=root, key=key, code=code)
    client.force_login(root)
    client.post(f"{PEOPLE}{root.pk}/move/remove-second-factor/")
    assert second_factor.has(root)


@pytest.mark.parametrize("role", ["Viewer", "Moderator", "Editor"])
def test_no_role_reaches_accounts_not_even_with_rights_on_them(client: Client, role: str) -> None:
    """Who could change accounts could make themselves an administrator."""
    account = StaffFactory(role=role)
    for right in ("view_user", "add_user", "change_user", "delete_user"):
        from django.contrib.auth.models import Permission

        account.user_permissions.add(Permission.objects.get(codename=right))
    client.force_login(account)
    other = StaffFactory()
    for page in ("", "add/", f"{other.pk}/change/", f"{other.pk}/delete/"):
        assert client.get(f"{PEOPLE}{page}").status_code == 403
        assert client.post(f"{PEOPLE}{page}", {"is_superuser": "on"}).status_code == 403
    assert client.get("/admin/campaign/signinattempt/").status_code == 403


@pytest.mark.usefixtures("root")
def test_the_log_of_the_admin_knows_fields_and_no_values(client: Client) -> None:
    ada = StaffFactory(role="Viewer")
    change(client, ada, email="zyxada@zyx.example")
    assert "zyxada" not in LogEntry.objects.latest("pk").change_message


@pytest.mark.usefixtures("root")
def test_lists_cost_a_fixed_number_of_queries(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(3):
        person = StaffFactory(role="Viewer")
        attempts.note(Outcome.SIGNED_IN, account=person.pk, network="n")
    Group.objects.count()
    client.get(PEOPLE)  # content types are read once
    for url, count in ((PEOPLE, 7), ("/admin/campaign/signinattempt/", 6)):
        with django_assert_num_queries(count):
            assert client.get(url).status_code == 200
        StaffFactory(role="Viewer")
        with django_assert_num_queries(count):
            client.get(url)


def test_attempts_of_ninety_days_are_kept(settings: Settings) -> None:
    from datetime import timedelta

    from django.utils import timezone

    from signatories.privacy.purge import purge

    attempts.note(Outcome.PASSWORD, account=None, network="n")
    purge(timezone.now() + timedelta(days=89))
    assert SignInAttempt.objects.count() == 1
    purge(timezone.now() + timedelta(days=91))
    assert SignInAttempt.objects.count() == 0
