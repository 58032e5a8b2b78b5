"""Outgoing mail: rendered when it is sent, and sent once."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from campaign.mail import claim, deliver
from campaign.mail.queue import queue_mail
from campaign.models import Letter, OutgoingMail
from campaign.models.mail import MailState, Withheld
from signatories.models import Contact, SignOn
from signatories.services import moderation
from tests.campaign.mail.servers import ask, run
from tests.factories import LetterFactory
from tests.servers import Sink
from tests.signatories.test_signing import confirm


def test_a_queued_mail_is_sent_with_its_message_id(letter: Letter, smtp_sink: Sink) -> None:
    ask(letter)
    assert run() == 1
    row, message = OutgoingMail.objects.get(), smtp_sink.messages[0]
    assert row.state == MailState.SENT
    assert message["Message-ID"] == row.message_id
    assert message["To"] == "ada@example.org"
    assert message["Reply-To"] == "coordinator@example.org"
    assert message["From"] == "The Coalition <letters@localhost>"
    assert message["Auto-Submitted"] == "auto-generated"


def test_the_confirmation_mail_says_what_will_be_listed(letter: Letter, smtp_sink: Sink) -> None:
    ask(letter, "Peace & <Direct>")
    run()
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
    ask(letter, "Free money http://spam.example")
    run()
    assert "money" not in smtp_sink.messages[0]["Subject"]


def test_a_second_run_sends_nothing(letter: Letter, smtp_sink: Sink) -> None:
    ask(letter)
    run()
    assert run() == 0
    assert len(smtp_sink.messages) == 1


def test_work_that_is_not_overdue_is_left_to_the_workers(letter: Letter, smtp_sink: Sink) -> None:
    ask(letter)
    assert deliver.run(overdue=timedelta(minutes=1)) == 0


def test_looking_for_mails_that_are_due_takes_one_query(
    letter: Letter, django_assert_num_queries: object
) -> None:
    with django_assert_num_queries(1):  # type: ignore[operator]
        assert run() == 0


@pytest.mark.parametrize("number", [5, 40])
def test_a_batch_takes_one_update_a_mail_at_most_and_a_fixed_number_of_other_queries(
    letter: Letter, smtp_sink: Sink, number: int, django_assert_max_num_queries: object
) -> None:
    for place in range(number):
        ask(letter, f"Body {place}", f"ada{place}@example.org")
    with django_assert_max_num_queries(number + 18):  # type: ignore[operator]
        assert run() == number


def test_one_bad_mail_does_not_hold_back_the_others(letter: Letter, smtp_sink: Sink) -> None:
    ask(letter)
    OutgoingMail.objects.update(kind="of.no.such.kind")
    ask(letter, "Other", "bob@example.org")
    run()
    assert [m["To"] for m in smtp_sink.messages] == ["bob@example.org"]
    bad = OutgoingMail.objects.get(kind="of.no.such.kind")
    assert (bad.state, bad.problem) == (MailState.QUEUED, "KeyError")


def test_a_mail_about_what_has_moved_on_is_withheld(letter: Letter, smtp_sink: Sink) -> None:
    confirm(ask(letter))
    run()
    row = OutgoingMail.objects.get()
    assert (row.state, row.withheld_for) == (MailState.WITHHELD, Withheld.GONE)
    assert not smtp_sink.messages


def test_a_mail_whose_contact_was_erased_is_withheld(letter: Letter, smtp_sink: Sink) -> None:
    ask(letter)
    Contact.objects.all().delete()
    run()
    row = OutgoingMail.objects.get()
    assert (row.withheld_for, row.problem) == (Withheld.GONE, "the contact is gone")


def test_each_mail_about_a_sign_on_names_it_as_listed(letter: Letter, smtp_sink: Sink) -> None:
    for number, move in enumerate(("approve", "reject", "withdraw")):
        sign_on = ask(letter, f"Body {number} “É”")
        confirm(sign_on)
        options = {"reason": "Not a body", "tell": True} if move == "reject" else {}
        getattr(moderation, move)(sign_on=sign_on, **options)
    run()
    texts = [m.get_body(("plain",)).get_content() for m in smtp_sink.messages]  # type: ignore[union-attr]
    assert len(texts) == 3
    for sign_on in SignOn.objects.all():
        assert sum(sign_on.listed_name in text for text in texts) == 1
    assert any("You are listed, exactly so" in text for text in texts)
    assert any("Not a body" in text for text in texts)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "impossible",
    [
        {"state": MailState.WITHHELD},
        {"state": MailState.WITHHELD, "withheld_for": "whim"},
        {"withheld_for": Withheld.CAP},
        {"state": MailState.SENT},
        {"state": MailState.SENDING},
        {"bounce": "permanent"},
        {"bounced_at": timezone.now()},
    ],
)
def test_the_database_refuses_half_a_state(impossible: dict[str, object]) -> None:
    letter = LetterFactory()
    queue_mail("sign_on.listed", letter=letter, address="jo@example.org", language="en-GB")
    with pytest.raises(IntegrityError), transaction.atomic():
        OutgoingMail.objects.update(**impossible)


def test_what_is_due_is_found_by_its_index_among_all_that_was_sent(letter: Letter) -> None:
    now = timezone.now()
    ask(letter)
    OutgoingMail.objects.bulk_create(
        OutgoingMail(
            kind="sign_on.listed",
            letter=letter,
            message_id=f"<{number}@localhost>",
            state=MailState.SENT,
            not_before=now,
            sent_at=now,
        )
        for number in range(5000)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE campaign_outgoingmail")
    assert "mail_due" in claim._due(now, timedelta(0)).order_by("not_before", "pk")[:100].explain()
    assert "mail_due" in claim._due(now, timedelta(0)).explain()


def test_the_release_before_can_still_queue_a_mail_while_this_one_starts(letter: Letter) -> None:
    """Tables are altered first and web is restarted after it: what it takes meanwhile is kept."""
    with connection.cursor() as cursor:
        cursor.execute(
            'INSERT INTO campaign_outgoingmail (kind, letter_id, "references", recipient_key,'
            " language, message_id, state, attempts, not_before, problem, created_at)"
            " VALUES ('sign_on.confirm', %s, '{}', 'key', 'en', '<1@example.org>', 'queued', 0,"
            " now(), '', now())",
            [letter.pk],
        )
    mail = OutgoingMail.objects.get()
    assert (mail.withheld_for, mail.bounce, mail.provider_id) == ("", "", "")
    assert (mail.slow, mail.unsure) == (False, False)
