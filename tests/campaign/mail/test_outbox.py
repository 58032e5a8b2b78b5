"""The whole outbox rests while the server is away or throttles us, and finds out by one mail."""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings
from structlog.testing import capture_logs

from campaign.models import Letter, Outbox, OutgoingMail
from campaign.models.mail import MailState
from tests.campaign.mail.servers import Scripted, ask, closed_port, due_now, run, running, use
from tests.servers import Sink


def ask_four_times(letter: Letter) -> None:
    for number in range(4):
        ask(letter, f"Body {number}", f"ada{number}@example.org")


@pytest.mark.parametrize(
    "reply",
    [
        "421 4.3.2 too busy",
        "450 4.7.1 too many mails from you",
        "451 4.7.0 temporary rate limit",
        "452 4.7.28 you are sending too fast",
        "454 4.7.0 not now",
    ],
)
def test_a_server_that_throttles_is_left_alone(
    letter: Letter, settings: Settings, reply: str
) -> None:
    ask_four_times(letter)
    with running(Scripted(to_recipient=[reply]), settings) as server:
        run()
        assert run() == 0
        assert isinstance(server, Scripted)
        assert server.tried == 1
    assert sorted(OutgoingMail.objects.values_list("attempts", flat=True)) == [0, 0, 0, 1]
    assert set(OutgoingMail.objects.values_list("state", flat=True)) == {MailState.QUEUED}
    outbox = Outbox.objects.get()
    assert outbox.rests == 1
    assert outbox.rests_until
    assert outbox.rests_until > timezone.now()


def test_a_server_that_is_away_is_asked_once_a_rest_and_rests_grow(
    letter: Letter, settings: Settings
) -> None:
    ask_four_times(letter)
    use(settings, closed_port())
    rests = []
    for number in (1, 2, 3):
        before = timezone.now()
        due_now()
        run()
        assert run() == 0
        outbox = Outbox.objects.get()
        assert outbox.rests == number
        assert outbox.rests_until
        rests.append(outbox.rests_until - before)
    assert rests[0] < rests[1] < rests[2]
    assert sum(OutgoingMail.objects.values_list("attempts", flat=True)) == 3
    assert not OutgoingMail.objects.exclude(state=MailState.QUEUED).exists()


def test_a_rest_is_one_line_in_the_log(letter: Letter, settings: Settings) -> None:
    ask_four_times(letter)
    use(settings, closed_port())
    with capture_logs() as logs:
        run()
        run()
    assert [(entry["event"], entry["log_level"]) for entry in logs] == [
        ("mail.outbox_rests", "warning")
    ]


def test_after_a_rest_one_mail_finds_out_and_then_all_go(
    letter: Letter, settings: Settings
) -> None:
    ask_four_times(letter)
    use(settings, closed_port())
    run()
    due_now()
    with running(Scripted(), settings) as server:
        run()
        assert len(server.messages) == 4
    outbox = Outbox.objects.get()
    assert (outbox.rests, outbox.rests_until, outbox.problem) == (0, None, "")


def test_a_mail_that_is_refused_for_good_shows_that_the_server_is_back(
    letter: Letter, settings: Settings
) -> None:
    ask_four_times(letter)
    use(settings, closed_port())
    run()
    due_now()
    with running(Scripted(to_recipient=["550 no such user", "250 fine"]), settings) as server:
        run()
        assert len(server.messages) == 3
    assert Outbox.objects.get().rests == 0


def test_a_mail_with_nothing_to_tell_says_nothing_of_the_server(
    letter: Letter, settings: Settings
) -> None:
    ask_four_times(letter)
    use(settings, closed_port())
    run()
    due_now()
    first = OutgoingMail.objects.order_by("not_before", "pk")[0]
    OutgoingMail.objects.filter(pk=first.pk).update(references={})
    with running(Scripted(), settings) as server:
        run()
        assert len(server.messages) == 3
    assert Outbox.objects.get().rests == 0


def test_while_all_is_well_nothing_is_written(letter: Letter, smtp_sink: Sink) -> None:
    ask_four_times(letter)
    run()
    assert not Outbox.objects.exists()


@pytest.mark.parametrize(
    ("login", "problem"), [("wrong", "SMTPNotSupportedError"), ("", "")], ids=["login", "none"]
)
def test_a_server_without_the_sign_in_that_we_need_is_the_operators_to_mend(
    letter: Letter, settings: Settings, smtp_sink: Sink, login: str, problem: str
) -> None:
    ask(letter)
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = login
    run()
    row = OutgoingMail.objects.get()
    assert row.problem == problem
    assert row.state == (MailState.QUEUED if problem else MailState.SENT)


def test_a_rest_that_a_wrong_clock_began_does_not_last_until_its_day(
    letter: Letter, settings: Settings, smtp_sink: Sink
) -> None:
    ask_four_times(letter)
    Outbox.objects.create(pk=1, rests=1, rests_until=timezone.now() + timedelta(days=1))
    run()
    assert len(smtp_sink.messages) == 4
    assert Outbox.objects.get().rests == 0
