"""Roles: groups with the least rights that do, made by migrations, again and again."""

from collections.abc import Iterator

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType

from signatories.roles import EDITOR, MODERATOR, ROLES, SAYS, VIEWER, set_roles
from tests.factories import StaffFactory, role_group

pytestmark = pytest.mark.django_db
CONTACTS = {"contact", "evidence"}


def rights_of(role: str) -> set[str]:
    found = role_group(role).permissions.values_list("content_type__app_label", "codename")
    return {f"{app}.{codename}" for app, codename in found}


def models_of(rights: list[str], *verbs: str) -> set[str]:
    split = [right.partition(".")[2].partition("_") for right in rights]
    return {model for verb, _, model in split if verb in verbs}


def all_rights() -> set[str]:
    found = Permission.objects.values_list("content_type__app_label", "codename")
    return {f"{app}.{codename}" for app, codename in found}


@pytest.mark.parametrize("role", ROLES)
def test_a_role_is_a_group_with_its_rights_and_no_other(role: str) -> None:
    assert set(ROLES[role]) <= all_rights(), "such a right there is not"
    assert rights_of(role) == set(ROLES[role])
    account = StaffFactory(role=role)
    assert account.get_all_permissions() == set(ROLES[role])


def test_a_viewer_changes_nothing_and_sees_no_contact_and_no_mail() -> None:
    assert all(right.split(".")[1].startswith("view_") for right in VIEWER)
    assert not models_of(VIEWER, "view") & (CONTACTS | {"outgoingmail", "refusal"})


def test_a_moderator_changes_no_letter() -> None:
    changed = models_of(MODERATOR, "add", "change", "delete")
    assert not changed & {"letter", "group", "text", "wording"}


def test_an_editor_sees_and_changes_no_contact() -> None:
    assert "contact" not in models_of(EDITOR, "view", "add", "change", "delete")
    assert not models_of(EDITOR, "add", "change", "delete") & {"signon", *CONTACTS}


@pytest.mark.parametrize("role", ROLES)
def test_no_role_deletes_sign_ons_or_reaches_accounts_backups_or_erasures(role: str) -> None:
    rights = set(ROLES[role])
    assert not any(right.split(".")[0] in {"auth", "otp_totp", "otp_static"} for right in rights)
    assert not rights & {
        "signatories.delete_signon", "signatories.answer_for_contact",
        "signatories.view_purgerecord", "campaign.view_scheduledbackup",
        "campaign.view_signinattempt",
    }  # fmt: skip


def test_each_role_says_what_it_is_for() -> None:
    assert set(SAYS) == set(ROLES)


def test_setting_roles_again_mends_them_and_makes_nothing_twice() -> None:
    set_roles(apps)
    before = set(Permission.objects.values_list("pk", "codename", "name"))
    viewer = Group.objects.get(name="Viewer")
    viewer.permissions.set(Permission.objects.filter(codename="delete_letter"))
    Group.objects.get(name="Editor").delete()
    kept = StaffFactory(role="Viewer")
    set_roles(apps)
    assert rights_of("Viewer") == set(VIEWER)
    assert rights_of("Editor") == set(EDITOR)
    assert kept.groups.get() == viewer
    assert set(Permission.objects.values_list("pk", "codename", "name")) == before


@pytest.fixture
def _types_forgotten() -> Iterator[None]:
    """Django remembers content types by their ids, which are others once they are made anew."""
    ContentType.objects.clear_cache()
    yield
    ContentType.objects.clear_cache()


@pytest.mark.usefixtures("_types_forgotten")
def test_rights_that_are_not_there_yet_are_made_as_django_would_make_them() -> None:
    """A migration that makes a model and one that gives rights on it run before Django's own."""
    whole = list(Permission.objects.order_by("codename").values_list("codename", "name"))
    Permission.objects.filter(content_type__app_label="signatories").delete()
    ContentType.objects.filter(app_label="signatories").delete()
    set_roles(apps)
    assert rights_of("Moderator") == set(MODERATOR)
    from django.contrib.auth.management import create_permissions
    from django.contrib.contenttypes.management import create_contenttypes

    create_contenttypes(apps.get_app_config("signatories"), verbosity=0)
    create_permissions(apps.get_app_config("signatories"), verbosity=0)
    assert list(Permission.objects.order_by("codename").values_list("codename", "name")) == whole


def test_a_right_of_a_model_that_comes_later_is_left_for_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(ROLES, "Viewer", [*VIEWER, "signatories.view_not_yet"])
    set_roles(apps)
    assert rights_of("Viewer") == set(VIEWER)
