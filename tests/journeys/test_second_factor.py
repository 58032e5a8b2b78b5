"""A second factor in a browser: set up, signed in with, and with a recovery code in its place."""

import base64
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from django_otp.oath import TOTP
from playwright.sync_api import Browser, Page, expect

from tests.journeys.test_accessibility import RULES
from tests.servers import Sink
from tests.site import Site, eventually

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def guarded(sink: Sink, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site that requires a second factor."""
    data_dir: Path = tmp_path_factory.mktemp("guarded") / "var"
    site = Site(data_dir, email_url=sink.url, REQUIRE_SECOND_FACTOR="on")
    site.start()
    yield site
    site.stop()


@pytest.fixture(params=[1280, 375], ids=["desk", "phone"])
def width(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture
def anybody(browser: Browser, width: int) -> Iterator[Page]:
    """Somebody without JavaScript: none of it needs any."""
    context = browser.new_context(
        viewport={"width": width, "height": 900}, java_script_enabled=False
    )
    yield context.new_page()
    context.close()


def sign_in(page: Page, site: Site, username: str, password: str) -> None:
    page.goto(f"{site.url}/admin/")
    page.fill("#id_username", username)
    page.fill("#id_password", password)
    page.get_by_role("button", name="Sign in").click()


def sign_out(page: Page) -> None:
    page.get_by_role("button", name="Sign out").click()


def key_on(page: Page) -> bytes:
    return base64.b32decode(page.inner_text(".people-key").replace(" ", ""))


def code_of(key: bytes, after: str = "") -> str:
    """What the app shows, as soon as it shows another than `after`."""

    def shown() -> str:
        code = f"{TOTP(key).token():06d}"
        return "" if code == after else code

    return eventually("another code", shown)


def test_from_the_link_to_the_recovery_code(
    guarded: Site, anybody: Page, browser: Browser, width: int
) -> None:
    """An administrator adds a person, who needs nothing but the link and a telephone."""
    site = guarded
    root = browser.new_page()
    sign_in(root, site, "admin", (site.data_dir / "admin-password").read_text().strip())
    if "/second-factor/" not in root.url:  # set up by the test of another width
        site.manage("second_factor", "admin", "--remove")
        sign_in(root, site, "admin", (site.data_dir / "admin-password").read_text().strip())
    root.fill("#id_code", code_of(key_on(root)))
    root.get_by_role("button", name="Turn on the second factor").click()
    root.get_by_role("link", name="I have kept them").click()
    root.get_by_role("link", name="People").click()
    root.get_by_role("link", name="Add a person").click()
    username = f"ada{width}"
    root.fill("#id_username", username)
    root.get_by_label("Moderator").check()
    root.get_by_role("button", name="Add, and get a link").click()
    link = root.input_value("#link")
    root.close()

    # The person chooses a password, and is led to set up the second factor before anything else.
    ada, password = anybody, f"correct horse {time.time()}"
    ada.goto(link)
    ada.fill("#id_new_password1", password)
    ada.fill("#id_new_password2", password)
    ada.get_by_role("button", name="Set the password and sign in").click()
    assert "/second-factor/" in ada.url
    ada.goto(f"{site.url}/admin/signatories/signon/")
    assert "/second-factor/" in ada.url
    expect(ada.locator(".people-qr svg")).to_be_visible()
    key = key_on(ada)
    ada.fill("#id_code", "000000")
    ada.get_by_role("button", name="Turn on the second factor").click()
    expect(ada.get_by_role("alert")).to_contain_text("That code is not right")
    assert key_on(ada) == key
    first = code_of(key)
    ada.fill("#id_code", first)
    ada.get_by_role("button", name="Turn on the second factor").click()
    codes = ada.locator(".people-codes code").all_inner_texts()
    assert len(codes) == 10
    ada.get_by_role("link", name="I have kept them").click()
    assert ada.url.endswith("/admin/signatories/signon/")

    # With the next code, as each counts once.
    sign_out(ada)
    sign_in(ada, site, username, password)
    assert "/login/code/" in ada.url
    ada.fill("#id_code", first)
    ada.get_by_role("button", name="Sign in").click()
    expect(ada.get_by_role("alert")).to_contain_text("only once")
    ada.fill("#id_code", code_of(key, after=first))
    ada.get_by_role("button", name="Sign in").click()
    assert ada.url == f"{site.url}/admin/"

    # With a recovery code in the same field, once.
    for expected in (f"{site.url}/admin/", f"{site.url}/admin/login/code/"):
        if "/admin/login/" not in ada.url:
            sign_out(ada)
        sign_in(ada, site, username, password)
        ada.fill("#id_code", codes[0].upper())
        ada.get_by_role("button", name="Sign in").click()
        assert ada.url == expected


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_its_pages_are_accessible_narrow_and_within_the_policy(
    guarded: Site, browser: Browser, width: int, scheme: Literal["light", "dark"]
) -> None:
    name = f"tester-{width}-{scheme}"
    guarded.manage("shell", "-c", MAKE_ADMINISTRATOR.format(name=name))
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))

    def check() -> None:
        page.wait_for_load_state()
        assert [said for said in complaints if "422" not in said] == [], page.url
        found = Axe().run(page, options={"runOnly": RULES})
        complaints.clear()  # of what axe itself does
        violations = [(x["id"], x["nodes"][0]["html"]) for x in found.response["violations"]]
        assert violations == [], page.url
        assert page.evaluate("document.documentElement.scrollWidth") <= width, page.url

    page.goto(f"{guarded.url}/admin/")
    check()
    sign_in(page, guarded, name, "wrong")
    check()
    sign_in(page, guarded, name, TESTERS)
    check()
    page.fill("#id_code", code_of(key_on(page)))
    page.get_by_role("button", name="Turn on the second factor").click()
    check()
    for path in ("account/", "auth/user/", "auth/user/add/", "second-factor/"):
        page.goto(f"{guarded.url}/admin/{path}")
        check()
    page.goto(f"{guarded.url}/admin/auth/user/")
    page.get_by_role("link", name="admin", exact=True).click()
    check()
    page.get_by_role("button", name="Make a link").click()
    check()
    context.close()


TESTERS = "a password of testers"
MAKE_ADMINISTRATOR = (
    "from django.contrib.auth.models import User;"
    f"User.objects.create_superuser('{{name}}', password='{TESTERS}')"
)
