"""Takes the pictures: of a whole page, of its top, or of what matters on it; small files."""

import base64
from pathlib import Path

from playwright.sync_api import FloatRect, Locator, Page

#: Draws a picture with a palette of 256 colours, as small as deflate makes it: a third of the size.
SHRINK = (Path(__file__).parent / "shrink.js").read_text()
#: Around what a picture is cropped to.
MARGIN = 8


class Camera:
    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.taken: list[str] = []
        self._palette: Page | None = None
        directory.mkdir(parents=True, exist_ok=True)

    def top(self, page: Page, name: str, height: int = 0) -> None:
        """What is seen of the page without scrolling, or its first `height` pixels."""
        size = page.viewport_size
        assert size
        page.evaluate("scrollTo(0, 0)")
        tall = page.evaluate("document.documentElement.scrollHeight")
        high = min(height or size["height"], tall)
        self._take(page, name, {"x": 0, "y": 0, "width": size["width"], "height": high})

    def of(self, name: str, *places: Locator, most: int = 1200) -> None:
        """What lies around all of `places`, as wide as the window, `most` pixels high at most."""
        page = places[0].page
        size = page.viewport_size
        assert size
        boxes = [box for box in (place.bounding_box() for place in places) if box]
        assert len(boxes) == len(places), f"{name}: something of it is not seen"
        scrolled = page.evaluate("scrollY")
        first = max(0, min(box["y"] for box in boxes) + scrolled - MARGIN)
        last = max(box["y"] + box["height"] for box in boxes) + scrolled + MARGIN
        high = min(last - first, most)
        if high > size["height"]:
            self._take(page, name, {"x": 0, "y": first, "width": size["width"], "height": high})
            return
        # Scrolled there, so that what keeps its place beside a form stands where it is then seen.
        page.evaluate("place => scrollTo(0, place)", first)
        top = first - page.evaluate("scrollY")
        clip: FloatRect = {"x": 0, "y": top, "width": size["width"], "height": high}
        self._take(page, name, clip, whole=False)

    def _take(self, page: Page, name: str, clip: FloatRect, whole: bool = True) -> None:
        taken = page.screenshot(clip=clip, full_page=whole, animations="disabled")
        if self._palette is None:
            browser = page.context.browser
            assert browser
            self._palette = browser.new_page()
        small = self._palette.evaluate(SHRINK, base64.b64encode(taken).decode())
        (self.directory / f"{name}.png").write_bytes(base64.b64decode(small))
        self.taken.append(name)
