"""Every kind of page, the desk's and the public's, in a browser that tells what a policy blocks."""

import re

import pytest
from playwright.sync_api import ConsoleMessage, Page

from tests.site import Site, eventually

pytestmark = pytest.mark.browser
LETTER = "/letters/sample-letter/"
PUBLIC = [
    *("/", LETTER, f"{LETTER}sign/", f"{LETTER}check-email/", f"{LETTER}signatories.json"),
    *(f"{LETTER}letter.pdf", f"{LETTER}text.md", "/nowhere/", "/sign-ons/confirm/1-x/"),
    *("/sign-ons/manage/1-x/", "/.well-known/security.txt", "/robots.txt", "/static/css/site.css"),
]
#: How many pages of the desk are looked at; those of one kind count once.
ENOUGH = 25


@pytest.fixture
def complaints(desk: Page) -> list[str]:
    """What the browser's console says of a policy, on any page that the desk opens."""
    told: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        if re.search("Content Security Policy|Permissions-Policy|Refused to", message.text):
            told.append(f"{desk.url}: {message.text}")

    desk.on("console", listen)
    desk.on("pageerror", lambda error: told.append(f"{desk.url}: {error}"))
    return told


def test_the_browser_tells_what_a_policy_blocks(
    site: Site, desk: Page, complaints: list[str]
) -> None:
    """Otherwise the silence in the tests below would mean nothing."""
    desk.goto(site.url)
    desk.evaluate("document.body.append(document.createElement('script'))")
    desk.evaluate("document.body.lastChild.textContent = 'window.x = 1'")
    desk.evaluate("document.body.insertAdjacentHTML('beforeend', '<p style=\"color: red\">x</p>')")
    eventually("a complaint", lambda: desk.evaluate("1") and complaints)


def test_public_pages_are_within_their_policy(
    site: Site, desk: Page, complaints: list[str]
) -> None:
    eventually("the PDF", lambda: site.status(f"{LETTER}letter.pdf") == 200)
    for path in PUBLIC:
        if path.endswith((".pdf", ".json", ".csv", ".md")):
            answer = desk.request.get(site.url + path)
            assert answer.status == 200
            continue
        desk.goto(site.url + path)
    assert complaints == []
    assert desk.context.cookies() == []


def kind_of(path: str) -> str:
    return re.sub(r"\d+", "N", path.partition("?")[0])


def test_pages_of_the_desk_are_within_their_policy(
    site: Site, staff: Page, complaints: list[str]
) -> None:
    """All kinds of pages that links lead to from the desk's first one, and what stands on them."""
    found, seen = ["/admin/"], set()
    while found:
        path = found.pop(0)
        if kind_of(path) in seen:
            continue
        seen.add(kind_of(path))
        staff.goto(site.url + path)
        links = staff.eval_on_selector_all("a[href]", "all => all.map(a => a.href)")
        for link in links:
            inside = link.removeprefix(site.url).partition("#")[0]
            file = inside.partition("?")[0].endswith((".pdf", ".csv", ".xlsx"))
            if inside.startswith("/admin/") and "logout" not in inside and not file:
                found.append(inside)
    assert len(seen) >= ENOUGH, sorted(seen)
    assert complaints == []


def test_the_desks_scripts_work_within_the_policy(
    site: Site, staff: Page, complaints: list[str]
) -> None:
    """Completing a name asks the server, in a field that a script draws."""
    staff.goto(f"{site.url}/admin/signatories/organisation/add/")
    staff.fill("#id_display_name", "Parent Body of All")
    staff.click("[name=_save]")
    staff.goto(f"{site.url}/admin/signatories/organisation/add/")
    staff.click(".select2-selection")
    staff.fill(".select2-search__field", "Parent Body")
    staff.click(".select2-results__option:has-text('Parent Body of All')")
    assert complaints == []


def test_staff_have_two_cookies_and_they_are_only_theirs(site: Site, staff: Page) -> None:
    cookies = {cookie["name"]: cookie for cookie in staff.context.cookies()}
    assert set(cookies) == {"session", "csrf"}
    for cookie in cookies.values():
        assert cookie["httpOnly"]
        assert cookie["path"] == "/admin/"
    assert cookies["session"]["expires"] == -1
