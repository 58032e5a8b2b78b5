"""How long the form's POST takes with the broker well, hanging, and gone.

Reference in the same run: GET /health/ready over the same way, which asks PostgreSQL once.

    .venv/bin/python -m bench.posting
"""

import signal
import statistics
import time
from collections.abc import Callable

from bench.site import percentile, running_site
from tests.site import Site

POSTS = 150
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
        return site.post(
            "/letters/sample-letter/sign/", {**FORM, "organisation": f"{state} body {number}"}
        )

    return timed(post, 302)


def main() -> None:
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
    main()
