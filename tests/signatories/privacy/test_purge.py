"""The purge: when it comes, what goes, what stays, and that the audit forgets with it."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.utils import timezone

from campaign import work
from campaign.letters import archive_letter, close_letter, mark_delivered, open_letter
from campaign.models import Letter, OutgoingMail
from campaign.models.mail import MailState, Withheld
from campaign.tokens import make_token
from signatories.models import Contact, Evidence, PurgeClock, PurgeRecord, SignOn
from signatories.models.sign_on import Status
from signatories.privacy import purge as purging
from signatories.privacy.rules import RULES
from signatories.privacy.sign_on_rules import AFTER_LETTER, NEVER_CONFIRMED, NEVER_LISTED
from signatories.privacy.table import KEPT
from signatories.services import confirming, correcting
from signatories.services.asking import confirmation_token
from tests.factories import LetterFactory, SignOnFactory
from tests.signatories.privacy.planted import Planted, plant, plant_invitation
from tests.signatories.privacy.whole_database import places_of

pytestmark = pytest.mark.django_db

START = datetime(2026, 1, 10, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def purge(at: datetime) -> None:
    with time_machine.travel(at, tick=False):
        purging.purge(timezone.now())


def planted_at_start(status: Status, **values: object) -> Planted:
    with time_machine.travel(START):
        letter = LetterFactory(open=True, public=True)
        planted = plant(letter, status, **values)
        OutgoingMail.objects.update(state=MailState.SENT, sent_at=timezone.now())
        return planted


def rejected_long_ago() -> None:
    at = timezone.now() - 31 * DAY
    SignOn.objects.update(created_at=at, rejected_at=at)


def end(letter: Letter, at: datetime, *ends: Callable[[Letter], None]) -> None:
    with time_machine.travel(at, tick=False):
        for verb in ends:
            verb(letter)


@pytest.mark.parametrize("status", Status.values)
def test_after_all_is_over_nothing_of_the_person_is_left_in_the_whole_database(
    status: str,
) -> None:
    planted = planted_at_start(Status(status))
    before = {column: places_of(text) for column, text in planted.secrets.items()}
    assert all(column in places for column, places in before.items())
    end(planted.letter, START + DAY, close_letter, mark_delivered)
    purge(START + timedelta(days=184))
    for word in (
        *planted.secrets.values(),
        "Quuxling",
        "planted.example",
        "zyxnote",
        "zyxhold",
        "zyxreason",
        "zyxtitle",
    ):
        assert places_of(word) == set(), word


def test_every_column_that_a_rule_purges_is_planted_and_seen_to_go() -> None:
    # What goes whole is in test_never_confirmed.py.
    rules = {rule.name for rule in RULES} - {NEVER_CONFIRMED.name}
    by_rule = {kept.column for kept in KEPT if set(kept.purged_by) & rules}
    planted = set()
    for status in (Status.APPROVED, Status.REJECTED):
        planted |= set(planted_at_start(status, tag=str(status)).secrets)
    planted |= set(plant_invitation(LetterFactory(open=True)).secrets)
    # Those of imports are in tests/signatories/imports/test_privacy.py, and those of attempts to
    # sign in in tests/campaign/people/test_accounts.py.
    elsewhere = ("signatories_import", "campaign_signinattempt", "django_session")
    assert planted == {column for column in by_rule if not column.startswith(elsewhere)}


def test_what_the_sign_on_is_stays(letter: Letter) -> None:
    planted = planted_at_start(Status.APPROVED)
    end(planted.letter, START, close_letter, mark_delivered)
    purge(START + timedelta(days=400))
    left = SignOn.objects.public().get(pk=planted.sign_on.pk)
    assert left.listed_name == planted.sign_on.listed_name
    assert left.organisations.get().display_name == left.listed_name
    assert left.approved_at
    assert left.approved_at.date() == START.date()


@pytest.mark.parametrize(
    ("months", "kept", "gone"),
    [
        (6, datetime(2026, 7, 10, 12, tzinfo=UTC), datetime(2026, 7, 10, 13, tzinfo=UTC)),
        (1, datetime(2026, 2, 10, 12, tzinfo=UTC), datetime(2026, 2, 10, 13, tzinfo=UTC)),
        (12, datetime(2027, 1, 10, 12, tzinfo=UTC), datetime(2027, 1, 10, 13, tzinfo=UTC)),
    ],
)
def test_contacts_go_as_many_months_after_the_delivery_as_the_letter_says(
    months: int, kept: datetime, gone: datetime
) -> None:
    planted = planted_at_start(Status.APPROVED)
    end(planted.letter, START, close_letter, mark_delivered)
    Letter.objects.update(contacts_kept_for=months)
    purge(kept)
    assert Contact.objects.exists()
    assert Evidence.objects.exists()
    purge(gone)
    assert not Contact.objects.exists()
    assert not Evidence.objects.exists()


def test_a_letter_that_was_never_delivered_counts_from_when_it_closed() -> None:
    planted = planted_at_start(Status.APPROVED)
    end(planted.letter, START + 10 * DAY, close_letter)
    end(planted.letter, START + 100 * DAY, archive_letter)
    purge(START + 10 * DAY + timedelta(days=180))
    assert Contact.objects.exists()
    purge(START + 10 * DAY + timedelta(days=182))
    assert not Contact.objects.exists()


def test_a_letter_that_opened_again_keeps_its_contacts() -> None:
    planted = planted_at_start(Status.APPROVED)
    end(planted.letter, START, close_letter, open_letter)
    purge(START + timedelta(days=2000))
    assert Contact.objects.exists()


def test_an_open_letter_keeps_its_contacts_however_long_it_is_open() -> None:
    planted_at_start(Status.PENDING)
    purge(START + timedelta(days=2000))
    assert Contact.objects.exists()


def test_who_signs_after_the_delivery_is_not_forgotten_at_once() -> None:
    planted = planted_at_start(Status.APPROVED)
    end(planted.letter, START, mark_delivered)
    with time_machine.travel(START + 200 * DAY, tick=False):
        late = SignOnFactory(letter=planted.letter)
    purge(START + 201 * DAY)
    assert list(Contact.objects.values_list("sign_on", flat=True)) == [late.pk]


@pytest.mark.parametrize("status", [Status.REJECTED, Status.WITHDRAWN])
def test_what_is_never_listed_loses_its_contact_after_thirty_days(status: Status) -> None:
    planted = planted_at_start(status)
    purge(START + 30 * DAY)
    assert Contact.objects.exists()
    purge(START + 30 * DAY + timedelta(minutes=1))
    assert places_of("Quuxling") == places_of("zyxaddress") == places_of("zyxnote") == set()
    sign_on = SignOn.objects.get(pk=planted.sign_on.pk)
    assert sign_on.email_key == ""
    assert sign_on.status == status


@pytest.mark.parametrize("status", [Status.PENDING, Status.APPROVED])
def test_what_waits_or_is_listed_keeps_its_contact(status: Status) -> None:
    planted_at_start(status)
    purge(START + 300 * DAY)
    assert Contact.objects.exists()


def test_a_link_that_was_renewed_is_waited_for() -> None:
    planted = planted_at_start(Status.LAPSED)
    with time_machine.travel(START + 29 * DAY, tick=False):
        confirming.renew(sign_on=planted.sign_on)
    purge(START + 31 * DAY)
    assert Contact.objects.exists()
    purge(START + 44 * DAY)
    assert not Contact.objects.exists()


def test_the_hash_of_a_mail_goes_after_thirty_days_unless_it_is_still_to_be_sent() -> None:
    planted = planted_at_start(Status.APPROVED)
    with time_machine.travel(START, tick=False):
        correcting.edit(
            sign_on=planted.sign_on, listed_name="Another Name", group=planted.sign_on.group
        )
    purge(START + 30 * DAY)
    assert OutgoingMail.objects.filter(recipient_key="").count() == 0
    purge(START + 31 * DAY)
    assert OutgoingMail.objects.get(recipient_key="").state == MailState.SENT
    assert OutgoingMail.objects.exclude(recipient_key="").get().state == MailState.QUEUED


def test_what_a_long_pause_held_still_knows_its_address_when_it_goes_out() -> None:
    """Without the hash it would escape the cap, or find that its contact has another address."""
    planted_at_start(Status.UNCONFIRMED)
    OutgoingMail.objects.update(state=MailState.WITHHELD, withheld_for=Withheld.PAUSE, sent_at=None)
    purge(START + 31 * DAY)
    assert OutgoingMail.objects.filter(recipient_key="").count() == 0
    OutgoingMail.objects.update(withheld_for=Withheld.GONE)
    purge(START + 31 * DAY)
    assert OutgoingMail.objects.exclude(recipient_key="").count() == 0


def test_ended_sessions_go_and_others_stay() -> None:
    for ends in (-1, 1):
        session = SessionStore()
        session["staff"] = f"zyxsession{ends}"
        session.save()
        Session.objects.filter(pk=session.session_key).update(
            expire_date=timezone.now() + ends * DAY
        )
    purging.purge(timezone.now())
    assert Session.objects.get().expire_date > timezone.now()


def test_a_contact_that_staff_replaced_is_nowhere_any_more(letter: Letter) -> None:
    planted = plant(letter, Status.PENDING)
    planted.sign_on.contacts.update(name="New", title="New", email="new@example.org")
    correcting.contact_changed(sign_on=planted.sign_on)
    OutgoingMail.objects.update(state=MailState.SENT, sent_at=timezone.now())
    purging.purge(timezone.now() + 31 * DAY)
    assert places_of("Quuxling") == places_of("planted.example") == set()
    assert places_of(planted.secrets["signatories_signon.email_key"]) == set()


def test_a_record_says_when_what_rule_which_letter_and_how_many_and_never_what() -> None:
    planted = planted_at_start(Status.WITHDRAWN)
    purge(START + 31 * DAY)
    record = PurgeRecord.objects.get(rule=NEVER_LISTED.name)
    assert (record.letter, record.count, record.by) == (planted.letter, 1, None)
    assert record.at.date() == (START + 31 * DAY).date()
    assert places_of("Quuxling") == set()


def test_purging_again_changes_and_records_nothing() -> None:
    planted = planted_at_start(Status.REJECTED)
    end(planted.letter, START, close_letter, mark_delivered)
    purge(START + 300 * DAY)
    records = PurgeRecord.objects.count()
    purge(START + 301 * DAY)
    assert PurgeRecord.objects.count() == records


def test_more_than_a_batch_goes_in_several_and_what_is_left_is_due_at_once(
    letter: Letter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("signatories.privacy.sign_on_rules.BATCH", 2)
    monkeypatch.setattr(purging, "MOST_BATCHES", 2)
    for _ in range(5):
        SignOnFactory(letter=letter, status=Status.REJECTED)
    rejected_long_ago()
    assert purging.run(overdue=timedelta(0)) == 4
    assert Contact.objects.count() == 1
    assert purging.run(overdue=timedelta(0)) == 1
    assert not Contact.objects.exists()


def test_it_runs_once_an_hour_as_a_kind_of_work(letter: Letter) -> None:
    def due() -> int:
        SignOnFactory(letter=letter, status=Status.REJECTED)
        rejected_long_ago()
        return work.run("purge", overdue=timedelta(seconds=1))

    assert due() == 1
    assert due() == 0
    PurgeClock.objects.update(due_at=timezone.now() - timedelta(seconds=2))
    assert due() == 2


def test_a_run_that_a_wrong_clock_put_off_comes_once_the_clock_is_right(letter: Letter) -> None:
    SignOnFactory(letter=letter, status=Status.REJECTED)
    rejected_long_ago()
    PurgeClock.objects.create(due_at=timezone.now() + 365 * DAY)
    assert work.run("purge", overdue=timedelta(0)) > 0
    assert PurgeClock.objects.get().due_at < timezone.now() + DAY


@pytest.mark.django_db(transaction=True)
def test_two_at_once_do_no_harm(letter: Letter) -> None:
    for _ in range(20):
        SignOnFactory(letter=letter, status=Status.REJECTED)
    rejected_long_ago()
    OutgoingMail.objects.all().delete()
    problems: list[Exception] = []

    def go() -> None:
        try:
            purging.purge(timezone.now())
        except Exception as error:
            problems.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=go) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert problems == []
    assert not Contact.objects.exists()
    assert sum(PurgeRecord.objects.values_list("count", flat=True)) == 20


def test_the_audit_cannot_be_changed_by_anything_else(letter: Letter) -> None:
    planted = planted_at_start(Status.REJECTED)
    end(planted.letter, START, close_letter, mark_delivered)
    purge(START + 300 * DAY)
    with connection.cursor() as cursor, pytest.raises(Exception, match="Cannot update"):
        cursor.execute("UPDATE signatories_signonevent SET reason = 'other'")


def test_old_links_still_show_the_signature_and_withdraw_it(client: Client) -> None:
    planted = planted_at_start(Status.APPROVED)
    sign_on = planted.sign_on
    end(planted.letter, START, close_letter, mark_delivered)
    confirm = f"/sign-ons/confirm/{confirmation_token(sign_on)}/"
    manage = f"/sign-ons/manage/{make_token('manage', sign_on.pk, sign_on.epoch)}/"
    purge(START + 300 * DAY)
    assert client.get(confirm).status_code == 200
    page = client.get(manage)
    assert sign_on.listed_name in page.content.decode()
    assert "We no longer hold a name" in page.content.decode()
    mails = OutgoingMail.objects.count()
    assert client.post(manage, {"action": "withdraw", "sure": "on"}).status_code == 200
    sign_on.refresh_from_db()
    assert sign_on.status == Status.WITHDRAWN
    assert OutgoingMail.objects.count() == mails


@pytest.mark.parametrize(
    "status", [Status.PENDING, Status.APPROVED, Status.REJECTED, Status.WITHDRAWN]
)
def test_staff_can_still_do_all_with_a_sign_on_without_a_contact(
    admin_client: Client, status: Status
) -> None:
    planted = planted_at_start(status)
    end(planted.letter, START, close_letter, mark_delivered)
    purge(START + 300 * DAY)
    url = f"/admin/signatories/signon/{planted.sign_on.pk}/"
    assert admin_client.get("/admin/signatories/signon/").status_code == 200
    assert admin_client.get(f"{url}change/").status_code == 200
    for move in ("reconsider", "approve", "hold", "list-again"):
        made = admin_client.post(f"{url}move/{move}/", {"kind": "pause", "reason": ""})
        assert made.status_code == 302
    asked = admin_client.post(f"{url}ask/withdraw/", {"reason": "It asked."})
    assert asked.status_code == 302


def test_a_mail_that_was_queued_for_a_contact_that_is_gone_is_withheld() -> None:
    planted = planted_at_start(Status.REJECTED)
    OutgoingMail.objects.update(state=MailState.QUEUED, sent_at=None)
    purge(START + 31 * DAY)
    work.run("mail", overdue=timedelta(0))
    mail = OutgoingMail.objects.get()
    assert (mail.state, mail.problem) == (MailState.WITHHELD, "the contact is gone")
    assert planted.sign_on.contacts.count() == 0


def test_reasons_stay_while_the_letter_is_worked_on() -> None:
    planted_at_start(Status.REJECTED)
    purge(START + 300 * DAY)
    assert places_of("zyxreason") == {
        "signatories_signon.reason", "signatories_signonevent.reason",
    }  # fmt: skip
    assert AFTER_LETTER.name not in PurgeRecord.objects.values_list("rule", flat=True)
