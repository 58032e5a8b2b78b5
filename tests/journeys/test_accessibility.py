"""Every page in a browser: axe's rules, no wider than a small phone, nothing the policy blocks.

The pages are those of tests/signatories/sample_pages.py, answered to the browser without a server.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from playwright.sync_api import Browser, ConsoleMessage, Page, Route, expect

from campaign.headers import KINDS, PAGE
from tests.signatories.sample_pages import PAGES, shown

pytestmark = pytest.mark.browser

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
NARROWEST = 320  # CSS pixels: WCAG 2.2, 1.4.10
TOUCHED = "input:not([type=hidden]):not([type=checkbox]), select, button, .button, .tick label"
SMALLEST_TARGET = 44  # CSS pixels, either way: WCAG 2.2, 2.5.5


def answer(route: Route) -> None:
    """The page of this name under our content policy, or a static file."""
    path = route.request.url.removeprefix("https://letters.example.org/")
    if path.startswith("static/"):
        route.fulfill(path=Path(settings.BASE_DIR) / path)
        return
    page = path.removeprefix("page/").replace("_", " ")
    route.fulfill(
        body=shown(next(name for name in PAGES if name.replace("_", " ") == page)),
        headers={
            "Content-Type": "text/html; charset=utf-8",
            **KINDS[PAGE],
        },
    )


def open_page(visitor: Page, name: str) -> list[str]:
    """Open the page; gives what the browser complains about."""
    complaints: list[str] = []

    def complain(message: ConsoleMessage) -> None:
        complaints.append(message.text)

    visitor.on("console", complain)
    visitor.goto(f"https://letters.example.org/page/{name.replace(' ', '_')}")
    return complaints


@pytest.fixture(scope="module", params=["light", "dark"])
def visitor(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    context = browser.new_context(
        viewport={"width": NARROWEST, "height": 640}, color_scheme=request.param
    )
    context.route("**/*", answer)
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_accessible_narrow_and_within_the_policy(visitor: Page, name: str) -> None:
    assert open_page(visitor, name) == []
    found = Axe().run(visitor, options={"runOnly": RULES})
    assert [(x["id"], x["nodes"][0]["html"]) for x in found.response["violations"]] == []
    assert visitor.evaluate("document.documentElement.scrollWidth") <= NARROWEST
    for target in visitor.locator(TOUCHED).all():
        box = target.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= SMALLEST_TARGET, target.inner_text()


def test_a_refused_form_takes_the_reader_to_what_is_wrong(visitor: Page) -> None:
    open_page(visitor, "sign, refused")
    # The browser moves the focus when it next draws, which may be after it has loaded.
    expect(visitor.locator("#errors")).to_be_focused()
    visitor.locator("#errors a").first.click()
    expect(visitor.locator("#id_organisation")).to_be_focused()


def test_the_first_stop_of_the_tab_key_skips_to_the_content(visitor: Page) -> None:
    open_page(visitor, "letter")
    visitor.keyboard.press("Tab")
    expect(visitor.locator(".skip")).to_be_focused()
    visitor.keyboard.press("Enter")
    expect(visitor.locator("#main")).to_be_focused()
