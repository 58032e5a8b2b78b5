"""Who walks: members of staff, each with a browser of their own, and signers with a telephone."""

import base64
import re
from email.parser import BytesParser
from email.policy import default as modern
from html import unescape
from urllib.parse import quote

from django_otp.oath import TOTP
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize

from tests.pictures.camera import Camera
from tests.site import Site, eventually

DESK: ViewportSize = {"width": 1280, "height": 900}
PHONE: ViewportSize = {"width": 375, "height": 760}
PASSWORD = "four words nobody guesses"


class Walk:
    """What the chapters share: the site, the browsers, the camera, and what they have found out."""

    def __init__(self, site: Site, browser: Browser, camera: Camera) -> None:
        self.site, self.browser, self.camera = site, browser, camera
        self.contexts: dict[str, BrowserContext] = {}
        #: Under these names chapters leave each other addresses of pages.
        self.pages: dict[str, str] = {}

    def desk(self, who: str) -> Page:
        """A new tab of somebody of the staff, signed in if they have signed in before."""
        if who not in self.contexts:
            self.contexts[who] = self.browser.new_context(viewport=DESK, locale="en-GB")
            self.contexts[who].set_default_timeout(60_000)
        return self.contexts[who].new_page()

    def phone(self) -> Page:
        """A signer's telephone, without JavaScript or cookies."""
        context = self.browser.new_context(
            viewport=PHONE, locale="en-GB", java_script_enabled=False, has_touch=True
        )
        context.set_default_timeout(60_000)
        return context.new_page()

    def open_pages(self) -> list[str]:
        """Who sees which page, and its first words."""
        return [
            f"{who}: {page.url}: {page.inner_text('body')[:200]!r}"
            for who, context in self.contexts.items()
            for page in context.pages
        ]

    def url(self, path: str) -> str:
        return f"{self.site.url}{path}"

    def mail(self, address: str, about: str, but: int = 0) -> str:
        """The address of the page that shows a mail: the newest to `address` whose subject begins
        so, once there are more than `but`.
        """

        def newest() -> str:
            found = []
            for path in sorted((self.site.data_dir / "mail").glob("*.eml")):
                head = BytesParser(policy=modern).parsebytes(path.read_bytes(), headersonly=True)
                if address in head["To"] and str(head["Subject"]).startswith(about):
                    found.append(path)
            return found[-1].name if len(found) > but else ""

        name = eventually(f"“{about}” to {address}", newest)
        return self.url(f"/dev/mail/{quote(name)}/")

    def link(self, address: str, about: str, kind: str) -> str:
        """The link of that kind in that mail, as its reader follows it."""
        page = self.phone()
        page.goto(self.mail(address, about))
        found = re.search(rf"http[^\s\"<]+/{kind}/[^\s\"<]+/", unescape(page.content()))
        page.context.close()
        assert found, f"no link to {kind} in “{about}”"
        return found[0]


def code_shown_for(page: Page) -> str:
    """What an authenticator app shows that was given the key on this page."""
    key = base64.b32decode(page.inner_text(".people-key").replace(" ", ""))
    return f"{TOTP(key).token():06d}"
