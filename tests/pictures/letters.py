"""A letter: written with its preview beside it, circulated unlisted, opened, changed, delivered."""

from datetime import UTC, datetime, timedelta

from playwright.sync_api import Locator, Page, expect

from tests.pictures.walk import Walk

TITLE = "Give Our Rivers Back"
BODY = """\
Ten years ago twelve governments promised that by now every river could be swum in. Of the forty \
stretches that we measured this spring, **thirty-one may not even be touched**.

We write to ask you to act on what is known:

- measure what factories discharge, and publish it within a month;
- close the pipes that have no permit, as [the law requires](https://example.org/law); and
- pay for the clearing of the nine worst stretches from the fund that was set up for it.

None of this needs a new law. It needs a decision, and it can be taken this year.
"""
#: When signing ends: whenever this is walked, in some weeks.
CLOSES = datetime.now(UTC) + timedelta(days=20)
#: Typed into the form in this order; the words first, as they stand in a letter.
WORDS = {
    "sender": "Coalition for Clean Rivers",
    "dateline": f"{CLOSES.day} {CLOSES:%B %Y}",
    "addressee": "The Minister for the Environment\n1 River Street",
    "cc": "The Committee on Water",
    "title": TITLE,
    "salutation": "Dear Minister:",
    "body": BODY,
    "closing": "Yours faithfully,",
    "about": "The Coalition for Clean Rivers brings together associations along twelve rivers.",
    "contact": "coordinator@example.org",
    "press_contact": "press@example.org",
    "closes": f"{CLOSES:%Y-%m-%d}T23:59",
    "running_header": f"{CLOSES:%B %Y}",
}
GROUPS = ["Steering Committee", "Members of the Coalition", "Partners"]


def _status(page: Page) -> Locator:
    return page.locator("section[aria-labelledby=status]")


def written(walk: Walk) -> None:
    """The editor writes the letter, sees it as it will be, and saves it as a draft."""
    camera, page = walk.camera, walk.desk("editor")
    page.goto(walk.url("/admin/"))
    page.get_by_role("link", name="Letters", exact=True).first.click()
    page.get_by_role("link", name="Add letter").first.click()
    page.evaluate("scrollTo(0, 0)")
    for name, typed in WORDS.items():
        page.fill(f"#id_{name}", typed)
    page.select_option("#id_time_zone", "Europe/Paris")
    page.select_option("#id_paper", label="A4")
    for number, title in enumerate(GROUPS):
        if not page.locator(f"#id_groups-{number}-title").count():
            page.get_by_role("link", name="Add another").click()
        page.fill(f"#id_groups-{number}-title", title)
    frame = page.frame_locator("iframe[name=letter-preview]")
    expect(frame.get_by_text("It needs a decision")).to_be_visible()
    camera.of(
        "write",
        page.locator(".form-row.field-sender"),
        page.locator(".form-row.field-closing"),
        most=880,
    )
    page.get_by_role("button", name="PDF", exact=True).click()
    expect(frame.get_by_role("img", name="Page 1 of the PDF")).to_be_visible()
    camera.of(
        "write-pdf",
        page.locator(".form-row.field-title"),
        page.locator(".form-row.field-closing"),
        most=840,
    )
    camera.of("groups", page.locator("#groups-group"))
    page.locator("input[name=_continue]").first.click()
    walk.pages["letter"] = page.url
    camera.top(page, "draft", 760)
    page.close()


def circulated(walk: Walk) -> None:
    """Partners read the draft by its link; the editor sends test mails."""
    camera, page = walk.camera, walk.desk("editor")
    page.goto(walk.pages["letter"])
    link = page.locator(".link-to-copy input").first.input_value()
    partner = walk.phone()
    partner.goto(link)
    camera.top(partner, "unlisted-phone")
    partner.context.close()
    page.get_by_role("link", name="Send test mails").click()
    page.get_by_role("button").filter(has_text="Send").first.click()
    page.goto(walk.pages["letter"])
    page.get_by_role("link", name="Texts", exact=True).click()
    page.close()


def opened(walk: Walk) -> None:
    camera, page = walk.camera, walk.desk("editor")
    page.goto(walk.pages["letter"])
    page.get_by_role("button", name="Open for signatures: fixes Text 1").first.click()
    camera.top(page, "open", 860)
    walk.pages["form"] = page.locator(".link-to-copy input").nth(1).input_value()
    page.close()


def changed(walk: Walk) -> None:
    """A substantive change: seen word by word with whom it asks, then fixed as Text 2."""
    camera, page = walk.camera, walk.desk("editor")
    page.goto(walk.pages["letter"])
    page.fill("#id_body", BODY.replace("within a month", "within a week").replace("nine", "ten"))
    page.get_by_label("Substantive").check()
    page.fill("#id_note", "Publish within a week, and a tenth stretch: as the members asked.")
    camera.of(
        "change", page.locator(".form-row.field-change"), page.locator(".form-row.field-note")
    )
    page.locator("input[name=_continue]").first.click()
    camera.of("change-look", page.locator("section.look"))
    page.get_by_role("button", name="Fix Text 2").click()
    expect(page.locator(".messagelist")).to_contain_text("Text 2")
    page.goto(walk.pages["letter"])
    camera.of("changed", _status(page))
    page.get_by_role("link", name="Texts", exact=True).click()
    page.get_by_role("button", name="Compare").click()
    camera.top(page, "texts", 900)
    page.close()


def published(walk: Walk) -> None:
    camera, page = walk.camera, walk.desk("editor")
    page.goto(walk.pages["letter"])
    page.get_by_role("button", name="Make public now").click()
    camera.of("public", page.locator(".messagelist"), _status(page))
    page.close()


def closed(walk: Walk) -> None:
    camera, page = walk.camera, walk.desk("editor")
    page.goto(walk.pages["letter"])
    page.get_by_role("button", name="Close: the form takes no more sign-ons").click()
    camera.of("closed", page.locator(".messagelist"), _status(page))
    page.close()


def delivered(walk: Walk) -> None:
    camera, page = walk.camera, walk.desk("editor")
    page.goto(walk.pages["letter"])
    page.get_by_role("button", name="Mark as delivered").click()
    camera.of("delivered", page.locator(".messagelist"), _status(page))
    page.close()
