"""What an erasure leaves of mails: their cap for a day, and all that belongs to a neighbour."""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from campaign.mail.cap import LONGEST
from campaign.models import Letter, OutgoingMail, Suppression
from campaign.models.mail import MailState, Withheld
from campaign.tokens import address_key
from signatories.privacy import purge as purging
from signatories.privacy import subject
from tests.campaign.mail.servers import ask, due_now, run
from tests.servers import Sink
from tests.signatories.test_signing import confirm

pytestmark = pytest.mark.django_db

ADA = "ada@example.org"
TEAM = "ada+team@example.org"
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _limits(settings: Settings) -> None:
    settings.RATE_LIMITS = True


def later(by: timedelta) -> None:
    """As if so much time had passed since the mails were sent."""
    for mail in OutgoingMail.objects.filter(sent_at__isnull=False):
        assert mail.sent_at
        mail.sent_at -= by
        mail.save()


def bomb(letter: Letter, name: str) -> None:
    """Three sign-ons that a stranger makes for one address, an hour between them."""
    for number in range(3):
        sign_on = ask(letter, f"{name} {number}", ADA)
        due_now()
        run()
        later(HOUR)
        if number == 0:
            confirm(sign_on)  # somebody pressed the button: this one is not erased whole


def test_an_erasure_does_not_let_a_mail_bomb_begin_anew(letter: Letter, smtp_sink: Sink) -> None:
    """Who asks for one is often the victim."""
    bomb(letter, "First")
    assert len(smtp_sink.messages) == 3
    assert subject.erase(ADA)
    bomb(letter, "Second")
    assert len(smtp_sink.messages) == 3
    later(LONGEST)
    due_now()
    run()
    assert len(smtp_sink.messages) == 4


def test_what_an_erasure_left_for_the_cap_goes_a_day_after_the_mail(
    letter: Letter, smtp_sink: Sink
) -> None:
    bomb(letter, "Body")
    subject.erase(ADA)
    assert subject.erase(ADA) == 0
    left = OutgoingMail.objects.exclude(recipient_key="")
    assert left.count() == 3
    assert not OutgoingMail.objects.exclude(address_key="").exists()
    assert left.filter(references={}).count() == 2
    purging.purge(timezone.now())
    assert left.count() == 3
    purging.purge(timezone.now() + LONGEST + HOUR)
    assert not left.exists()
    # The signature that was confirmed stays, and that it was mailed.
    assert OutgoingMail.objects.count() == 1


def test_a_mail_that_is_on_its_way_during_the_erasure_counts(
    letter: Letter, smtp_sink: Sink
) -> None:
    ask(letter, "Body", ADA)
    OutgoingMail.objects.update(
        state=MailState.SENDING, claimed_until=timezone.now() + timedelta(minutes=5)
    )
    subject.erase(ADA)
    assert OutgoingMail.objects.exclude(recipient_key="").count() == 1


def test_the_mail_of_a_neighbour_under_a_label_is_not_lost(letter: Letter, smtp_sink: Sink) -> None:
    """ada+team@ is a mailbox of its own where labels are unknown."""
    ask(letter, "Hers", ADA)
    theirs = ask(letter, "Theirs", TEAM)
    Suppression.objects.create(address_key=address_key("ada+old@example.org"), reason="permanent")
    assert not subject.held(ADA)["known_by_a_keyed_hash"]["campaign.Suppression"]
    assert len(subject.held(ADA)["known_by_a_keyed_hash"]["campaign.OutgoingMail"]) == 1
    subject.erase(ADA)
    run()
    (message,) = smtp_sink.messages
    assert message["To"] == TEAM
    mail = OutgoingMail.objects.get(references__sign_on=theirs.pk)
    assert (mail.state, mail.address_key) == (MailState.SENT, address_key(TEAM))
    assert not OutgoingMail.objects.filter(withheld_for=Withheld.GONE).exists()
