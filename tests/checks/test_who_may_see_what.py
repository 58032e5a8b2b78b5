"""A crawler asks for every URL of the site in every role, by GET and by POST.

What each is answered stands in one matrix (tests/checks/matrix.py). What is private has a
distinctive value everywhere, and is looked for in every answer, in its headers as well.
"""

from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from campaign.models import Letter
from signatories.editions import publisher
from signatories.models import Contact, SignOn
from signatories.models.sign_on import Status
from tests.checks.matrix import MATRIX, MIDDLEWARE, Row
from tests.checks.routes import address, routes
from tests.checks.undone import undone
from tests.checks.world import World, make_world
from tests.roles import ROLES, SEES_CONTACTS, client_of

pytestmark = pytest.mark.django_db

#: Files of a letter, which are the public's when the letter is.
FILES = [
    "", "sign/", "check-email/", "en-GB/", "signatories.json", "signatories.csv", "letter.pdf",
    "letter.json", "text.md", "manifest.json",
]  # fmt: skip


@pytest.fixture
def world(db: None) -> World:
    return make_world()


def whole(response: Any) -> str:
    """All that was answered, as a reader or a program would read it."""
    content = b"".join(response) if response.streaming else response.content
    return unescape(f"{response.headers}\n{response.cookies}\n{content.decode(errors='replace')}")


def test_every_route_has_a_row_in_the_matrix_and_every_row_a_route() -> None:
    there = set(routes()) | MIDDLEWARE
    rows = [row.route for row in MATRIX]
    assert there - set(rows) == set(), "say in tests/checks/matrix.py who may see these"
    assert set(rows) - there == set(), "these rows lead nowhere"
    assert len(rows) == len(set(rows))


@pytest.mark.parametrize("role", ROLES)
def test_everybody_is_answered_what_the_matrix_says_and_nothing_private(
    world: World, role: str
) -> None:
    values = world.values()
    wrong = []
    for row in MATRIX:
        path = address(row.example.format(**values))
        for method in ("get", "post"):
            with undone():
                response = getattr(client_of(role), method)(path)
                wrong += [
                    f"{method} {row.route}: {problem}"
                    for problem in problems(world, role, row, method, response)
                ]
    assert wrong == []


def problems(world: World, role: str, row: Row, method: str, response: Any) -> list[str]:
    found = []
    expected = int(getattr(row, method).split()[list(ROLES).index(role)])
    if response.status_code != expected:
        found.append(f"{response.status_code} instead of {expected}")
    said = whole(response)
    for secret in forbidden_to(role, world) - own(world, row):
        if secret in said:
            found.append(f"shows “{secret}”")
    # A form of the desk that comes back needs its token.
    form = response.status_code == 422 and row.route.startswith("admin/")
    if response.status_code >= 400 and role == "nobody" and response.cookies and not form:
        found.append("sets a cookie")
    return found


def forbidden_to(role: str, world: World) -> set[str]:
    secrets = set(world.keys)  # of hashes nobody sees any
    if role not in SEES_CONTACTS:
        secrets |= world.for_contacts
    if role == "nobody":
        secrets |= set(world.not_public.values())
    return secrets


def own(world: World, row: Row) -> set[str]:
    """What the holder of a link sees: of a sign-on never the address itself."""
    return world.own(row.own) if row.own else set()


def test_the_one_who_may_see_contacts_does_see_them(world: World) -> None:
    """Or else the crawler would look for what is never there."""
    url = address(f"admin/signatories/signon/{world.sign_on('pending').pk}/change/")
    planted = world.planted["pending"]
    for role in ROLES:
        page = unescape(client_of(role).get(url).content.decode())
        sees = role in SEES_CONTACTS
        assert (planted.person.email in page) is sees
        assert (planted.secrets["signatories_evidence.note"] in page) is sees


@pytest.mark.parametrize("role", ["viewer", "editor"])
def test_nobody_searches_by_what_they_may_not_see(world: World, role: str) -> None:
    client, url = client_of(role), address("admin/signatories/signon/")
    for query in (
        "q=zyxaddresspending", "q=Zyxnamepending", "contacts__email__startswith=zyx",
        "contacts__name__icontains=zyx", "email_key__startswith=a", "evidence__note__icontains=zyx",
        "contacts__isnull=false", "o=-6", "_to_field=email_key", "_popup=1&q=zyxaddress",
    ):  # fmt: skip
        response = client.get(f"{url}?{query}")
        assert response.status_code in {200, 302, 400}, query
        assert not any(secret in whole(response) for secret in world.for_contacts), query
        if response.status_code == 200 and ("q=" in query or "__" in query):
            assert response.context["cl"].result_count == 0, query


@pytest.mark.parametrize("role", ["moderator", "editor", "administrator"])
def test_a_keyed_hash_is_not_searched_by_either(world: World, role: str) -> None:
    for model, column in [
        ("campaign/outgoingmail", "recipient_key"), ("campaign/outgoingmail", "address_key"),
        ("signatories/signon", "email_key"),
    ]:  # fmt: skip
        url = address(f"admin/{model}/")
        assert client_of(role).get(f"{url}?{column}__startswith=a").status_code in {400, 403}


@pytest.mark.parametrize("role", ROLES)
def test_completion_finds_organisations_and_no_contacts(world: World, role: str) -> None:
    client, url = client_of(role), address("admin/autocomplete/")
    fields = [
        ("signonorganisation", "organisation"), ("contact", "sign_on"), ("evidence", "sign_on"),
        ("evidence", "added_by"), ("signon", "contacts"), ("contact", "email"),
    ]  # fmt: skip
    for model, field in fields:
        for term in ("", "zyxaddress", "Zyxname", "zyxnote"):
            query = f"app_label=signatories&model_name={model}&field_name={field}&term={term}"
            response = client.get(f"{url}?{query}")
            if role == "nobody":
                assert response.status_code == 302
            elif (model, field, term) == ("signonorganisation", "organisation", ""):
                assert "Zyxbody Approved" in whole(response)
            elif response.status_code != 403 and term and role not in SEES_CONTACTS:
                assert response.json()["results"] == []
            assert not any(secret in whole(response) for secret in world.for_contacts)


@pytest.mark.parametrize("role", ROLES)
def test_actions_of_the_list_are_for_those_who_may_change(world: World, role: str) -> None:
    url = address("admin/signatories/signon/")
    chosen = SignOn.objects.filter(pk=world.sign_on("pending").pk)
    for action in ("approve", "reject", "withdraw", "delete_selected"):
        data = {"action": action, "_selected_action": chosen.get().pk, "reason": "x", "post": "yes"}
        with undone():
            client_of(role).post(url, data)
            may = role in {"moderator", "administrator"} and action != "delete_selected"
            assert (chosen.get().status != Status.PENDING) is may, action


@pytest.mark.parametrize("role", ["viewer", "editor"])
def test_a_form_posted_by_those_who_may_not_see_contacts_changes_none(
    world: World, role: str
) -> None:
    sign_on = world.sign_on("pending")
    contact = sign_on.contacts.get()
    data = {
        "contacts-TOTAL_FORMS": "1", "contacts-INITIAL_FORMS": "1",
        "contacts-0-id": str(contact.pk), "contacts-0-sign_on": str(sign_on.pk),
        "contacts-0-name": "Mallory", "contacts-0-title": "x", "contacts-0-email": "m@evil.example",
        "listed_name": sign_on.listed_name, "group": str(sign_on.group_id),
    }  # fmt: skip
    client_of(role).post(address(f"admin/signatories/signon/{sign_on.pk}/change/"), data)
    assert not Contact.objects.filter(name="Mallory").exists()


def test_the_recent_actions_and_histories_name_no_contact(world: World) -> None:
    """Of the one who changed them, too: they stay when the right is gone."""
    sign_on = world.sign_on("pending")
    contact = sign_on.contacts.get()
    client = client_of("administrator")
    url = address(f"admin/signatories/signon/{sign_on.pk}/")
    changed = client.post(
        f"{url}change/",
        {
            "listed_name": sign_on.listed_name, "group": str(sign_on.group_id), "sort_as": "",
            "website": "", "country": "",
            "links-TOTAL_FORMS": "0", "links-INITIAL_FORMS": "0",
            "contacts-TOTAL_FORMS": "1", "contacts-INITIAL_FORMS": "1",
            "contacts-0-id": str(contact.pk), "contacts-0-sign_on": str(sign_on.pk),
            "contacts-0-name": "Zyxnew Person", "contacts-0-title": "Zyxnew Title",
            "contacts-0-email": "zyxnew@planted.example",
            "evidence-TOTAL_FORMS": "1", "evidence-INITIAL_FORMS": "0",
            "evidence-0-sign_on": str(sign_on.pk), "evidence-0-note": "zyxnew note",
        },
    )  # fmt: skip
    assert changed.status_code == 302
    contact.refresh_from_db()
    assert contact.name == "Zyxnew Person"
    for page in (address("admin/"), f"{url}history/"):
        said = whole(client.get(page))
        assert "Zyxbody Pending" in said
        assert "zyxnew" not in said.lower()
        assert "zyxname" not in said.lower()


def test_every_form_of_the_admin_needs_its_token(world: World) -> None:
    """From another site nobody acts in the name of staff."""
    values = world.values()
    for row in MATRIX:
        if row.route.startswith("admin/"):
            path = address(row.example.format(**values))
            assert client_of("administrator", csrf=True).post(path).status_code == 403, row.route


@pytest.mark.parametrize("role", ROLES)
def test_an_unlisted_letter_does_not_exist_at_its_public_address(world: World, role: str) -> None:
    client, answers = client_of(role), set()
    for which in ("hidden", "draft", "no-such-letter"):
        for file in FILES:
            for method in ("get", "post"):
                response = getattr(client, method)(f"/letters/{which}/{file}")
                answers.add((response.status_code, whole(response)))
    assert [status for status, _ in answers] == [404]


def test_no_public_file_knows_an_unlisted_letter_a_contact_or_a_name_that_is_not_approved(
    world: World, settings: Settings
) -> None:
    Letter.objects.filter(pk=world.hidden.pk).update(slug="zyxhidden")
    publisher.run(overdue=timedelta(0))
    files = [path for path in Path(settings.EDITIONS_DIR).rglob("*") if path.is_file()]
    plain = [path for path in files if path.suffix in {".html", ".json", ".csv", ".md", ".xml"}]
    assert any("Zyxbody Approved" in path.read_text() for path in plain)
    private = {*world.for_contacts, *world.not_public.values(), "zyxhidden"}
    for path in files:
        said = path.read_bytes().decode(errors="replace")
        assert not any(secret in said or secret in str(path) for secret in private), path
        assert world.hidden.unlisted_key not in said
