"""The books that are kept while a fault happens: who was thanked, and what readers saw."""

import itertools
import json
import re
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from tests.faults.arrivals import Arrivals
from tests.faults.confirming import Confirming
from tests.faults.smtp import FaultySink
from tests.site import PATIENCE, Site, eventually

LETTER = "/letters/sample-letter/"
#: Seconds between two posts, whatever becomes of the one before.
PACE = 0.25
AT_ONCE = 24


#: Numbers for clients: one site serves many ledgers.
_numbers = itertools.count()
#: Sign-ons for one mailbox that belongs to none of them: fewer than its limit, more than its cap.
UNASKED = 4
#: Mails to such a mailbox in an hour (campaign.mail.cap).
CAP = 2


class Ledger:
    """Posts sign-ons, confirms them and reads the letter in the background.

    Each honest sign-on comes from a network and a mailbox of its own, so that no limit may meet
    it; some are for the mailbox of a victim. `settle` closes the books: `repeats` says whether the
    fault may make a mail go out twice, as only a sender that dies between sending and saying so
    may; `days` on how many days the clock was.
    """

    def __init__(self, site: Site, sink: FaultySink) -> None:
        self.site, self.sink = site, sink
        self.key = uuid.uuid4().hex[:8]
        self.thanked: list[str] = []
        self.answers: Counter[int] = Counter()
        self.broken: list[str] = []
        self.reads = 0
        self.victim = f"victim@{self.key}.example"
        self._arrivals = Arrivals(sink, self.key)
        self.confirming = Confirming(site, self._arrivals)
        self._over = threading.Event()
        self._posts = ThreadPoolExecutor(AT_ONCE)
        self._threads = [
            threading.Thread(target=self._keep_posting),
            threading.Thread(target=self._keep_reading),
        ]

    def start(self) -> None:
        for thread in [*self._threads, self.confirming]:
            thread.start()

    def stop(self) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()
        self._posts.shutdown()
        self.confirming.stop()

    def thanks(self, more: int = 3) -> None:
        """Wait until so many more were thanked for signing, and one for confirming."""
        before = len(self.thanked)
        eventually(f"{more} more thanks", lambda: len(self.thanked) >= before + more)
        self.confirming.thanks()

    def seen(self) -> set[int]:
        """All answers to those who signed or confirmed: 302 and 200 are thanks, 0 is none."""
        return {*self.answers, *self.confirming.answers}

    def tried_in_vain(self) -> bool:
        """Whether a mail of these books could not be sent, and waits."""
        return any(attempts and state == "queued" for state, _, attempts in self._rows_of_mails())

    def settle(self, *, repeats: int = 0, days: int = 1) -> None:
        self.thanks()  # it is by itself that it goes on
        self.stop()
        assert self.thanked
        assert self.reads > 10
        assert not self.broken, self.broken[:3]
        self._each_is_there_once()
        self.confirming.each_is_there_once()
        eventually("every mail", lambda: not self._unmailed(), patience=2 * PATIENCE)
        again = [count for count in self._copies().values() if count > 1]
        assert sum(count - 1 for count in again) <= repeats, again
        assert all(count == 2 for count in again)
        self._limits_held(repeats=repeats, days=days)
        assert self.site.status("/health/ready") == 200

    def _each_is_there_once(self) -> None:
        rows = self.site.query(
            "SELECT listed_name, count(*) FROM signatories_signon WHERE listed_name LIKE %s "
            "GROUP BY listed_name",
            f"Ledger {self.key} %",
        )
        counts = dict(rows)
        assert {name: counts.get(name) for name in self.thanked} == dict.fromkeys(self.thanked, 1)

    def _limits_held(self, *, repeats: int, days: int) -> None:
        """Nobody honest met a limit, though all were counted, each as a client of its own."""
        assert not {status for status in self.seen() if 400 <= status < 500}, self.answers
        assert not any(slow for _, slow, _ in self._rows_of_mails())
        ((signed, clients),) = self.site.query(
            "SELECT count(*), count(DISTINCT nullif(client_key, '')) FROM signatories_signon "
            "WHERE listed_name LIKE %s",
            f"Ledger {self.key} %",
        )
        assert clients == signed
        unasked = [str(m["Message-ID"]) for m in list(self.sink.messages) if m["To"] == self.victim]
        assert len(set(unasked)) <= CAP * days
        assert len(unasked) - len(set(unasked)) <= repeats

    def _rows_of_mails(self) -> list[tuple[str, bool, int]]:
        """State, whether the slow way, and attempts of each mail about a sign-on of these books."""
        return self.site.query(  # type: ignore[return-value]
            "SELECT m.state, m.slow, m.attempts FROM campaign_outgoingmail m "
            "JOIN signatories_signon s ON s.id = (m.\"references\"->>'sign_on')::bigint "
            "WHERE s.listed_name LIKE %s",
            f"Ledger {self.key} %",
        )

    def _unmailed(self) -> list[str]:
        mails = self._arrivals.by_name()
        return [name for name in self.thanked if name not in mails]

    def _copies(self) -> Counter[str]:
        mails = self._arrivals.by_name()
        # One mail a sign-on, however often it came: that is what its Message-ID is for.
        assert all(len(set(arrived.ids)) == 1 for arrived in mails.values())
        return Counter({name: len(arrived.ids) for name, arrived in mails.items()})

    def _keep_posting(self) -> None:
        for number in itertools.count(1):
            if self._over.wait(PACE):
                return
            name, mailbox = f"Ledger {self.key} {number} End", f"ada@{self.key}-{number}.example"
            self._posts.submit(self._post, name, mailbox)
            if number <= UNASKED:
                self._posts.submit(self._post_unasked, f"Unasked {self.key} {number} End")

    def _post(self, name: str, mailbox: str) -> None:
        answer = self._sign(name, mailbox)
        self.answers[answer] += 1
        if answer == 302:
            self.thanked.append(name)

    def _post_unasked(self, name: str) -> None:
        self.answers[self._sign(name, self.victim)] += 1

    def _sign(self, name: str, mailbox: str) -> int:
        data = {**FORM, "organisation": name, "email": mailbox}
        return self.site.post(f"{LETTER}sign/", data, a_client())

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


def a_client() -> str:
    """An address that nobody had before, in a network that nobody had for long."""
    around, number = divmod(next(_numbers), 1 << 16)
    return f"10.{number >> 8}.{number & 255}.{around + 1}"


FORM = {
    "contact_name": "Ada Lovelace",
    "contact_title": "Director",
    "authorised": "on",
    "text": "1",
}


@contextmanager
def kept(site: Site, sink: FaultySink, *, repeats: int = 0, days: int = 1) -> Iterator[Ledger]:
    """Keep a ledger around a fault; at the end everything has to be there."""
    ledger = Ledger(site, sink)
    ledger.start()
    try:
        ledger.thanks(2)
        ledger.confirming.wait_for_reserve()
        yield ledger
        ledger.settle(repeats=repeats, days=days)
    finally:
        ledger.stop()


def approve(site: Site, name: str) -> None:
    """Sign for a body, and approve it, as staff and signer do; the mails are not looked at."""
    site.manage(
        "shell",
        "--verbosity=0",
        "--command",
        "from campaign.models import Letter\n"
        f"name = {name!r}\n"
        "letter = Letter.objects.get(slug='sample-letter')\n"
        "from signatories.models import SignOn\n"
        "from signatories.services import confirming, moderation, signing\n"
        "signing.sign(letter=letter, wording=letter.current_text.wording_in(letter.language),\n"
        "    group=letter.default_group, listed_name=name,\n"
        "    person=signing.Person('Jo Doe', 'Director', 'jo@example.org'))\n"
        "sign_on = SignOn.objects.get(listed_name=name)\n"
        "confirming.confirm(sign_on=sign_on, wording=sign_on.wording)\n"
        "moderation.approve(sign_on=sign_on)\n",
    )


def listed(site: Site, name: str) -> bool:
    return name in site.names("sample-letter")


def pause(seconds: float) -> None:
    """How long a fault lasts; nothing is measured by it."""
    time.sleep(seconds)
