"""The main job: sign, confirm by mail, approve, and stand on the page and in the PDF."""

import io
import re
import time
import urllib.request
from collections.abc import Callable
from email.message import EmailMessage

import pytest
from playwright.sync_api import Page
from pypdf import PdfReader

from tests.servers import Sink
from tests.site import Site, eventually

pytestmark = pytest.mark.browser
NAME = "Zürich Peace & Justice Bureau (ZPJB)"
EMAIL = "ada@zpjb.example.org"


def pdf_text(site: Site, slug: str) -> str:
    reader = PdfReader(io.BytesIO(site.get(f"/letters/{slug}/letter.pdf")))
    return " ".join(" ".join(page.extract_text() for page in reader.pages).split())


def mails_to(sink: Sink, address: str, about: str) -> list[EmailMessage]:
    """Of all sites of this session, which share the sink, this test's own."""
    return [m for m in sink.messages if m["To"] == address and m["Subject"].startswith(about)]


def link_in(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body
    found = re.search(r"http\S+/sign-ons/confirm/\S+/", body.get_content())
    assert found
    return found[0]


def seconds(look: Callable[[], object]) -> float:
    started = time.monotonic()
    eventually("what was approved", look)
    return time.monotonic() - started


def test_the_whole_job(
    site: Site,
    sink: Sink,
    phone: Page,
    staff: Page,
    record_property: Callable[[str, object], None],
) -> None:
    # The public finds the letter, and an organisation signs on a phone, without JavaScript.
    phone.goto(site.url)
    phone.get_by_role("link", name="Join the Mine Ban Treaty").first.click()
    assert phone.locator("h1").count() == 1
    # Those of the sample, and what other journeys of this site have added.
    assert phone.locator(".signatory-name").count() >= 36
    phone.get_by_role("link", name="Sign for our organisation").first.click()
    phone.fill("[name=organisation]", NAME)
    phone.fill("[name=contact_name]", "Ada Lovelace")
    phone.fill("[name=contact_title]", "Director")
    phone.fill("[name=email]", EMAIL)
    phone.check("[name=authorised]")
    phone.get_by_role("button", name="Sign for our organisation").click()
    assert "/check-email/" in phone.url
    assert "One step left" in phone.inner_text("main")
    assert phone.context.cookies() == []

    # The mail comes. A scanner that opens the link confirms nothing.
    asked = eventually("the confirmation mail", lambda: mails_to(sink, EMAIL, "Confirm"))
    link = link_in(asked[0])
    urllib.request.urlopen(link, timeout=20).close()
    phone.goto(link)
    status = "SELECT status FROM signatories_signon WHERE listed_name = %s"
    assert site.query(status, NAME) == [("unconfirmed",)]
    phone.get_by_role("button", name=f"Confirm: {NAME} signs this letter").click()
    assert f"{NAME} has signed. It is not listed yet" in phone.inner_text("main")
    assert site.query(status, NAME) == [("pending",)]
    assert NAME not in site.names("sample-letter")

    # Staff approve it.
    staff.goto(f"{site.url}/admin/signatories/signon/")
    row = staff.locator("tr", has_text=NAME)
    row.locator("input.action-select").check()
    staff.get_by_role("button", name="Approve 1, public now").click()
    assert "approved" in staff.inner_text(".messagelist")
    record_property("public_after_s", seconds(lambda: NAME in site.names("sample-letter")))
    record_property("in_pdf_after_s", seconds(lambda: NAME in pdf_text(site, "sample-letter")))

    # It stands in its right place: last of the partners, on the page as in the data.
    phone.goto(f"{site.url}/letters/sample-letter/")
    partners = phone.locator("section[data-group=partners] .signatory-name").all_inner_texts()
    assert partners[-1] == NAME
    assert site.names("sample-letter")[-1] == NAME
    told = eventually(
        "the mail that it is listed",
        lambda: mails_to(sink, EMAIL, "Your organisation is"),
    )
    assert NAME in told[0].get_body(("plain",)).get_content()  # type: ignore[union-attr]
