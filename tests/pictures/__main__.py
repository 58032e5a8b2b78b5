"""`make pictures`: walks the campaign on a site of its own, and takes the pictures anew."""

import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "campaign.settings")
django.setup()

from playwright.sync_api import sync_playwright  # noqa: E402

from tests.pictures import letters, lists, people, registry, sign_ons  # noqa: E402
from tests.pictures.camera import Camera  # noqa: E402
from tests.pictures.walk import Walk  # noqa: E402
from tests.site import Site  # noqa: E402

PICTURES = Path(__file__).resolve().parents[2] / "docs/images/desk"
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
#: In the order in which a campaign goes.
CHAPTERS = [
    people.accounts,
    letters.written,
    letters.circulated,
    letters.opened,
    sign_ons.invited,
    sign_ons.signed,
    sign_ons.decided,
    sign_ons.rejected,
    sign_ons.entered,
    letters.changed,
    sign_ons.reaffirmed,
    letters.published,
    sign_ons.seen_by_a_viewer,
    lists.imported,
    lists.approved_together,
    registry.merged,
    lists.copied,
    lists.exported,
    letters.closed,
    letters.delivered,
    people.digest,
]


def main() -> None:
    browser_path = os.environ.get("CHROMIUM") or next(
        filter(None, map(shutil.which, CHROMIUM_NAMES))
    )
    directory = Path(tempfile.mkdtemp(prefix="undersigned-pictures-"))
    site = Site(directory / "var", REQUIRE_SECOND_FACTOR="on")
    site.start()
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=browser_path, args=["--no-sandbox", "--disable-gpu"]
            )
            walk = Walk(site, browser, Camera(PICTURES))
            for chapter in CHAPTERS:
                started = time.monotonic()
                try:
                    chapter(walk)
                except Exception:
                    sys.stdout.write("\n".join(["It stopped at:", *walk.open_pages(), ""]))
                    raise
                took = time.monotonic() - started
                sys.stdout.write(f"{chapter.__module__}.{chapter.__name__}: {took:.0f} s\n")
                sys.stdout.flush()
            browser.close()
    finally:
        site.stop()
        shutil.rmtree(directory, ignore_errors=True)
    for old in set(PICTURES.glob("*.png")) - {
        PICTURES / f"{name}.png" for name in walk.camera.taken
    }:
        old.unlink()


if __name__ == "__main__":
    main()
