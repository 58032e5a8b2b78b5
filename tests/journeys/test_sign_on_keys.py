"""One sign-on after the other, by the keys of the keyboard; and without them, when turned off."""

import pytest
from playwright.sync_api import Page, expect

from tests.site import Site

pytestmark = pytest.mark.browser

NAMES = ["Keyboard Aid", "Letterpress Bridges", "Typewriter Collective"]


def enter(staff: Page, site: Site, name: str) -> str:
    """The address of its page."""
    staff.goto(f"{site.url}/admin/signatories/signon/add/")
    staff.fill("#id_listed_name", name)
    staff.fill("#id_evidence", "A call of 3 May.")
    staff.get_by_role("button", name="Enter it", exact=True).click()
    expect(staff.locator(".messagelist")).to_contain_text("waits for your approval")
    return staff.url


def heading(staff: Page, name: str) -> None:
    expect(staff.locator(".place-own")).to_have_text(name)
    # The script that listens to keys comes after what is read.
    staff.wait_for_load_state()


def test_the_keys_decide_and_bring_the_next_and_can_be_turned_off(site: Site, staff: Page) -> None:
    pages = [enter(staff, site, name) for name in NAMES]
    staff.goto(pages[0])
    heading(staff, NAMES[0])

    # Essentials and buttons are seen without scrolling.
    for seen in (".signon-bar", ".place-own", ".signon-alike", "#id_listed_name", "#id_group"):
        box = staff.locator(seen).first.bounding_box()
        assert box, seen
        assert box["y"] + box["height"] <= 900, seen

    staff.keyboard.press("n")
    heading(staff, NAMES[1])
    staff.keyboard.press("p")
    heading(staff, NAMES[0])

    # In a field they are letters, and what was typed is saved by the approval.
    staff.click("#id_listed_name")
    staff.keyboard.press("End")
    staff.keyboard.type(" anpr")
    staff.locator("h1").first.click()
    staff.keyboard.press("a")
    heading(staff, NAMES[1])
    expect(staff.locator(".signon-after")).to_contain_text(f"{NAMES[0]} anpr”, Approved")

    # The reason is asked for on the page.
    staff.keyboard.press("r")
    expect(staff.locator("#id_reject_choice_0")).to_be_focused()
    staff.keyboard.press("Space")
    staff.keyboard.press("Enter")
    heading(staff, NAMES[2])
    staff.get_by_role("button", name="Undo").click()
    heading(staff, NAMES[1])

    # Turned off, they do nothing, also on the next page.
    staff.keyboard.press("?")
    staff.uncheck("#keys-on")
    staff.keyboard.press("Escape")
    staff.goto(staff.url)
    expect(staff.locator(".signon-bar kbd").first).to_be_hidden()
    staff.keyboard.press("n")
    staff.keyboard.press("a")
    heading(staff, NAMES[1])
