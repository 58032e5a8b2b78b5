"""The mails of one ledger, as they come to the mail server."""

import re
import threading
from dataclasses import dataclass, field

from tests.faults.smtp import FaultySink


@dataclass
class Arrived:
    """What came about one sign-on: its Message-IDs, one for each time, and the link."""

    link: str
    ids: list[str] = field(default_factory=list)


class Arrivals:
    def __init__(self, sink: FaultySink, key: str) -> None:
        self._sink = sink
        self._name = re.compile(rf"Ledger {key} \d+ End")
        self._looked_at = len(sink.messages)
        self._found: dict[str, Arrived] = {}
        self._lock = threading.Lock()

    def by_name(self) -> dict[str, Arrived]:
        """All that has come so far, by the name that it is about, the oldest first."""
        with self._lock:
            new = self._sink.messages[self._looked_at :]
            self._looked_at += len(new)
            for mail in new:
                body = mail.get_body(("plain",))
                text = body.get_content() if body else ""
                name = self._name.search(" ".join(text.split()))
                link = re.search(r"/sign-ons/confirm/[^\s>]+", text)
                if name and link:
                    arrived = self._found.setdefault(name[0], Arrived(link[0]))
                    arrived.ids.append(str(mail["Message-ID"]))
            return dict(self._found)
