"""Near a limit, in a browser: with JavaScript it goes on by itself, without it the button does."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from campaign.limits.table import ADDRESS
from tests.journeys.test_accessibility import RULES
from tests.servers import Sink
from tests.site import Site, eventually

pytestmark = pytest.mark.browser
FORM = "/letters/sample-letter/sign/"
FIELDS = {
    "contact_name": "Ada Lovelace",
    "contact_title": "Director",
    "email": "ada@example.org",
}


@pytest.fixture(scope="module")
def limited(sink: Sink, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site whose limit for this machine is reached."""
    data_dir: Path = tmp_path_factory.mktemp("limited") / "var"
    site = Site(data_dir, email_url=sink.url, RATE_LIMITS="on")
    site.start()
    for number in range(ADDRESS.near.amount):
        body = f"Body {number}"
        fields = {**FIELDS, "organisation": body, "email": f"a@b{number}.example.org"}
        assert site.post(FORM, {**fields, "authorised": "on", "text": "1"}) == 302
    yield site
    site.stop()


@pytest.fixture
def computer(browser: Browser) -> Iterator[Page]:
    """A signer's, with JavaScript."""
    context = browser.new_context(viewport={"width": 375, "height": 812})
    yield context.new_page()
    context.close()


def fill(visitor: Page, site: Site, organisation: str) -> list[str]:
    """Fill in the form; gives what the browser complains about from then on."""
    complaints: list[str] = []

    def complain(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and "429" not in message.text:
            complaints.append(message.text)

    visitor.on("console", complain)
    visitor.goto(f"{site.url}{FORM}")
    visitor.fill("[name=organisation]", organisation)
    for name, value in FIELDS.items():
        visitor.fill(f"[name={name}]", value)
    visitor.fill("[name=email]", f"ada@{organisation.lower().replace(' ', '')}.example.org")
    visitor.check("[name=authorised]")
    visitor.get_by_role("button", name="Sign for our organisation").click()
    return complaints


def mail_of(site: Site, organisation: str) -> list[tuple[bool]]:
    return site.query(
        "SELECT mail.slow FROM campaign_outgoingmail AS mail JOIN signatories_signon AS sign_on"
        " ON (mail.\"references\"->>'sign_on')::bigint = sign_on.id WHERE listed_name = %s",
        organisation,
    )


def test_with_javascript_it_calculates_and_goes_on_by_itself(limited: Site, computer: Page) -> None:
    complaints = fill(computer, limited, "Calculating Body")
    computer.wait_for_url("**/check-email/")
    assert complaints == []
    assert mail_of(limited, "Calculating Body") == [(False,)]
    assert computer.context.cookies() == []


def test_without_javascript_pressing_once_more_is_enough(limited: Site, phone: Page) -> None:
    fill(phone, limited, "Pressing Body")
    status = phone.get_by_role("status")
    expect(status).to_contain_text("Please press the button once more.")
    expect(phone.locator("[data-by-itself]")).to_be_hidden()
    expect(phone.locator("[name=organisation]")).to_have_value("Pressing Body")
    expect(phone.locator("[name=authorised]")).to_be_checked()
    phone.get_by_role("button", name="Sign once more").click()
    assert "/check-email/" in phone.url
    assert mail_of(limited, "Pressing Body") == [(True,)]


def test_the_page_that_asks_takes_no_focus_and_says_so_in_its_title(
    limited: Site, phone: Page
) -> None:
    fill(phone, limited, "Accessible Body")
    assert phone.locator("[autofocus]").count() == 0
    assert phone.locator("h1").count() == 1
    assert phone.locator("progress[hidden]").count() == 1
    assert phone.title().startswith("One more step")


def test_who_goes_on_typing_is_not_interrupted(limited: Site, computer: Page) -> None:
    """The script is held up until something has been typed, however fast the machine is."""
    held: list[object] = []
    computer.route("**/proof_worker*.js", lambda route: held.append(route))
    fill(computer, limited, "Typing Body")
    expect(computer.get_by_role("status")).to_contain_text("does a short calculation")
    violations = Axe().run(computer, options={"runOnly": RULES}).response["violations"]
    assert [(x["id"], x["nodes"][0]["html"]) for x in violations] == []
    computer.locator("[name=contact_title]").press_sequentially(" General")
    eventually("the worker is asked for", lambda: held)
    held[0].continue_()  # type: ignore[attr-defined]
    expect(computer.get_by_role("status")).to_contain_text("Please press the button")
    assert "/check-email/" not in computer.url
    computer.get_by_role("button", name="Sign for our organisation").click()
    computer.wait_for_url("**/check-email/")
    assert mail_of(limited, "Typing Body") == [(False,)]


def test_who_presses_before_it_is_done_is_sent_on_when_it_is(limited: Site, computer: Page) -> None:
    held: list[object] = []
    computer.route("**/proof_worker*.js", lambda route: held.append(route))
    fill(computer, limited, "Hasty Body")
    expect(computer.get_by_role("status")).to_contain_text("does a short calculation")
    computer.get_by_role("button", name="Sign for our organisation").click()
    expect(computer.get_by_role("status")).to_contain_text("One moment")
    eventually("the worker is asked for", lambda: held)
    held[0].continue_()  # type: ignore[attr-defined]
    computer.wait_for_url("**/check-email/")
    assert mail_of(limited, "Hasty Body") == [(False,)]


def test_where_the_script_cannot_calculate_the_button_still_works(
    limited: Site, computer: Page
) -> None:
    computer.route("**/proof_worker*.js", lambda route: route.abort())
    fill(computer, limited, "Broken Body")
    expect(computer.get_by_text("Please press the button once more.")).to_be_visible()
    expect(computer.get_by_text("does a short calculation")).to_be_hidden()
    computer.get_by_role("button", name="Sign once more").click()
    computer.wait_for_url("**/check-email/")
    assert mail_of(limited, "Broken Body") == [(True,)]
