"""Mails that a pause holds: they wait for its end, and are rendered anew then."""

import pytest

from campaign.mail.queue import queue_mail, release_paused
from campaign.models import Letter, OutgoingMail
from campaign.models.mail import MailState, Withheld
from tests.campaign.mail.servers import ask, run
from tests.factories import LetterFactory
from tests.servers import Sink

pytestmark = pytest.mark.django_db


def pause(letter: Letter) -> None:
    """As the letter's mails are queued while it is paused."""
    OutgoingMail.objects.filter(letter=letter).update(
        state=MailState.WITHHELD, withheld_for=Withheld.PAUSE
    )


def test_a_mail_is_held_from_the_start(letter: Letter) -> None:
    queue_mail("sign_on.listed", letter=letter, address="a@example.org", language="", hold=True)
    row = OutgoingMail.objects.get()
    assert (row.state, row.withheld_for) == (MailState.WITHHELD, Withheld.PAUSE)


def test_what_a_pause_holds_goes_out_when_the_letter_is_released(
    letter: Letter, smtp_sink: Sink
) -> None:
    other = LetterFactory(open=True, public=True)
    ask(letter)
    ask(other, "Other", "bob@example.org")
    pause(letter)
    pause(other)
    assert run() == 0
    assert release_paused(letter) == 1
    assert release_paused(letter) == 0
    run()
    assert [m["To"] for m in smtp_sink.messages] == ["ada@example.org"]
    assert OutgoingMail.objects.get(letter=other).withheld_for == Withheld.PAUSE


def test_pressing_again_while_one_is_held_adds_none(letter: Letter) -> None:
    ask(letter)
    pause(letter)
    ask(letter)
    assert OutgoingMail.objects.count() == 1


def test_what_a_pause_holds_joins_no_other_mail(
    letter: Letter, settings: object, smtp_sink: Sink
) -> None:
    settings.RATE_LIMITS = True  # type: ignore[attr-defined]
    other = LetterFactory(open=True, public=True)
    ask(letter)
    pause(letter)
    ask(other, "Other")
    run()
    assert "Confirm your organisation" in smtp_sink.messages[0]["Subject"]
    assert OutgoingMail.objects.get(letter=letter).withheld_for == Withheld.PAUSE
