"""The scheduled backup: once a day, by one scheduler, tried again, and rotated."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyrage
import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import Settings
from structlog.testing import capture_logs

from campaign import work
from campaign.backup import rotation
from campaign.models import ScheduledBackup
from campaign.turn import Turn
from signatories.backup import schedule
from signatories.backup.schedule import LEASE, day_began
from tests.factories import StaffFactory

pytestmark = pytest.mark.django_db(transaction=True)
NOW = timedelta(0)


@pytest.fixture
def directory(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """BACKUP_DIR, with somebody to make backups for. It is made when it is needed."""
    settings.BACKUP_DIR = tmp_path / "backups"
    settings.BACKUP_TO = (str(pyrage.x25519.Identity.generate().to_public()),)
    settings.BACKUP_PASSPHRASE_FILE = None
    monkeypatch.setattr(schedule, "_turn", Turn())
    return tmp_path / "backups"


def due() -> int:
    return work.run("backup", overdue=NOW)


def made(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.glob("*"))


def again_at(moment: datetime) -> None:
    """As if the last backup had been made at this moment."""
    ScheduledBackup.objects.update(made_at=moment)


def test_the_first_is_made_at_once_and_the_next_on_another_day(directory: Path) -> None:
    assert due() == 1
    assert due() == 0
    assert len(made(directory)) == 1
    row = ScheduledBackup.objects.get()
    assert (row.file, row.size) == (
        made(directory)[0],
        (directory / row.file).stat().st_size,
    )
    yesterday = timezone.now() - timedelta(days=1)
    (directory / row.file).rename(directory / rotation.name_at(yesterday, "age"))
    again_at(yesterday)
    assert due() == 1
    assert len(made(directory)) == 2


@pytest.mark.parametrize(
    "ahead", ["made_at", "failed_at", "lease_expires_at"], ids=["made", "failed", "begun"]
)
def test_what_a_wrong_clock_noted_for_a_year_ahead_does_not_hold_backups_up(
    directory: Path, ahead: str
) -> None:
    ScheduledBackup.objects.create(**{ahead: timezone.now() + timedelta(days=365)})
    assert due() == 1


def test_only_its_owner_may_look_into_the_directory(directory: Path) -> None:
    due()
    assert directory.stat().st_mode & 0o077 == 0
    assert (directory / made(directory)[0]).stat().st_mode & 0o077 == 0


def test_with_a_passphrase_it_is_a_tar(directory: Path, settings: Settings) -> None:
    settings.BACKUP_TO = ()
    settings.BACKUP_PASSPHRASE_FILE = directory.with_name("words")
    settings.BACKUP_PASSPHRASE_FILE.write_text("correct horse battery staple\n")
    assert due() == 1
    assert made(directory)[0].endswith(".tar")


def test_without_a_key_there_is_none(directory: Path, settings: Settings) -> None:
    settings.BACKUP_TO = ()
    assert due() == 0
    assert not directory.exists()


@pytest.mark.parametrize(
    ("now", "began"),
    [
        (datetime(2026, 5, 20, 9, 30, tzinfo=UTC), datetime(2026, 5, 20, 2, tzinfo=UTC)),
        (datetime(2026, 5, 20, 2, 0, tzinfo=UTC), datetime(2026, 5, 20, 2, tzinfo=UTC)),
        (datetime(2026, 5, 20, 1, 59, tzinfo=UTC), datetime(2026, 5, 19, 2, tzinfo=UTC)),
    ],
)
def test_a_day_of_backups_begins_at_two_o_clock(now: datetime, began: datetime) -> None:
    assert day_began(now) == began


def test_two_schedulers_make_one(directory: Path) -> None:
    ScheduledBackup.objects.create()
    start = threading.Barrier(2)
    done: list[int] = []

    def sweep() -> None:
        start.wait(30)
        done.append(due())
        connection.close()

    threads = [threading.Thread(target=sweep) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == [0, 1]
    assert len(made(directory)) == 1


def test_one_that_died_is_taken_over_after_its_lease(directory: Path) -> None:
    lease = {"lease_owner": "a process that is dead", "lease_expires_at": timezone.now() + LEASE}
    ScheduledBackup.objects.create(**lease)
    assert due() == 0
    ScheduledBackup.objects.update(lease_expires_at=timezone.now() - timedelta(seconds=1))
    assert due() == 1


def test_whoever_lost_the_lease_leaves_no_file(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schedule, "RENEW", -1.0)
    real: Callable[[schedule._Beat], None] = schedule._Beat.__call__

    def beat(self: schedule._Beat) -> None:
        ScheduledBackup.objects.update(lease_owner="somebody else")
        real(self)

    monkeypatch.setattr(schedule._Beat, "__call__", beat)
    assert due() == 0
    assert made(directory) == []
    # And it does not report over the head of the one that has it now.
    assert ScheduledBackup.objects.get().lease_owner == "somebody else"


def test_a_failure_is_shown_and_tried_again_after_a_pause(
    directory: Path, settings: Settings
) -> None:
    directory.write_text("a file where the directory should be")
    assert due() == 0
    row = ScheduledBackup.objects.get()
    assert row.failures == 1
    assert row.problem == f"BACKUP_DIR {directory} is not writable: File exists."
    directory.unlink()
    assert due() == 0  # it rests
    ScheduledBackup.objects.update(failed_at=timezone.now() - schedule.FIRST_PAUSE)
    assert due() == 1
    row.refresh_from_db()
    assert (row.failures, row.failed_at, row.problem) == (0, None, "")


def test_staff_see_what_went_wrong(directory: Path, client) -> None:  # type: ignore[no-untyped-def]
    directory.write_text("a file where the directory should be")
    due()
    client.force_login(StaffFactory())
    page = client.get(reverse("admin:campaign_scheduledbackup_changelist")).content.decode()
    assert "is not writable" in page


def test_older_ones_go_when_a_new_one_is_there(directory: Path) -> None:
    directory.mkdir()
    for days in range(1, 60):
        (directory / rotation.name_at(timezone.now() - timedelta(days=days), "age")).touch()
    assert due() == 1
    moments = [rotation.made_at(name) for name in made(directory)]
    assert len(moments) <= rotation.DAYS + rotation.WEEKS
    assert all(moment and timezone.now() - moment < rotation.OLDEST for moment in moments)


def test_where_none_is_asked_for_the_log_says_so_once(directory: Path, settings: Settings) -> None:
    settings.BACKUP_TO = ()
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, host="0.0.0.0")
    schedule._warn_once.cache_clear()
    with capture_logs() as logs:
        due()
        due()
    assert [line["event"] for line in logs] == ["backup.none_is_made"]


def test_the_desk_says_that_none_is_made(
    directory: Path, settings: Settings, client: Client
) -> None:
    client.force_login(StaffFactory())
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, host="0.0.0.0")
    for address in (reverse("admin:campaign_scheduledbackup_changelist"), reverse("admin:index")):
        assert "No backup is made" not in client.get(address).content.decode()
        with_none = settings.BACKUP_TO
        settings.BACKUP_TO = ()
        assert "No backup is made" in client.get(address).content.decode()
        settings.BACKUP_TO = with_none


def test_old_ones_go_even_while_none_can_be_made_or_is_asked_for(
    directory: Path, settings: Settings
) -> None:
    directory.mkdir()
    names = [
        rotation.name_at(timezone.now() - timedelta(days=days), "age") for days in (31, 32, 33)
    ]
    for name in names:
        (directory / name).touch()
    settings.BACKUP_TO = ()
    due()
    assert made(directory) == names[:1]


def test_a_clock_that_jumps_ahead_and_back_makes_no_second_one_of_a_day(directory: Path) -> None:
    with time_machine.travel(timezone.now() + timedelta(hours=1), tick=True):
        due()
    assert due() == 0 or day_began(timezone.now()) != day_began(timezone.now() + timedelta(hours=1))
