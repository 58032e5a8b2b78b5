"""What came by the form and was never confirmed goes whole, and nothing else does."""

from collections.abc import Iterator
from datetime import timedelta

import pghistory
import pytest
import time_machine
from django.conf import LazySettings
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from campaign.mail import deliver
from campaign.models import Letter, OutgoingMail
from campaign.models.mail import MailState, Withheld
from signatories import calendar
from signatories.models import Contact, PurgeRecord, SignOn
from signatories.models.sign_on import Status
from signatories.privacy import sign_on_rules
from signatories.privacy.sign_on_rules import NEVER_CONFIRMED, NEVER_LISTED
from signatories.services import confirming, entering, moderation
from signatories.services.asking import confirmation_token
from tests.factories import SignOnFactory, StaffFactory
from tests.servers import Sink
from tests.signatories.privacy.test_purge import DAY, START, planted_at_start, purge
from tests.signatories.privacy.whole_database import places_of
from tests.signatories.test_signing import sign

pytestmark = pytest.mark.django_db

TYPED = {"website": "https://zyxsite.example/", "name": "Zyxorganisation"}


@pytest.fixture
def at_start() -> Iterator[None]:
    with time_machine.travel(START, tick=False):
        yield


@pytest.mark.parametrize("status", [Status.UNCONFIRMED, Status.LAPSED])
def test_what_was_never_confirmed_is_nowhere_after_thirty_days(status: Status) -> None:
    planted = planted_at_start(status, **TYPED)
    LogEntry.objects.create(
        user=StaffFactory(),
        content_type=ContentType.objects.get_for_model(SignOn),
        object_id=str(planted.sign_on.pk),
        object_repr="zyxlog",
        action_flag=CHANGE,
    )
    assert "signatories_signonevent.listed_name" in places_of("zyxorganisation")
    purge(START + 30 * DAY)
    assert SignOn.objects.exists()
    purge(START + 30 * DAY + timedelta(minutes=1))
    for word in ("zyx", "Quuxling"):
        assert places_of(word) == set(), word
    assert not SignOn.objects.exists()
    assert not OutgoingMail.objects.exists()


@pytest.mark.parametrize("verb", ["reject", "withdraw"])
def test_what_staff_refused_before_it_was_confirmed_goes_thirty_days_after_that(verb: str) -> None:
    planted = planted_at_start(Status.UNCONFIRMED, **TYPED)
    with time_machine.travel(START + 5 * DAY, tick=False), pghistory.context(action="staff"):
        if verb == "reject":
            moderation.reject(sign_on=planted.sign_on, reason="Made up.", tell=False)
        else:
            moderation.withdraw(sign_on=planted.sign_on)
    purge(START + 34 * DAY)
    assert SignOn.objects.exists()
    purge(START + 36 * DAY)
    assert places_of("zyx") == set()


def test_what_was_confirmed_loaded_or_entered_stays(letter: Letter) -> None:
    planted = [planted_at_start(status, tag=str(status)) for status in (
        Status.PENDING, Status.APPROVED, Status.REJECTED, Status.WITHDRAWN
    )]  # fmt: skip
    with time_machine.travel(START, tick=False):
        entered = entering.enter(
            letter=letter,
            group=letter.groups.all()[0],
            listed_name="By Post",
            evidence="It wrote.",
            added_by=None,
        )
        moderation.reject(sign_on=entered, reason="A double.", tell=False)
    purge(START + 300 * DAY)
    assert SignOn.objects.count() == len(planted) + 1
    assert not PurgeRecord.objects.filter(rule=NEVER_CONFIRMED.name).exists()


@pytest.mark.usefixtures("at_start")
def test_a_mail_that_another_sign_on_went_out_in_takes_nothing_along(
    letter: Letter, smtp_sink: Sink, settings: LazySettings
) -> None:
    """The first leads, the second is inside it, to one address; the second confirms."""
    settings.RATE_LIMITS = True
    first = sign(letter, "First Body")
    second = sign(letter, "Second Body")
    deliver.run(overdue=timedelta(0))
    assert len(smtp_sink.messages) == 1
    confirming.confirm(sign_on=second, wording=second.wording)
    purge(START + 31 * DAY)
    assert not SignOn.objects.filter(pk=first.pk).exists()
    inside = OutgoingMail.objects.get()
    assert inside.references["sign_on"] == second.pk
    assert (inside.state, inside.sent_with) == (MailState.SENT, None)
    assert Contact.objects.get().sign_on_id == second.pk


@pytest.mark.usefixtures("at_start")
def test_a_mail_that_is_being_sent_stays_until_it_is_old(letter: Letter) -> None:
    sign(letter)
    OutgoingMail.objects.update(state=MailState.SENDING, claimed_until=START + 32 * DAY)
    purge(START + 31 * DAY)
    assert not SignOn.objects.exists()
    assert OutgoingMail.objects.count() == 1
    OutgoingMail.objects.update(state=MailState.SENT, claimed_until=None, sent_at=START + 31 * DAY)
    purge(START + 31 * DAY + 181 * DAY)
    assert not OutgoingMail.objects.exists()


def test_the_old_link_says_that_one_can_sign_again(client: Client) -> None:
    planted = planted_at_start(Status.LAPSED)
    link = f"/sign-ons/confirm/{confirmation_token(planted.sign_on)}/"
    purge(START + 31 * DAY)
    page = client.get(link)
    assert page.status_code == 404
    assert "you can sign again" in page.content.decode()
    assert client.post(f"{link}renew/").status_code == 404
    sign(planted.letter, planted.sign_on.listed_name)


def test_a_flood_goes_in_batches_whose_statements_do_not_grow_and_is_counted(
    letter: Letter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A batch of 30 takes as many statements as one of 3."""
    for number in range(33):
        SignOnFactory(letter=letter, status=Status.UNCONFIRMED, name=f"Made Up {number}")
    month_later = timezone.now() + 31 * DAY
    counts = []
    for size in (3, 30):
        monkeypatch.setattr(sign_on_rules, "BATCH", size)
        with CaptureQueriesContext(connection) as queries:
            assert NEVER_CONFIRMED.batch(month_later) == {letter.pk: size}
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert not SignOn.objects.exists()


def test_what_a_flood_on_one_mailbox_holds_back_is_not_kept_as_long_as_that_lasts(
    letter: Letter,
) -> None:
    """The cap lets sixty sign-ons a day go out: of 100,000 the last would be kept for years."""
    start = timezone.now()
    with time_machine.travel(start, tick=False):
        sign(letter)
    OutgoingMail.objects.update(state=MailState.WITHHELD, withheld_for=Withheld.CAP)

    def stays(day: int) -> bool:
        at = start + day * DAY + timedelta(minutes=1)
        with time_machine.travel(at, tick=False):
            calendar.run(overdue=timedelta(0))
        purge(at)
        return SignOn.objects.exists()

    assert all(stays(day) for day in range(1, 90, 3))
    assert not stays(90)


def test_no_other_rule_counts_what_is_to_go_whole_but_did_not_come_to_its_turn() -> None:
    planted_at_start(Status.LAPSED)
    assert NEVER_LISTED.batch(START + 31 * DAY).total() == 0
    assert NEVER_CONFIRMED.batch(START + 31 * DAY).total() == 1


def test_the_record_says_how_many_went_of_which_letter() -> None:
    planted = planted_at_start(Status.LAPSED)
    purge(START + 31 * DAY)
    record = PurgeRecord.objects.get(rule=NEVER_CONFIRMED.name)
    assert (record.letter, record.count, record.by) == (planted.letter, 1, None)


def test_the_mails_of_a_sign_on_are_found_by_an_index(letter: Letter) -> None:
    now = timezone.now()
    OutgoingMail.objects.bulk_create(
        OutgoingMail(letter=letter, references={"sign_on": n}, message_id=f"<{n}>", not_before=now)
        for n in range(2000)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE campaign_outgoingmail")
    about = OutgoingMail.objects.filter(letter__in=[letter.pk], references__sign_on__in=[1, 2, 3])
    assert "mail_about_sign_on" in about.order_by().explain()
