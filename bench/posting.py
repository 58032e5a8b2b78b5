"""How many postings a second, and how long one takes with the broker well, hanging, and gone.

The rate is a closed loop through Caddy and two web processes, limits on, with the load beside them
on the same machine; worker and scheduler stand still, as it is the posting path alone. Reference in
the same run: the same rows inserted by bare psycopg over as many connections, a transaction each.
That of the times is GET /health/ready over the same way, which asks PostgreSQL once.

    .venv/bin/python -m bench.posting
"""

import asyncio
import signal
import statistics
import sys
import time
from collections.abc import Callable

from bench.inserting import inserts_a_second
from bench.load import Request, closed_loop
from bench.site import percentile, running_site
from tests.site import Site

POSTS = 150
SIGN = "/letters/sample-letter/sign/"
SECONDS = 6.0
#: Two web processes have four threads each.
AT_ONCE = 8
TARGET = 200  # sign-ons a second
FORM = {
    "contact_name": "Ada Lovelace",
    "contact_title": "Director",
    "email": "ada@example.org",
    "authorised": "on",
    "text": "1",
}


def timed(act: Callable[[int], int], expected: int) -> list[float]:
    times = []
    for number in range(POSTS):
        started = time.perf_counter()
        answer = act(number)
        times.append((time.perf_counter() - started) * 1000)
        assert answer == expected, answer
    return times


def posts(site: Site, state: str) -> list[float]:
    def post(number: int) -> int:
        return site.post(SIGN, {**FORM, "organisation": f"{state} body {number}"})

    return timed(post, 302)


def posting(number: int) -> Request:
    """An honest one, from an address, and with an e-mail domain, of its own."""
    return Request(
        SIGN,
        {
            **FORM,
            "organisation": f"Rated Body {number}",
            "email": f"ada@body{number}.example.org",
            "website": f"www.body{number}.example.org",
            "country": "SE",
        },
        client=f"10.{number // 250 % 250}.{number % 250}.{number // 62500 + 1}",
    )


def rate(site: Site) -> float:
    """Sign-ons a second; alternating with its reference, as other work comes and goes."""
    still = [site.process_of("celery"), site.process_of("sweep")]
    for process in still:
        process.suspend()
    try:
        posted, inserted = 0.0, 0.0
        asyncio.run(closed_loop(site.url, posting, seconds=3, connections=AT_ONCE))
        rounds = 2
        for turn in range(rounds):
            first = (turn + 1) * 50_000

            def numbered(number: int, first: int = first) -> Request:
                return posting(first + number)

            answers = asyncio.run(
                closed_loop(site.url, numbered, seconds=SECONDS, connections=2 * AT_ONCE)
            )
            others = [answer.status for answer in answers if answer.status != 302]
            assert not others, f"not taken: {others[:5]}"
            posted += len(answers) / SECONDS / rounds
            inserted += (
                inserts_a_second(site, seconds=SECONDS / 2, connections=AT_ONCE, first=turn * 10**8)
                / rounds
            )
    finally:
        for process in still:
            process.resume()
    print(
        f"closed loop: {posted:.0f} sign-ons a second; reference, bare psycopg: "
        f"{inserted:.0f} a second; ratio {posted / inserted:.2f}"
    )
    return posted


def main() -> int:
    """The exit status: 1 where the rate is below its target."""
    with running_site(WEB_PROCESSES="2", RATE_LIMITS="on", TRUSTED_PROXIES="127.0.0.1/32") as site:
        posted = rate(site)
    times()
    if posted < TARGET:
        print(f"NO: {posted:.0f} sign-ons a second, the target is at least {TARGET}")
        return 1
    return 0


def times() -> None:
    with running_site() as site:
        posts(site, "warm")
        reference = timed(lambda _: site.status("/health/ready"), 200)
        runs = {"broker well": posts(site, "well")}
        broker = site.process_of("valkey-server")
        broker.send_signal(signal.SIGSTOP)
        try:
            runs["broker hangs (SIGSTOP)"] = posts(site, "hanging")
        finally:
            broker.send_signal(signal.SIGCONT)
        site.query("SELECT 1")
        broker.kill()
        runs["broker killed"] = posts(site, "killed")
        base = statistics.median(reference)
        usual = runs["broker well"]
        print(f"reference GET /health/ready: median {base:.1f} ms")
        print(f"{'POST of the form':26}{'median':>9}{'ratio':>8}{'p95':>9}{'worst':>9}{'later':>9}")
        for name, times in runs.items():
            middle = statistics.median(times)
            later = percentile(times, 0.95) - percentile(usual, 0.95)
            print(
                f"{name:26}{middle:7.1f}ms{middle / base:8.1f}{percentile(times, 0.95):7.1f}ms"
                f"{max(times):7.1f}ms{later:+7.1f}ms"
            )


if __name__ == "__main__":
    sys.exit(main())
