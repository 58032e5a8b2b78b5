"""A real browser, as a signer on a phone and as staff at a desk."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.site import Site

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, no longer than a module: Playwright's event loop would keep later tests from the
    database.
    """
    installed = filter(None, map(shutil.which, CHROMIUM_NAMES))
    found = os.environ.get("CHROMIUM") or next(installed, None)
    if not found:
        if os.environ.get("REQUIRE_BROWSER"):
            pytest.fail("REQUIRE_BROWSER is set, and there is no Chromium")
        pytest.skip("there is no Chromium: set CHROMIUM, or install the package chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=found,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield browser
        browser.close()


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    """A signer's telephone: narrow, without JavaScript."""
    context = browser.new_context(
        viewport={"width": 375, "height": 812}, java_script_enabled=False, has_touch=True
    )
    yield context.new_page()
    context.close()


@pytest.fixture
def desk(browser: Browser) -> Iterator[Page]:
    """A member of staff's computer."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield context.new_page()
    context.close()


@pytest.fixture
def staff(site: Site, desk: Page) -> Page:
    """The desk, signed in as the first administrator."""
    desk.goto(f"{site.url}/admin/")
    desk.fill("#id_username", "admin")
    desk.fill("#id_password", (Path(site.data_dir) / "admin-password").read_text().strip())
    desk.click("input[type=submit]")
    desk.wait_for_url("**/admin/")
    return desk
