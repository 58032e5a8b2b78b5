"""The last evening of a large letter, limits on, with honest organisations and attackers.

An open loop of 100 sign-ons a second for a minute, from as many client addresses as sign-ons,
through a trusted proxy, a tenth of them hostile; two web processes, one worker, a mail server and
the load on one machine, while somebody reads the page. Reference in the same run: GET
/health/ready, which asks PostgreSQL once, at the same rate.

    .venv/bin/python -m bench.last_evening [SECONDS [A_SECOND]]
"""

import asyncio
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from bench.evening import VICTIM, Visitor, visitors
from bench.load import Answer, Connection, Request, open_loop
from bench.sink import Sink, running_sink
from bench.site import percentile, running_site
from tests.site import Site

PAGE = "/letters/sample-letter/"
REFERENCE = 10  # seconds of it
PAUSE = 0.1  # seconds between two looks at the page
SLOWEST = 0.5  # seconds, the 99th percentile of the post
OWED_WITHIN = 300.0  # seconds after the last sign-on
MOST_TO_A_VICTIM = 3


class Reader:
    """Somebody who looks at the page again and again."""

    def __init__(self, url: str) -> None:
        self._connection = Connection(url)
        self.looks: list[Answer] = []
        self.stopped = False

    async def read(self) -> None:
        while not self.stopped:
            self.looks.append(await self._connection.ask(Request(PAGE)))
            await asyncio.sleep(PAUSE)
        self._connection.close()

    def wrong(self) -> int:
        return sum(look.status != 200 or b"</html>" not in look.body for look in self.looks)


async def evening(
    site: Site, coming: list[Visitor], a_second: float, reader: Reader
) -> list[Answer]:
    reading = asyncio.create_task(reader.read())
    answers = await open_loop(site.url, [v.request for v in coming], a_second=a_second)
    reader.stopped = True
    await reading
    return answers


def wait_for_mails(sink: Sink, owed: set[str]) -> tuple[float, Counter[str]]:
    """Seconds until all owed mails had come, or OWED_WITHIN, and what had come by then."""
    started = time.perf_counter()
    while True:
        received = sink.received()
        waited = time.perf_counter() - started
        if owed <= received.keys() or waited > OWED_WITHIN:
            return waited, received
        time.sleep(0.5)


def said(times: list[float]) -> str:
    shown = [f"p{round(share * 100)} {percentile(times, share) * 1000:.0f}" for share in SHARES]
    return f"{', '.join(shown)}, worst {max(times) * 1000:.0f} ms"


SHARES = (0.5, 0.95, 0.99)


class Checks:
    """What must hold; each is printed with how it came out."""

    def __init__(self) -> None:
        self.failed = 0

    def check(self, what: str, holds: bool, detail: object = "") -> None:
        self.failed += not holds
        print(f"  {'yes' if holds else 'NO '}  {what}{f': {detail}' if detail != '' else ''}")


def judge(
    site: Site, sink: Sink, coming: list[Visitor], answers: list[Answer], reader: Reader
) -> int:
    """Print all figures; returns how many promises did not hold."""
    pairs = list(zip(coming, answers, strict=True))
    honest = [(visitor, answer) for visitor, answer in pairs if visitor.honest]
    checks = Checks()
    print(f"honest posts:  {said([answer.seconds for _, answer in honest])}")
    print(f"all posts:     {said([answer.seconds for answer in answers])}")
    for kind in ("honest", "repeats", "victim", "flood"):
        statuses = Counter(answer.status for visitor, answer in pairs if visitor.kind == kind)
        print(f"  {kind:8} {dict(sorted(statuses.items()))}")
    print(f"page, {len(reader.looks)} looks: {said([look.seconds for look in reader.looks])}")

    refused = Counter(answer.status for _, answer in honest if answer.status != 302)
    checks.check("no honest sign-on was refused, or asked for a proof", not refused, dict(refused))
    slowest = percentile([answer.seconds for _, answer in honest], 0.99)
    checks.check(f"p99 under {SLOWEST * 1000:.0f} ms", slowest < SLOWEST)
    checks.check("the page was whole at every look", reader.wrong() == 0)

    rows = site.query("SELECT listed_name, count(*) FROM signatories_signon GROUP BY 1")
    there: dict[str, int] = dict(rows)  # type: ignore[arg-type]
    thanked = {visitor.name for visitor, answer in honest if answer.status == 302}
    checks.check("none was lost", thanked <= there.keys(), len(thanked - there.keys()))
    doubled = sum(there[name] > 1 for name in thanked & there.keys())
    checks.check("none was doubled", not doubled, doubled)

    owed = {visitor.email for visitor, answer in honest if answer.status == 302}
    waited, received = wait_for_mails(sink, owed)
    missing = len(owed - received.keys())
    checks.check(
        f"every owed mail was sent within {OWED_WITHIN:.0f} s of the last sign-on",
        not missing,
        f"{len(owed) - missing} after {waited:.0f} s",
    )
    most = max(received.values(), default=0)
    checks.check(
        "nobody was mailed more than three times",
        most <= MOST_TO_A_VICTIM,
        f"the victim {received[VICTIM]} times, anybody {most} at most",
    )
    return checks.failed


def main(seconds: int = 60, a_second: int = 100) -> int:
    coming = visitors(seconds * a_second)
    with tempfile.TemporaryDirectory(prefix="undersigned-sink-") as directory:
        file = Path(directory) / "received"
        file.touch()
        with (
            running_sink(file) as sink,
            running_site(
                WEB_PROCESSES="2",
                RATE_LIMITS="on",
                TRUSTED_PROXIES="127.0.0.1/32",
                EMAIL_URL=sink.url,
            ) as site,
        ):
            ready = [Request("/health/ready")] * (REFERENCE * a_second)
            base = asyncio.run(open_loop(site.url, ready, a_second=a_second))
            print(f"reference, GET /health/ready, {a_second} a second: ", end="")
            print(said([answer.seconds for answer in base]))
            print(f"{len(coming)} sign-ons, {a_second} a second, from as many addresses")
            reader = Reader(site.url)
            answers = asyncio.run(evening(site, coming, a_second, reader))
            return judge(site, sink, coming, answers, reader)


if __name__ == "__main__":
    sys.exit(1 if main(*map(int, sys.argv[1:3])) else 0)
