"""Writing a letter in the browser, and asking those who signed it whether they still do."""

import re
from collections.abc import Iterator
from html import unescape

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.servers import Sink
from tests.site import Site, eventually

pytestmark = pytest.mark.browser

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
EMAIL = "still@quietskies.example.org"
NAME = "Bureau for Quiet Nights"
FILE = """---
slug: desk-letter
title: Quiet nights now
sender: Coalition for Quiet Skies
contact: coordinator@example.org
groups:
  - key: committee
    title: Committee
  - key: partners
    title: Partners
  - key: friends
    title: Friends
---

We ask you to act **now**.
"""


@pytest.fixture(scope="module")
def letter(site: Site) -> str:
    """A public letter of its own; the path of its page at the desk."""
    path = site.data_dir / "desk-letter.md"
    path.write_text(FILE)
    site.manage("load_letter", str(path), "--open")
    [(pk,)] = site.query("SELECT id FROM campaign_letter WHERE slug = 'desk-letter'")
    return f"{site.url}/admin/campaign/letter/{pk}/"


@pytest.fixture
def plain(browser: Browser, staff: Page) -> Iterator[Page]:
    """The desk without JavaScript, on a telephone, signed in as `staff` is."""
    context = browser.new_context(
        viewport={"width": 375, "height": 812},
        java_script_enabled=False,
        storage_state=staff.context.storage_state(),
    )
    yield context.new_page()
    context.close()


def frame_text(page: Page) -> str:
    frame = page.frame(name="letter-preview")
    assert frame
    return frame.inner_text("body")


def test_the_preview_follows_what_is_typed_and_the_toolbar_marks_it(
    letter: str, staff: Page
) -> None:
    staff.goto(f"{letter}change/")
    eventually("the preview", lambda: "We ask you to act now." in frame_text(staff))
    body = staff.locator("#id_body")
    body.fill("We ask you to act at once.")
    body.evaluate("field => field.setSelectionRange(21, 25)")
    # By keyboard: the toolbar is one stop before the field, and its buttons are reached by arrows.
    staff.keyboard.press("Shift+Tab")
    expect(staff.get_by_role("button", name="Bold")).to_be_focused()
    staff.keyboard.press("ArrowRight")
    expect(staff.get_by_role("button", name="Italic")).to_be_focused()
    staff.keyboard.press("Enter")
    expect(body).to_have_value("We ask you to act at *once*.")
    staff.keyboard.press("Control+z")
    expect(body).to_have_value("We ask you to act at once.")
    body.evaluate("field => field.setSelectionRange(21, 25)")
    body.press("Control+b")
    expect(body).to_have_value("We ask you to act at **once**.")
    eventually("the new words", lambda: "We ask you to act at once." in frame_text(staff))
    staff.get_by_role("button", name="PDF", exact=True).click()
    frame = staff.frame_locator("iframe[name=letter-preview]")
    expect(frame.get_by_role("img", name="Page 1 of the PDF")).to_be_visible()
    body.fill("We ask you <b>now</b>.")
    expect(staff.locator(".preview-notes")).to_contain_text("HTML is not taken")
    found = Axe().run(staff, options={"runOnly": RULES})
    mine = [x for x in found.response["violations"] if "editor" in str(x) or "preview" in str(x)]
    assert [(x["id"], x["nodes"][0]["html"]) for x in mine] == []


def test_groups_are_moved_by_buttons_and_by_dragging(letter: str, staff: Page) -> None:
    staff.goto(f"{letter}change/")
    titles = staff.locator("#groups-group tr.form-row:not(.empty-form) .field-title input")
    places = staff.locator("#groups-group tr.form-row:not(.empty-form) .field-position input")

    def order() -> list[str]:
        return [title.input_value() for title in titles.all() if title.input_value()]

    assert order() == ["Committee", "Partners", "Friends"]
    staff.get_by_role("button", name="Move up").nth(2).focus()
    staff.keyboard.press("Enter")
    assert order() == ["Committee", "Friends", "Partners"]
    handle = staff.locator(".group-handle").nth(2)
    handle.scroll_into_view_if_needed()
    start, end = handle.bounding_box(), staff.locator(".group-handle").nth(0).bounding_box()
    assert start
    assert end
    staff.mouse.move(start["x"] + 5, start["y"] + 5)
    staff.mouse.down()
    staff.mouse.move(end["x"] + 5, end["y"] - 30, steps=12)
    staff.mouse.up()
    assert order() == ["Partners", "Committee", "Friends"]
    assert [place.input_value() for place in places.all()][:3] == ["1", "2", "3"]
    staff.locator("input[name=_save]").first.click()
    staff.goto(f"{letter}change/")
    assert order() == ["Partners", "Committee", "Friends"]


def test_without_javascript_the_preview_is_a_button_away_and_nothing_typed_is_lost(
    letter: str, plain: Page
) -> None:
    plain.goto(f"{letter}change/")
    plain.fill("#id_body", "We ask you **twice**.")
    plain.get_by_role("button", name="Show the page").click()
    inner = plain.frame_locator("iframe[name=letter-preview]").frame_locator("iframe")
    expect(inner.locator(".body strong")).to_have_text("twice")
    assert plain.input_value("#id_body") == "We ask you **twice**."
    assert plain.evaluate("document.documentElement.scrollWidth") <= 375


def test_who_signed_is_asked_and_says_yes_on_a_phone(
    letter: str, site: Site, sink: Sink, phone: Page, plain: Page
) -> None:
    phone.goto(f"{site.url}/letters/desk-letter/sign/")
    phone.fill("[name=organisation]", NAME)
    phone.fill("[name=contact_name]", "Ada Lovelace")
    phone.fill("[name=contact_title]", "Director")
    phone.fill("[name=email]", EMAIL)
    phone.check("[name=authorised]")
    phone.get_by_role("button", name="Sign for our organisation").click()
    phone.goto(_link(sink, "Confirm", "confirm"))
    phone.get_by_role("button", name=f"Confirm: {NAME} signs this letter").click()
    [(pk,)] = site.query("SELECT id FROM signatories_signon WHERE listed_name = %s", NAME)
    plain.goto(f"{site.url}/admin/signatories/signon/{pk}/change/")
    plain.get_by_role("button", name="Save and approve").first.click()
    eventually("it is listed", lambda: NAME in site.names("desk-letter"))

    # The words change: first looked at, then fixed.
    plain.goto(f"{letter}change/")
    plain.fill("#id_body", "We ask you to act **at noon**.")
    plain.get_by_label("Substantive").check()
    plain.fill("#id_note", "By noon, no later.")
    plain.locator("input[name=_save]").first.click()
    said = plain.inner_text("section.look")
    assert "1 signatory is asked by mail whether they still sign" in said
    assert NAME in site.names("desk-letter")
    plain.get_by_role("button", name=re.compile("Fix Text 2")).click()
    eventually("it is off the list", lambda: NAME not in site.names("desk-letter"))

    # On the phone, without JavaScript: what changed, and a yes.
    phone.goto(_link(sink, "Does your organisation still sign", "manage"))
    assert "By noon, no later." in phone.inner_text("main")
    assert "at noon" in " ".join(phone.locator("ins").all_inner_texts())
    phone.get_by_role("button", name="Our organisation still signs").click()
    assert "signs Text 2" in phone.inner_text("main")
    eventually("it is listed again", lambda: NAME in site.names("desk-letter"))
    assert phone.evaluate("document.documentElement.scrollWidth") <= 375


def _link(sink: Sink, about: str, to: str) -> str:
    def found() -> str:
        for mail in sink.messages:
            if mail["To"] == EMAIL and mail["Subject"].startswith(about):
                body = mail.get_body(("plain",))
                assert body
                link = re.search(rf"http\S+/sign-ons/{to}/\S+/", unescape(body.get_content()))
                assert link
                return link[0]
        return ""

    return eventually(f"the mail “{about}”", found)
