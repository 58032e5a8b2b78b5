"""The books that are kept while a fault happens: who was thanked, and what readers saw."""

import json
import re
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from tests.faults.smtp import FaultySink
from tests.site import PATIENCE, Site, eventually

LETTER = "/letters/sample-letter/"
#: Seconds between two posts, whatever becomes of the one before.
PACE = 0.25
AT_ONCE = 24


class Ledger:
    """Posts sign-ons and reads the letter in the background; `settle` closes the books.

    `repeats` says whether the fault may make a mail go out twice: only a sender that dies between
    sending and saying so may.
    """

    def __init__(self, site: Site, sink: FaultySink) -> None:
        self.site, self.sink = site, sink
        self.key = uuid.uuid4().hex[:8]
        self.thanked: list[str] = []
        self.answers: Counter[int] = Counter()
        self.broken: list[str] = []
        self.reads = 0
        self._number = 0
        self._over = threading.Event()
        self._posts = ThreadPoolExecutor(AT_ONCE)
        self._threads = [
            threading.Thread(target=self._keep_posting),
            threading.Thread(target=self._keep_reading),
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()
        self._posts.shutdown()

    def thanks(self, more: int = 3) -> None:
        """Wait until so many more were thanked."""
        before = len(self.thanked)
        eventually(f"{more} more thanks", lambda: len(self.thanked) >= before + more)

    def settle(self, *, repeats: int = 0) -> None:
        self.thanks()  # it is by itself that it goes on
        self.stop()
        assert self.thanked
        assert self.reads > 10
        assert not self.broken, self.broken[:3]
        self._each_is_there_once()
        eventually("every mail", lambda: not self._unmailed(), patience=2 * PATIENCE)
        again = [count for count in self._copies().values() if count > 1]
        assert sum(count - 1 for count in again) <= repeats, again
        assert all(count == 2 for count in again)
        assert self.site.status("/health/ready") == 200

    def _each_is_there_once(self) -> None:
        rows = self.site.query(
            "SELECT listed_name, count(*) FROM signatories_signon WHERE listed_name LIKE %s "
            "GROUP BY listed_name",
            f"Ledger {self.key} %",
        )
        counts = dict(rows)
        assert {name: counts.get(name) for name in self.thanked} == dict.fromkeys(self.thanked, 1)

    def _mails(self) -> dict[str, list[str]]:
        """Message-IDs, one for each time that a mail came, by the name that it is about."""
        found: dict[str, list[str]] = {}
        for mail in list(self.sink.messages):
            body = mail.get_body(("plain",))
            text = " ".join(body.get_content().split()) if body else ""
            name = re.search(rf"Ledger {self.key} \d+ End", text)
            if name:
                found.setdefault(name[0], []).append(str(mail["Message-ID"]))
        return found

    def _unmailed(self) -> list[str]:
        mails = self._mails()
        return [name for name in self.thanked if name not in mails]

    def _copies(self) -> Counter[str]:
        mails = self._mails()
        # One mail a sign-on, however often it came: that is what its Message-ID is for.
        assert all(len(set(ids)) == 1 for ids in mails.values())
        return Counter({name: len(ids) for name, ids in mails.items()})

    def _keep_posting(self) -> None:
        while not self._over.wait(PACE):
            self._number += 1
            self._posts.submit(self._post, f"Ledger {self.key} {self._number} End")

    def _post(self, name: str) -> None:
        address = f"{name.replace(' ', '.').lower()}@example.org"
        answer = self.site.post(f"{LETTER}sign/", {**FORM, "organisation": name, "email": address})
        self.answers[answer] += 1
        if answer == 302:
            self.thanked.append(name)

    def _keep_reading(self) -> None:
        while not self._over.wait(0.03):
            try:
                self._read()
            except Exception as error:
                self.broken.append(f"{type(error).__name__}: {error}")
            self.reads += 1

    def _read(self) -> None:
        document = json.loads(self.site.get(f"{LETTER}signatories.json"))
        names = [s["name"] for group in document["groups"] for s in group["signatories"]]
        assert document["count"] == len(names) >= 36
        page = self.site.get(LETTER).decode()
        assert page.rstrip().endswith("</html>")
        listed = len(re.findall(r'class="signatory-name"', page))
        edition = re.search(r'data-edition="(\d+)"', page)
        assert edition
        assert listed >= 36
        if int(edition[1]) == document["letter"]["edition"]:
            assert listed == len(names)


FORM = {
    "contact_name": "Ada Lovelace",
    "contact_title": "Director",
    "authorised": "on",
    "text": "1",
}


@contextmanager
def kept(site: Site, sink: FaultySink, *, repeats: int = 0) -> Iterator[Ledger]:
    """Keep a ledger around a fault; at the end everything has to be there."""
    ledger = Ledger(site, sink)
    ledger.start()
    try:
        ledger.thanks(2)
        yield ledger
        ledger.settle(repeats=repeats)
    finally:
        ledger.stop()


def approve(site: Site, name: str) -> None:
    """Sign for a body, and approve it, as staff and signer do; the mails are not looked at."""
    site.manage(
        "shell",
        "--verbosity=0",
        "--command",
        "from campaign.models import Letter\n"
        "from signatories.services import moderation\n"
        "from signatories.services.moderation import *\n"
        f"name = {name!r}\n"
        "letter = Letter.objects.get(slug='sample-letter')\n"
        "from signatories.models import SignOn\n"
        "from signatories.services import signing\n"
        "signing.sign(letter=letter, wording=letter.current_text.wording_in(letter.language),\n"
        "    group=letter.default_group, listed_name=name,\n"
        "    person=signing.Person('Jo Doe', 'Director', 'jo@example.org'))\n"
        "sign_on = SignOn.objects.get(listed_name=name)\n"
        "signing.confirm(sign_on=sign_on, wording=sign_on.wording)\n"
        "moderation.approve(sign_on=sign_on)\n",
    )


def listed(site: Site, name: str) -> bool:
    return name in site.names("sample-letter")


def pause(seconds: float) -> None:
    """How long a fault lasts; nothing is measured by it."""
    time.sleep(seconds)
