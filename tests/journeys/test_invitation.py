"""A member is invited from a list, and signs on a phone by one press: listed when pre-approved."""

import re
import urllib.request

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.journeys.test_accessibility import RULES
from tests.journeys.test_main_job import mails_to
from tests.servers import Sink
from tests.site import Site, eventually

pytestmark = pytest.mark.browser
NAME = "Ponts pour la Paix, asbl"
EMAIL = "noor@ponts.example.org"
OTHER, OTHER_EMAIL = "Unhurried Body", "kim@unhurried.example.org"
LIST = f'"{NAME}", Noor Blum, {EMAIL}, Présidente\n{OTHER}, Kim Roe, {OTHER_EMAIL}, Chair\n'
STATUS = "SELECT status, source FROM signatories_signon WHERE listed_name = %s"


def link_to(sink: Sink, address: str, about: str = "Will you sign") -> str:
    mail = eventually("the invitation", lambda: mails_to(sink, address, about))[0]
    body = mail.get_body(("plain",))
    assert body
    found = re.search(r"http\S+/invitations/\S+/", body.get_content())
    assert found
    return found[0]


def accessible(page: Page) -> None:
    """What is ours on a page of the desk; the frame around it is Django's."""
    found = Axe().run(page, "#content", {"runOnly": RULES}).response["violations"]
    assert [(x["id"], x["nodes"][0]["html"]) for x in found] == []


def test_from_the_list_to_the_listed_name(site: Site, sink: Sink, staff: Page, phone: Page) -> None:
    # Staff paste their members, look at what would be sent, and send it.
    [(letter,)] = site.query("SELECT id FROM campaign_letter WHERE slug = 'sample-letter'")
    tracker = f"{site.url}/admin/campaign/letter/{letter}/invitations/"
    staff.goto(tracker)
    staff.get_by_role("link", name="Invite members").click()
    staff.get_by_label("Members").fill(LIST)
    staff.get_by_label("Your own words").fill("As we agreed at the annual meeting.")
    staff.get_by_label("Approve in advance").check()
    staff.get_by_role("button", name="Look first").click()
    assert "As we agreed at the annual meeting." in staff.inner_text(".mail-shown")
    accessible(staff)
    staff.get_by_role("button", name="Invite 2 organisations: 2 mails go out now").click()
    staff.wait_for_url(tracker)
    expect(staff.get_by_role("link", name="Invited: 2")).to_be_visible()
    accessible(staff)

    # The mail comes; a scanner that opens its link signs nothing.
    link = link_to(sink, EMAIL)
    urllib.request.urlopen(link, timeout=20).close()
    assert site.query(STATUS, NAME) == []

    # One press on a phone, without JavaScript, and it is on the list.
    phone.goto(link)
    expect(phone.locator("[name=organisation]")).to_have_value(NAME)
    expect(phone.locator("[name=contact_name]")).to_have_value("Noor Blum")
    assert phone.evaluate("document.documentElement.scrollWidth") <= 375
    phone.check("[name=authorised]")
    phone.get_by_role("button", name="Sign for our organisation").click()
    assert f"{NAME} has signed, and the sign-on is approved" in phone.inner_text("main")
    assert site.query(STATUS, NAME) == [("approved", "invited")]
    eventually("the listed name", lambda: NAME in site.names("sample-letter"))
    assert phone.context.cookies() == []
    told = eventually("the mail that it is listed", lambda: mails_to(sink, EMAIL, "Your"))
    assert NAME in told[0].get_body(("plain",)).get_content()  # type: ignore[union-attr]

    # The other one is passed on; the colleague declines. The tracker knows.
    phone.goto(link_to(sink, OTHER_EMAIL))
    phone.get_by_label("Your colleague’s name").fill("Lou Poe")
    phone.get_by_label("Their title").fill("Director")
    phone.get_by_label("Their e-mail").fill("lou@unhurried.example.org")
    phone.get_by_role("button", name="Pass it on").click()
    assert "We mail Lou Poe" in phone.inner_text("main")
    phone.goto(link_to(sink, "lou@unhurried.example.org", "Passed on to you"))
    phone.get_by_label("Your reason").fill("Our board has not met.")
    phone.get_by_role("button", name="We will not sign").click()
    assert "Thank you for telling us" in phone.inner_text("main")
    staff.goto(tracker)
    expect(staff.get_by_role("link", name="Signed: 1")).to_be_visible()
    staff.get_by_role("link", name="Declined: 1").click()
    assert "Our board has not met." in staff.inner_text("#content")
    staff.get_by_role("link", name=OTHER).click()
    assert "Passed on by the address that was invited" in staff.inner_text("#content")
    accessible(staff)
