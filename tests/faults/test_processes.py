"""Any part may die at any moment: the letter stays readable, what was thanked for is there."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
import pytest

from tests.servers import Sink
from tests.site import PATIENCE, Site, eventually

pytestmark = pytest.mark.processes
LETTER = "/letters/sample-letter/"
FORM = {
    "contact_name": "Ada Lovelace",
    "contact_title": "Director",
    "email": "ada@example.org",
    "authorised": "on",
    "text": "1",
}


def post(site: Site, name: str) -> int:
    return site.post(f"{LETTER}sign/", {**FORM, "organisation": name})


def mailed(sink: Sink, name: str) -> int:
    return sum(name in m.get_body(("plain",)).get_content() for m in list(sink.messages))  # type: ignore[union-attr]


def there(site: Site, name: str) -> int:
    return site.query("SELECT count(*) FROM signatories_signon WHERE listed_name = %s", name)[0][0]  # type: ignore[no-any-return]


@contextmanager
def paused(process: psutil.Process) -> Iterator[None]:
    process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        process.send_signal(signal.SIGCONT)


def test_the_mail_goes_out_while_the_broker_hangs(site: Site, sink: Sink) -> None:
    with paused(site.process_of("valkey-server")):
        assert post(site, "Hanging Broker Body") == 302
        eventually("the mail", lambda: mailed(sink, "Hanging Broker Body"))
    assert mailed(sink, "Hanging Broker Body") == 1


def test_the_mail_goes_out_after_the_broker_was_killed(site: Site, sink: Sink) -> None:
    site.process_of("valkey-server").kill()
    assert post(site, "Killed Broker Body") == 302
    eventually("the mail", lambda: mailed(sink, "Killed Broker Body"))
    assert mailed(sink, "Killed Broker Body") == 1


@pytest.mark.parametrize(
    "part", ["valkey-server", "celery", "sweep", "granian", "postgres", "caddy"]
)
def test_a_part_that_is_killed_comes_back(site: Site, sink: Sink, part: str) -> None:
    before = site.process_of(part)
    before.kill()
    before.wait(PATIENCE)
    name = f"After The Death Of {part}"
    # What is answered with thanks counts; until then the answer is an error, or none.
    answers = eventually("thanks", lambda: post(site, name) == 302)
    assert answers
    assert site.process_of(part).pid != before.pid
    eventually("the mail", lambda: mailed(sink, name))
    assert there(site, name) == 1
    assert site.status(LETTER) == 200


@pytest.mark.parametrize("part", ["valkey-server", "celery", "sweep", "granian", "postgres"])
def test_the_letter_is_readable_while_a_part_hangs(site: Site, part: str) -> None:
    with paused(site.process_of(part)):
        assert site.status(LETTER) == 200
        assert site.status(f"{LETTER}sign/") == 200
        assert site.status(f"{LETTER}letter.pdf") == 200
        assert len(site.names("sample-letter")) >= 36


def test_while_the_database_is_away_the_form_says_that_signing_is_paused(
    site: Site, sink: Sink
) -> None:
    site.process_of("postgres").kill()
    answer = post(site, "Paused Body")
    assert answer in {302, 503}
    eventually("thanks", lambda: post(site, "Paused Body") == 302)
    assert there(site, "Paused Body") == 1
