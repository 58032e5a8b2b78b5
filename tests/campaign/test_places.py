"""The links in the header of the desk: where one may go, where one is, how many wait."""

import re

import pytest
from django.test import Client

from tests.factories import LetterFactory, SignOnFactory, StaffFactory
from tests.roles import client_of
from tests.signatories.test_views import html

pytestmark = pytest.mark.django_db

LINK = re.compile(r'<a href="(/admin/[^"]*)"( aria-current="\w+")?>(.*?)</a>', re.S)
EVERYWHERE = ["Start", "Letters", "Sign-ons", "Organisations"]


def header(page: str) -> list[tuple[str, str, str]]:
    """Of each link its words, its address and what it says of where one is."""
    nav = page[page.index('<nav class="desk-places"') :]
    nav = nav[: nav.index("</nav>")]
    return [
        (re.sub(r"<[^>]*>", "", words).strip(), url, here.strip())
        for url, here, words in LINK.findall(nav)
    ]


@pytest.mark.parametrize(
    ("role", "further"),
    [
        ("viewer", []),
        ("moderator", ["Mails", "Refused and withheld"]),
        ("editor", ["Refused and withheld"]),
        ("administrator", ["Mails", "Refused and withheld", "People"]),
    ],
)
def test_each_role_is_offered_where_it_may_go(role: str, further: list[str]) -> None:
    client = client_of(role)
    links = header(html(client.get("/admin/")))
    assert [words for words, _, _ in links] == [*EVERYWHERE, *further]
    assert {client.get(url).status_code for _, url, _ in links} == {200}


def test_without_rights_there_is_the_front_page_alone(client: Client) -> None:
    client.force_login(StaffFactory(may=[]))
    assert [words for words, _, _ in header(html(client.get("/admin/")))] == ["Start"]


def test_nobody_signed_in_sees_no_links(client: Client) -> None:
    assert "desk-places" not in html(client.get("/admin/login/"))


@pytest.mark.parametrize(
    ("path", "here"),
    [
        ("/admin/", ("Start", "page")),
        ("/admin/campaign/letter/", ("Letters", "page")),
        ("/admin/campaign/letter/{letter}/change/", ("Letters", "true")),
        ("/admin/campaign/letter/{letter}/panel/", ("Refused and withheld", "true")),
        ("/admin/campaign/letter/panel/", ("Refused and withheld", "page")),
        ("/admin/signatories/signon/", ("Sign-ons", "page")),
        ("/admin/signatories/signon/{sign_on}/change/", ("Sign-ons", "true")),
        ("/admin/signatories/organisation/add/", ("Organisations", "true")),
        ("/admin/campaign/outgoingmail/", ("Mails", "page")),
        ("/admin/auth/user/", ("People", "page")),
        ("/admin/account/", None),
    ],
)
def test_it_says_where_one_is(client: Client, path: str, here: tuple[str, str] | None) -> None:
    client.force_login(StaffFactory())
    sign_on = SignOnFactory(status="approved")
    page = html(client.get(path.format(letter=sign_on.letter_id, sign_on=sign_on.pk)))
    marked = [(words, at) for words, _, at in header(page) if at]
    assert marked == ([(here[0], f'aria-current="{here[1]}"')] if here else [])


def test_what_waits_is_counted_over_all_letters(client: Client) -> None:
    client.force_login(StaffFactory())
    for letter in (LetterFactory(open=True), LetterFactory(open=True)):
        SignOnFactory(letter=letter)
        SignOnFactory(letter=letter, status="approved")
    words = [words for words, _, _ in header(html(client.get("/admin/campaign/letter/")))]
    assert "Sign-ons 2 waiting for approval" in words


def test_my_digest_is_beside_the_name(client: Client) -> None:
    client.force_login(StaffFactory(may=[]))
    page = html(client.get("/admin/"))
    tools = page[page.index('id="user-tools"') :]
    assert '<a href="/admin/digest/">My digest</a>' in tools[: tools.index("</header>")]
