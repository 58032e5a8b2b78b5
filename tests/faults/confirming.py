"""Signers who confirm while a fault is there, with the links of the mails that have come."""

import html
import re
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from tests.faults.arrivals import Arrivals
from tests.site import Site, eventually

#: Seconds between two looks for a mail to confirm.
PACE = 0.2
AT_ONCE = 8
#: So many who have their mail wait, so that there is somebody to confirm when no mail comes.
RESERVE = 3
#: Of every answer to a confirmation, the first or a later one.
DONE = ("Thank you", "Confirmed before")


class Confirming:
    """Opens the page of a link and presses its button, again and again where that fails."""

    def __init__(self, site: Site, arrivals: Arrivals) -> None:
        self._site, self._arrivals = site, arrivals
        self.thanked: list[str] = []
        self.answers: Counter[int] = Counter()
        self._taken: set[str] = set()
        self._left: set[str] = set()
        self._reserve = RESERVE
        self._over = threading.Event()
        self._presses = ThreadPoolExecutor(AT_ONCE)
        self._thread = threading.Thread(target=self._keep_confirming)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        self._thread.join()
        self._presses.shutdown()

    def leave(self, message_id: str) -> None:
        """Do not confirm what this mail, which has not come yet, is about."""
        self._left.add(message_id)

    def wait_for_reserve(self) -> None:
        eventually("mails to confirm", lambda: len(self._waiting()) >= RESERVE)

    def thanks(self, more: int = 1) -> None:
        """Wait until so many more were thanked, up to RESERVE of them also while no mail comes."""
        before = len(self.thanked)
        self._reserve = 0
        eventually(f"{more} confirmed", lambda: len(self.thanked) >= before + more)
        self._reserve = RESERVE

    def each_is_there_once(self) -> None:
        """Who was thanked for confirming is pending, with one entry in the audit that says so."""
        rows = self._site.query(CONFIRMED, list(self.thanked))
        assert sorted(rows) == [
            (name, "pending", True, 1, "confirm") for name in sorted(self.thanked)
        ]

    def _waiting(self) -> list[str]:
        """The names whose mail has come, and that nobody confirms yet, the oldest first."""
        arrived = self._arrivals.by_name().items()
        return [n for n, a in arrived if n not in self._taken and not self._left & set(a.ids)]

    def _keep_confirming(self) -> None:
        while not self._over.wait(PACE):
            waiting = self._waiting()
            if len(waiting) > self._reserve:
                self._taken.add(waiting[0])
                self._presses.submit(self._confirm, waiting[0])

    def _confirm(self, name: str) -> None:
        link = self._arrivals.by_name()[name].link
        answer, page = self._open_and_press(link)
        self.answers[answer] += 1
        if answer == 200 and any(words in page for words in DONE):
            self.thanked.append(name)
        else:
            self._taken.discard(name)

    def _open_and_press(self, link: str) -> tuple[int, str]:
        answer, page = self._site.page(link)
        form = re.search(rf'<form[^>]* action="{re.escape(link)}".*?</form>', page, re.DOTALL)
        if not form:  # an error, or it was confirmed by a try whose answer got lost
            return answer, page
        return self._site.page(link, hidden_fields(form[0]))


def hidden_fields(form: str) -> dict[str, str]:
    """The names and values of the form's hidden fields, as a browser posts them."""
    fields = {}
    for tag in re.findall(r"<input\b[^>]*>", form):
        attributes = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        if attributes.get("type") == "hidden":
            fields[attributes["name"]] = html.unescape(attributes["value"])
    return fields


CONFIRMED = """
    SELECT s.listed_name, s.status, s.confirmed_at IS NOT NULL, count(e.pgh_id),
        min(c.metadata->>'action')
    FROM signatories_signon s
    LEFT JOIN signatories_signonevent e ON e.pgh_obj_id = s.id AND e.status = 'pending'
    LEFT JOIN pghistory_context c ON c.id = e.pgh_context_id
    WHERE s.listed_name = ANY(%s)
    GROUP BY s.id
"""
