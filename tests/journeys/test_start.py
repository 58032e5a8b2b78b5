"""The front page of the desk and My digest in a browser: axe's rules, both widths, both themes."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import ConsoleMessage, Page

from tests.journeys.test_accessibility import RULES
from tests.site import Site, eventually

pytestmark = pytest.mark.browser


def drawn(site: Site) -> bool:
    """The sweep counts the sample letter's sign-ons within half a minute."""
    return bool(site.query("SELECT 1 FROM signatories_signonsbyday WHERE first_day IS NOT NULL"))


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [375, 1280])
@pytest.mark.parametrize("path", ["", "digest/"])
def test_a_page_is_accessible_as_wide_as_the_window_and_within_the_policy(
    site: Site, staff: Page, path: str, width: int, theme: str
) -> None:
    eventually("the chart", lambda: drawn(site))
    complaints: list[str] = []

    def complain(message: ConsoleMessage) -> None:
        complaints.append(message.text)

    staff.on("console", complain)
    staff.set_viewport_size({"width": width, "height": 900})
    staff.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    staff.goto(f"{site.url}/admin/{path}")
    for fold in staff.locator("#content-start details").all():
        fold.evaluate("fold => { fold.open = true }")
    assert complaints == []  # before axe tries out styles
    found = Axe().run(staff, options={"runOnly": RULES})
    assert [(x["id"], x["nodes"][0]["html"]) for x in found.response["violations"]] == []
    assert staff.evaluate("document.documentElement.scrollWidth") <= width


def test_the_chart_is_there_with_its_figures_and_by_the_keyboard(site: Site, staff: Page) -> None:
    eventually("the chart", lambda: drawn(site))
    staff.goto(f"{site.url}/admin/")
    card = staff.locator(".letter-card").first
    bars = card.locator(".desk-chart rect")
    box = bars.last.bounding_box()
    assert box
    assert box["width"] > 0
    assert box["height"] > 0
    summary = card.locator(".desk-chart summary")
    summary.focus()
    staff.keyboard.press("Enter")
    together = card.locator("tfoot td").inner_text()
    listed = card.locator(".card-count").first.inner_text()
    assert together == listed


def test_high_contrast_still_shows_the_bars(site: Site, staff: Page) -> None:
    eventually("the chart", lambda: drawn(site))
    staff.emulate_media(forced_colors="active")
    staff.goto(f"{site.url}/admin/")
    bar = staff.locator(".desk-chart rect").last
    fill = bar.evaluate("bar => getComputedStyle(bar).fill")
    behind = staff.evaluate("getComputedStyle(document.body).backgroundColor")
    assert fill != behind
