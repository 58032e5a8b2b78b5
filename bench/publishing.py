"""How long after an approval the name is public, and in the PDF.

Reference in the same run: a file written, synced and renamed as often as an edition has files.

    .venv/bin/python -m bench.publishing
"""

import io
import os
import statistics
import tempfile
import time
from pathlib import Path

from bench.site import running_site
from tests.site import Site

APPROVALS = 12
FILES = 9


def reference() -> float:
    with tempfile.TemporaryDirectory() as directory:
        started = time.perf_counter()
        for number in range(FILES):
            path = Path(directory) / f"{number}.part"
            with path.open("wb") as file:
                file.write(b"x" * 10_000)
                file.flush()
                os.fsync(file.fileno())
            path.rename(path.with_suffix(""))
        return time.perf_counter() - started


def wait(site: Site, path: str, holds: bytes | None, name: str, started: float) -> float:
    from pypdf import PdfReader

    while True:
        content = site.get(path)
        if holds is None:
            reader = PdfReader(io.BytesIO(content))
            found = name in " ".join(page.extract_text() for page in reader.pages)
        else:
            found = holds in content
        if found:
            return time.perf_counter() - started
        time.sleep(0.01)


def approve(name: str) -> None:
    from campaign.models import Letter
    from signatories.models import SignOn
    from signatories.services import confirming, moderation, signing
    from signatories.services.signing import Person

    letter = Letter.objects.get(slug="sample-letter")
    assert letter.current_text
    assert letter.default_group
    wording = letter.current_text.wording_in(letter.language)
    signing.sign(
        letter=letter,
        wording=wording,
        group=letter.default_group,
        listed_name=name,
        person=Person("Ada", "Director", f"{name.lower()}@example.org"),
    )
    sign_on = SignOn.objects.get(listed_name=name)
    confirming.confirm(sign_on=sign_on, wording=wording)
    moderation.approve(sign_on=sign_on)


def main() -> None:
    with running_site() as site:
        public, typeset = [], []
        for number in range(APPROVALS):
            name = f"Zebra{number}"
            approve(name)
            started = time.perf_counter()
            page = "/letters/sample-letter/"
            public.append(wait(site, f"{page}signatories.json", name.encode(), name, started))
            wait(site, page, name.encode(), name, started)
            typeset.append(wait(site, f"{page}letter.pdf", None, name, started))
        base = statistics.median(reference() for _ in range(5))
        print(f"reference, {FILES} files synced: {base * 1000:.0f} ms")
        for what, times in (("page and JSON", public), ("PDF", typeset)):
            middle = statistics.median(times)
            print(
                f"{what:14} median {middle:.2f} s (ratio {middle / base:.0f}), "
                f"worst {max(times):.2f} s"
            )


if __name__ == "__main__":
    main()
