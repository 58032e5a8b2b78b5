"""Rows of mails go half a year after anything last happened to them; others still need them."""

from datetime import timedelta

import pytest
from django.utils import timezone

from campaign.mail.bounces import note_bounce
from campaign.models import OutgoingMail, Suppression
from campaign.models.mail import Bounce, MailState, Withheld
from signatories.models import PurgeRecord, SignOn
from signatories.models.sign_on import Status
from signatories.privacy.mail_rules import OLD_MAILS
from tests.signatories.privacy.test_purge import DAY, START, planted_at_start, purge

pytestmark = pytest.mark.django_db

HALF_A_YEAR = timedelta(days=180)
FINAL = [
    {"state": MailState.SENT, "sent_at": START},
    {"state": MailState.FAILED, "first_failed_at": START, "sent_at": None},
    {"state": MailState.WITHHELD, "withheld_for": Withheld.SUPPRESSED, "sent_at": None},
    {"state": MailState.WITHHELD, "withheld_for": Withheld.GONE, "sent_at": None},
]
STILL_TO_GO = [
    {"state": MailState.QUEUED, "sent_at": None},
    {"state": MailState.SENDING, "sent_at": None, "claimed_until": timezone.now()},
    {"state": MailState.WITHHELD, "withheld_for": Withheld.CAP, "sent_at": None},
    {"state": MailState.WITHHELD, "withheld_for": Withheld.PAUSE, "sent_at": None},
]
#: Each of these alone is a reason to keep it.
LATER = [
    {"sent_at": START + 100 * DAY},
    {"not_before": START + 100 * DAY},
    {"first_failed_at": START + 100 * DAY},
    {"bounce": Bounce.SOFT, "bounced_at": START + 100 * DAY},
]


@pytest.mark.parametrize("values", FINAL)
def test_what_came_to_an_end_goes_after_half_a_year_and_is_counted(
    values: dict[str, object],
) -> None:
    planted = planted_at_start(Status.APPROVED)
    OutgoingMail.objects.update(**values)
    purge(START + HALF_A_YEAR)
    assert OutgoingMail.objects.count() == 1
    purge(START + HALF_A_YEAR + DAY)
    assert not OutgoingMail.objects.exists()
    record = PurgeRecord.objects.get(rule=OLD_MAILS.name)
    assert (record.letter, record.count) == (planted.letter, 1)
    assert SignOn.objects.public().count() == 1


@pytest.mark.parametrize("values", STILL_TO_GO)
def test_what_is_still_to_be_sent_stays_however_old_it_is(values: dict[str, object]) -> None:
    planted_at_start(Status.APPROVED)
    OutgoingMail.objects.update(**values)
    purge(START + 3 * HALF_A_YEAR)
    assert OutgoingMail.objects.count() == 1


@pytest.mark.parametrize("values", LATER)
def test_the_term_begins_with_what_last_happened(values: dict[str, object]) -> None:
    """One that was held for long, or was sent again by staff, still counts for the cap."""
    planted_at_start(Status.APPROVED)
    OutgoingMail.objects.update(**values)
    purge(START + HALF_A_YEAR + 99 * DAY)
    assert OutgoingMail.objects.count() == 1
    purge(START + HALF_A_YEAR + 101 * DAY)
    assert not OutgoingMail.objects.exists()


def test_a_suppression_outlives_its_mail() -> None:
    planted_at_start(Status.APPROVED)
    mail = OutgoingMail.objects.get()
    Suppression.objects.all().delete()
    note_bounce(Bounce.PERMANENT, message_id=mail.message_id)  # in the present, long after START
    OutgoingMail.objects.update(bounced_at=START)
    purge(START + HALF_A_YEAR + DAY)
    assert not OutgoingMail.objects.exists()
    assert Suppression.objects.get().mail is None


def test_a_mail_that_another_went_out_in_leaves_the_other() -> None:
    planted_at_start(Status.APPROVED, tag="lead")
    lead = OutgoingMail.objects.get()
    planted_at_start(Status.APPROVED, tag="inside")
    OutgoingMail.objects.exclude(pk=lead.pk).update(sent_with=lead, sent_at=START + 10 * DAY)
    purge(START + HALF_A_YEAR + DAY)
    assert OutgoingMail.objects.get().sent_with is None


def test_a_mail_that_was_held_for_weeks_still_counts_and_may_bounce_once_it_has_gone() -> None:
    planted_at_start(Status.APPROVED)
    held_for = 40 * DAY
    OutgoingMail.objects.update(
        state=MailState.SENT, sent_at=START + held_for, not_before=START + held_for
    )
    purge(START + held_for + DAY)
    mail = OutgoingMail.objects.get()
    assert mail.recipient_key
    note_bounce(Bounce.PERMANENT, message_id=mail.message_id)
    assert Suppression.objects.filter(address_key=mail.address_key).exists()
    purge(START + held_for + 31 * DAY)
    mail.refresh_from_db()
    assert (mail.recipient_key, mail.address_key) == ("", "")
