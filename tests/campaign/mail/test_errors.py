"""Errors: for good, for a time, and what is not of the mail but of the server."""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from campaign.mail.outcome import GIVEN_UP_AFTER
from campaign.mail.queue import requeue
from campaign.models import Letter, Outbox, OutgoingMail
from campaign.models.mail import MailState
from tests.campaign.mail.servers import (
    Scripted,
    ask,
    close_in_the_middle,
    closed_port,
    due_now,
    run,
    running,
    talking,
    use,
)

GREYLISTED = "450 4.7.1 Greylisted, see you in 5 minutes"
FULL = "452 4.2.2 mailbox full"
LATER = "451 4.3.0 try again later"
UNKNOWN = "550 5.1.1 no such user ada@example.org"


@pytest.mark.parametrize("reply", [GREYLISTED, FULL, LATER])
def test_a_passing_refusal_is_tried_again_after_growing_pauses(
    letter: Letter, settings: Settings, reply: str
) -> None:
    ask(letter)
    pauses = []
    with running(Scripted(to_recipient=[reply]), settings):
        for attempt in (1, 2, 3):
            due_now()
            run()
            row = OutgoingMail.objects.get()
            assert (row.state, row.attempts) == (MailState.QUEUED, attempt)
            assert row.first_failed_at is not None
            assert "ada" not in row.problem
            pauses.append(row.not_before - timezone.now())
    assert pauses[0] < pauses[1] < pauses[2]
    assert not Outbox.objects.filter(rests__gt=0).exists()


def test_mails_that_failed_together_are_not_tried_again_together(
    letter: Letter, settings: Settings
) -> None:
    for number in range(10):
        ask(letter, f"Body {number}")
    with running(Scripted(to_recipient=[LATER]), settings):
        run()
    pauses = {
        round((row.not_before - row.first_failed_at).total_seconds(), 2)
        for row in OutgoingMail.objects.all()
        if row.first_failed_at
    }
    assert len(pauses) > 5


@pytest.mark.parametrize(
    "server",
    [Scripted(to_recipient=[UNKNOWN]), Scripted(to_data=["554 5.7.1 spam from ada@example.org"])],
    ids=["recipient", "data"],
)
def test_a_final_refusal_is_shown_to_staff_without_the_address(
    letter: Letter, settings: Settings, server: Scripted
) -> None:
    ask(letter)
    with running(server, settings):
        run()
    row = OutgoingMail.objects.get()
    assert row.state == MailState.FAILED
    assert "55" in row.problem
    assert "ada" not in row.problem


def test_a_refused_mail_does_not_hold_back_the_next(letter: Letter, settings: Settings) -> None:
    ask(letter)
    ask(letter, "Other", "bob@example.org")
    with running(Scripted(to_recipient=[UNKNOWN, "250 fine"]), settings) as server:
        assert run() == 2
        assert [m["To"] for m in server.messages] == ["bob@example.org"]


def test_after_three_days_a_mail_is_given_up(letter: Letter, settings: Settings) -> None:
    ask(letter)
    with running(Scripted(to_recipient=[LATER]), settings):
        run()
        almost = timezone.now() - GIVEN_UP_AFTER + timedelta(minutes=1)
        OutgoingMail.objects.update(first_failed_at=almost)
        due_now()
        run()
        assert OutgoingMail.objects.get().state == MailState.QUEUED
        OutgoingMail.objects.update(first_failed_at=timezone.now() - GIVEN_UP_AFTER)
        due_now()
        run()
    row = OutgoingMail.objects.get()
    assert (row.state, row.attempts) == (MailState.FAILED, 3)
    assert timedelta(days=3) == GIVEN_UP_AFTER


def test_a_failed_mail_can_be_sent_again_and_has_three_days_anew(
    letter: Letter, settings: Settings
) -> None:
    ask(letter)
    with running(Scripted(to_recipient=[UNKNOWN, "250 fine"]), settings) as server:
        run()
        assert requeue(OutgoingMail.objects.all()) == 1
        assert OutgoingMail.objects.get().first_failed_at is None
        run()
        assert len(server.messages) == 1
    assert OutgoingMail.objects.get().state == MailState.SENT


def test_what_a_server_may_have_taken_goes_again_under_its_message_id(
    letter: Letter, settings: Settings
) -> None:
    settings.RATE_LIMITS = True
    first, second = ask(letter), ask(letter, "Other")
    with talking(close_in_the_middle) as port:
        use(settings, port)
        run()
    lead = OutgoingMail.objects.get(references__sign_on=first.pk)
    inside = OutgoingMail.objects.get(references__sign_on=second.pk)
    assert (lead.unsure, lead.state, inside.sent_with) == (True, MailState.QUEUED, lead)
    ask(letter, "Third")  # it must not change what is said under that Message-ID
    due_now()
    with running(Scripted(), settings) as server:
        run()
        again = next(m for m in server.messages if m["Message-ID"] == lead.message_id)
        assert again["Subject"] == "Confirm 2 sign-ons"
        assert "Third" not in str(again.get_body(("plain",)))
        assert len(server.messages) == 2
    assert set(OutgoingMail.objects.values_list("state", flat=True)) == {MailState.SENT}


def test_what_a_server_refused_for_a_time_joins_anew(letter: Letter, settings: Settings) -> None:
    settings.RATE_LIMITS = True
    ask(letter)
    with running(Scripted(to_recipient=[LATER, "250 fine"]), settings) as server:
        run()
        ask(letter, "Other")  # while the first pauses
        run()
        assert [m["Subject"] for m in server.messages] == ["Confirm 2 sign-ons"]


def test_a_server_that_is_away_says_nothing_of_the_mail(letter: Letter, settings: Settings) -> None:
    ask(letter)
    use(settings, closed_port())
    run()
    row = OutgoingMail.objects.get()
    assert (row.state, row.unsure, row.problem) == (
        MailState.QUEUED,
        False,
        "ConnectionRefusedError",
    )
