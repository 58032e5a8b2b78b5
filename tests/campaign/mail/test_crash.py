"""A worker that is killed: its mails go out, at most once more, under the same Message-ID."""

import os
import signal
import subprocess
import sys
from collections import Counter
from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.utils import timezone
from pytest_django.fixtures import Settings

from campaign.models import Letter, OutgoingMail
from campaign.models.mail import MailState
from tests.campaign.mail.servers import ask, run
from tests.servers import Servers, Sink

pytestmark = pytest.mark.django_db(transaction=True)

#: A worker that dies by SIGKILL when the server has said 250 and nothing is noted yet.
DYING = """
import os, signal
import django
django.setup()
from datetime import timedelta
from django.conf import settings
settings.RATE_LIMITS = True
settings.DATABASES["default"]["NAME"] = os.environ["TEST_DATABASE"]
from campaign.mail import deliver, outcome
outcome.MOMENT = float(os.environ["MOMENT"])
taken = 0
def die(*args, **options):
    global taken
    taken += 1
    if taken > int(os.environ["SURVIVES"]):
        os.kill(os.getpid(), signal.SIGKILL)
    add(*args, **options)
add, outcome.Sent.add = outcome.Sent.add, die
deliver.run(overdue=timedelta(0))
"""


def worker_dies(servers: Servers, *, survives: int, moment: float = 0) -> None:
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "campaign.settings",
        "TEST_DATABASE": str(connection.settings_dict["NAME"]),
        "SURVIVES": str(survives),
        "MOMENT": str(moment),
    }
    died = subprocess.run(
        [sys.executable, "-c", DYING],
        cwd=django_settings.BASE_DIR,
        env=environment,
        timeout=60,
        capture_output=True,
        check=False,
    )
    assert died.returncode == -signal.SIGKILL, died.stderr.decode()


def claims_end() -> None:
    ended = timezone.now() - timedelta(seconds=1)
    OutgoingMail.objects.filter(state=MailState.SENDING).update(claimed_until=ended)


def test_a_mail_is_repeated_once_after_a_kill_between_250_and_the_commit(
    letter: Letter, servers: Servers, smtp_sink: Sink
) -> None:
    for number in range(5):
        ask(letter, f"Body {number}", f"ada{number}@example.org")
    worker_dies(servers, survives=2)
    assert len(smtp_sink.messages) == 3
    assert run() == 0  # the dead worker's claim still holds
    claims_end()
    run()
    assert not OutgoingMail.objects.exclude(state=MailState.SENT).exists()
    times = Counter(m["Message-ID"] for m in smtp_sink.messages)
    assert sorted(times.values()) == [1, 1, 1, 1, 2]
    assert set(times) == set(OutgoingMail.objects.values_list("message_id", flat=True))


def test_what_shared_a_commit_with_it_is_repeated_once_too(
    letter: Letter, servers: Servers, smtp_sink: Sink
) -> None:
    for number in range(5):
        ask(letter, f"Body {number}", f"ada{number}@example.org")
    worker_dies(servers, survives=2, moment=60)
    claims_end()
    run()
    times = Counter(m["Message-ID"] for m in smtp_sink.messages)
    assert sorted(times.values()) == [1, 1, 2, 2, 2]
    assert set(times) == set(OutgoingMail.objects.values_list("message_id", flat=True))


def test_a_joined_mail_is_repeated_as_it_was(
    letter: Letter, settings: Settings, servers: Servers, smtp_sink: Sink
) -> None:
    settings.RATE_LIMITS = True
    for name in ("One", "Two"):
        ask(letter, name)
    worker_dies(servers, survives=0)
    ask(letter, "Three")  # while nobody knows whether the first has arrived
    claims_end()
    run()
    first, again = (m for m in smtp_sink.messages if m["Subject"] == "Confirm 2 sign-ons")
    assert first["Message-ID"] == again["Message-ID"]
    assert first.get_body(("plain",)).get_content() == again.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert len(smtp_sink.messages) == 3
    assert not OutgoingMail.objects.exclude(state=MailState.SENT).exists()


def test_what_a_dead_worker_may_have_sent_counts_for_the_cap(
    letter: Letter, settings: Settings, servers: Servers, smtp_sink: Sink
) -> None:
    settings.RATE_LIMITS = True
    for name in ("One", "Two"):
        ask(letter, name)
        worker_dies(servers, survives=0)
    ask(letter, "Three")
    run()
    assert len(smtp_sink.messages) == 2
    assert OutgoingMail.objects.get(withheld_for="cap")
