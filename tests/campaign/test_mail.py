"""Outgoing mail: claimed once, sent over one connection, retried with pauses, capped."""

import smtplib
from collections.abc import Sequence
from datetime import timedelta

import pytest
from django.core.mail import EmailMessage
from django.db import connection, transaction
from django.utils import timezone
from pytest_django.fixtures import Settings

from campaign.mail import deliver
MOST=2
from campaign.mail.queue import requeue
from campaign.models import Letter, OutgoingMail
from campaign.models.mail import MailState
from signatories.models import SignOn
from signatories.services import moderation
from signatories.services.signing import Person
from tests.servers import Sink
from tests.signatories.test_signing import confirm, sign

NOW = timedelta(0)


class Refusing:
    """A connection that raises what it is told to, as a server outside this machine would."""

    error: Exception = OSError()

    def __init__(self, **options: object) -> None:
        pass

    def open(self) -> None:
        pass

    def close(self) -> None:
        pass

    def send_messages(self, messages: Sequence[EmailMessage]) -> int:
        raise self.error


def refuse(settings: Settings, error: Exception) -> None:
    Refusing.error = error
    settings.EMAIL_BACKEND = f"{__name__}.Refusing"


def test_a_queued_mail_is_sent_with_its_message_id(letter: Letter, smtp_sink: Sink) -> None:
    sign(letter)
    assert deliver.run(overdue=NOW) == 1
    row, message = OutgoingMail.objects.get(), smtp_sink.messages[0]
    assert row.state == MailState.SENT
    assert message["Message-ID"] == row.message_id
    assert message["To"] == "ada@example.org"
    assert message["Reply-To"] == "coordinator@example.org"
    assert message["From"] == "The Coalition <letters@localhost>"
    assert message["Auto-Submitted"] == "auto-generated"


def test_the_confirmation_mail_says_what_will_be_listed(letter: Letter, smtp_sink: Sink) -> None:
    sign(letter, "Peace & <Direct>")
    deliver.run(overdue=NOW)
    message = smtp_sink.messages[0]
    assert message["Subject"] == "Confirm your organisation's sign-on: Act now"
    text = message.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "It will be listed as:" in text
    assert "Peace & <Direct>" in text
    html = message.get_body(("html",)).get_content()  # type: ignore[union-attr]
    assert "Peace &amp; &lt;Direct&gt;" in html
    assert "/sign-ons/confirm/" in text
    assert "/sign-ons/confirm/" in html


def test_a_stranger_writes_no_subject(letter: Letter, smtp_sink: Sink) -> None:
    sign(letter, "Free money http://spam.example")
    deliver.run(overdue=NOW)
    assert "money" not in smtp_sink.messages[0]["Subject"]


def test_a_second_run_sends_nothing(letter: Letter, smtp_sink: Sink) -> None:
    sign(letter)
    deliver.run(overdue=NOW)
    assert deliver.run(overdue=NOW) == 0
    assert len(smtp_sink.messages) == 1


def test_work_that_is_not_overdue_is_left_to_the_workers(letter: Letter, smtp_sink: Sink) -> None:
    sign(letter)
    assert deliver.run(overdue=timedelta(minutes=1)) == 0


def test_a_mail_whose_sender_died_is_sent_again_after_its_claim(
    letter: Letter, smtp_sink: Sink
) -> None:
    sign(letter)
    OutgoingMail.objects.update(
        state=MailState.SENDING, claimed_until=timezone.now() + timedelta(minutes=1), attempts=1
    )
    assert deliver.run(overdue=NOW) == 0
    OutgoingMail.objects.update(claimed_until=timezone.now() - timedelta(seconds=1))
    assert deliver.run(overdue=NOW) == 1
    assert OutgoingMail.objects.get().attempts == 2


@pytest.mark.parametrize(
    "error",
    [
        ConnectionRefusedError(),
        TimeoutError(),
        smtplib.SMTPServerDisconnected(),
        smtplib.SMTPResponseException(451, b"greylisted"),
        smtplib.SMTPRecipientsRefused({"ada@example.org": (450, b"later")}),
        smtplib.SMTPAuthenticationError(535, b"wrong password"),
    ],
)
def test_a_passing_error_is_tried_again_after_growing_pauses(
    letter: Letter, settings: Settings, error: Exception
) -> None:
    sign(letter)
    refuse(settings, error)
    pauses = []
    for _ in range(3):
        OutgoingMail.objects.update(not_before=timezone.now())
        deliver.run(overdue=NOW)
        row = OutgoingMail.objects.get()
        assert row.state == MailState.QUEUED
        assert "ada" not in row.problem
        pauses.append(row.not_before - timezone.now())
    assert pauses[0] < pauses[1] < pauses[2]


@pytest.mark.parametrize(
    "error",
    [
        smtplib.SMTPRecipientsRefused({"ada@example.org": (550, b"no such user ada@example.org")}),
        smtplib.SMTPDataError(554, b"spam"),
    ],
)
def test_a_final_refusal_is_shown_to_staff_without_the_address(
    letter: Letter, settings: Settings, error: Exception
) -> None:
    sign(letter)
    refuse(settings, error)
    deliver.run(overdue=NOW)
    row = OutgoingMail.objects.get()
    assert row.state == MailState.FAILED
    assert str(getattr(error, "smtp_code", 550)) in row.problem
    assert "ada" not in row.problem


def test_a_failed_mail_can_be_sent_again(
    letter: Letter, settings: Settings, smtp_sink: Sink
) -> None:
    sign(letter)
    backend = settings.EMAIL_BACKEND
    refuse(settings, smtplib.SMTPDataError(554, b"spam"))
    deliver.run(overdue=NOW)
    settings.EMAIL_BACKEND = backend
    assert requeue(OutgoingMail.objects.all()) == 1
    deliver.run(overdue=NOW)
    assert OutgoingMail.objects.get().state == MailState.SENT


def test_one_bad_mail_does_not_hold_back_the_others(letter: Letter, smtp_sink: Sink) -> None:
    sign(letter)
    OutgoingMail.objects.update(kind="of.no.such.kind")
    sign(letter, "Other", Person("Bob", "Chair", "bob@example.org"))
    deliver.run(overdue=NOW)
    assert [m["To"] for m in smtp_sink.messages] == ["bob@example.org"]
    assert OutgoingMail.objects.get(kind="of.no.such.kind").state != MailState.SENT


def test_an_address_gets_no_more_than_its_cap_and_the_rest_waits(
    letter: Letter, settings: Settings, smtp_sink: Sink
) -> None:
    settings.RATE_LIMITS = True
    for number in range(MOST + 2):
        sign(letter, f"Body {number}")
    deliver.run(overdue=NOW)
    assert len(smtp_sink.messages) == MOST
    waiting = OutgoingMail.objects.filter(state=MailState.QUEUED)
    assert waiting.count() == 2
    assert all("held" in mail.problem for mail in waiting)
    sent = OutgoingMail.objects.filter(state=MailState.SENT)
    sent.update(sent_at=timezone.now() - timedelta(hours=2))
    waiting.update(not_before=timezone.now())
    deliver.run(overdue=NOW)
    assert len(smtp_sink.messages) == MOST + 2


def test_a_mail_about_what_has_moved_on_is_withheld(letter: Letter, smtp_sink: Sink) -> None:
    confirm(sign(letter))
    deliver.run(overdue=NOW)
    assert OutgoingMail.objects.get().state == MailState.WITHHELD
    assert not smtp_sink.messages


def test_each_mail_about_a_sign_on_names_it_as_listed(letter: Letter, smtp_sink: Sink) -> None:
    for number, move in enumerate(("approve", "reject", "withdraw")):
        sign_on = sign(letter, f"Body {number} “É”")
        confirm(sign_on)
        options = {"reason": "Not a body", "tell": True} if move == "reject" else {}
        getattr(moderation, move)(sign_on=sign_on, **options)
    deliver.run(overdue=NOW)
    texts = [m.get_body(("plain",)).get_content() for m in smtp_sink.messages]  # type: ignore[union-attr]
    assert len(texts) == 3
    for sign_on in SignOn.objects.all():
        assert sum(sign_on.listed_name in text for text in texts) == 1
    assert any("You are listed, exactly so" in text for text in texts)
    assert any("Not a body" in text for text in texts)


@pytest.mark.django_db(transaction=True)
def test_two_workers_never_claim_the_same_mail(letter: Letter) -> None:
    sign(letter)
    with transaction.atomic():
        first = deliver._claim(NOW)
        with connection.cursor() as cursor:  # another worker, while the claim is uncommitted
            cursor.execute("SELECT 1")
        assert len(first) == 1
    assert deliver._claim(NOW) == []


def test_a_server_that_is_away_is_asked_once_a_run(
    letter: Letter, settings: Settings, smtp_sink: Sink
) -> None:
    for number in range(4):
        sign(letter, f"Body {number}")
    refuse(settings, TimeoutError())
    assert deliver.run(overdue=NOW) == 4
    mails = OutgoingMail.objects.order_by("pk")
    assert {mail.state for mail in mails} == {MailState.QUEUED}
    assert [mail.attempts for mail in mails] == [1, 0, 0, 0]
    assert all(mail.not_before > timezone.now() for mail in mails)


def test_a_senders_address_that_is_refused_is_the_operators_to_mend(
    letter: Letter, settings: Settings
) -> None:
    sign(letter)
    refuse(settings, smtplib.SMTPSenderRefused(530, b"auth required", "letters@localhost"))
    deliver.run(overdue=NOW)
    assert OutgoingMail.objects.get().state == MailState.QUEUED


def test_waiting_for_the_cap_counts_as_no_attempt(
    letter: Letter, settings: Settings, smtp_sink: Sink
) -> None:
    settings.RATE_LIMITS = True
    for number in range(MOST + 1):
        sign(letter, f"Body {number}")
    for _ in range(3):
        OutgoingMail.objects.update(not_before=timezone.now())
        deliver.run(overdue=NOW)
    assert OutgoingMail.objects.get(state=MailState.QUEUED).attempts == 0


def test_an_address_gets_no_more_than_its_cap_a_day(
    letter: Letter, settings: Settings, smtp_sink: Sink
) -> None:
    settings.RATE_LIMITS = True
    for number in range(12):
        sign(letter, f"Body {number}")
    for hour in range(6):
        OutgoingMail.objects.filter(state=MailState.QUEUED).update(not_before=timezone.now())
        deliver.run(overdue=NOW)
        sent = OutgoingMail.objects.filter(state=MailState.SENT)
        sent.update(sent_at=timezone.now() - timedelta(hours=2 + hour))
    assert len(smtp_sink.messages) == 8
