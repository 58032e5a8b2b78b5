"""Which backups are kept, and for how long."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign.backup.rotation import (
    DAYS,
    OLDEST,
    SURVIVED,
    WEEKS,
    made_at,
    name_at,
    rotate,
    survivors_at,
    to_keep,
)

NOW = datetime(2026, 5, 20, 9, 30, tzinfo=UTC)  # a Wednesday
moments = st.lists(st.timedeltas(timedelta(0), timedelta(90)).map(lambda ago: NOW - ago))


def days_ago(*days: float) -> list[datetime]:
    return [NOW - timedelta(days=number) for number in days]


def test_of_a_year_of_daily_backups_seven_days_and_four_weeks_are_kept() -> None:
    kept = to_keep(days_ago(*range(365)), NOW)
    # The days of this week and the last, and the Sundays before.
    assert kept == set(days_ago(0, 1, 2, 3, 4, 5, 6, 10, 17))


def test_the_newest_of_a_day_is_kept() -> None:
    assert to_keep(days_ago(0, 0.1, 0.2), NOW) == set(days_ago(0))


def test_days_without_a_backup_do_not_count() -> None:
    sparse = days_ago(0, 3, 5, 8, 11, 13, 16)
    assert to_keep(sparse, NOW) == set(sparse)


@given(moments)
def test_nothing_but_the_newest_is_kept_beyond_thirty_days(made: list[datetime]) -> None:
    assert all(NOW - moment < OLDEST for moment in to_keep(made, NOW) - {max(made, default=NOW)})


@given(moments)
def test_the_newest_is_always_kept(made: list[datetime]) -> None:
    kept = to_keep(made, NOW)
    assert len(kept) <= DAYS + WEEKS
    assert not made or max(made) in kept


def test_a_clock_that_runs_a_month_ahead_leaves_the_newest(tmp_path: Path) -> None:
    ours = [name_at(moment, "age") for moment in days_ago(0, 1, 2)]
    for name in ours:
        (tmp_path / name).touch()
    rotate(tmp_path, NOW + timedelta(days=31))
    assert [path.name for path in tmp_path.iterdir()] == [ours[0]]


def test_what_was_public_before_a_restore_goes_after_thirty_days(tmp_path: Path) -> None:
    old, young = (survivors_at(tmp_path, moment) for moment in days_ago(30, 29))
    for path in (old, young):
        (path / "letters-ours").mkdir(parents=True)
        (path / "letters-ours" / "signatories.csv").touch()
    (tmp_path / SURVIVED / "notes.txt").touch()
    assert rotate(tmp_path, NOW) == 1
    assert {path.name for path in (tmp_path / SURVIVED).iterdir()} == {young.name, "notes.txt"}


@given(moments)
def test_what_is_kept_today_and_is_rotated_again_stays(made: list[datetime]) -> None:
    kept = to_keep(made, NOW)
    assert to_keep(kept, NOW) == kept


@pytest.mark.parametrize("suffix", ["age", "tar"])
def test_a_name_says_when_it_was_made(suffix: str) -> None:
    assert name_at(NOW, suffix) == f"undersigned-20260520T093000Z.{suffix}"
    assert made_at(name_at(NOW, suffix)) == NOW


def test_rotation_touches_nothing_that_it_did_not_make(tmp_path: Path) -> None:
    (tmp_path / "public-before-restore").mkdir()
    theirs = ["site.age", "undersigned-2026.age", "notes.txt"]
    ours = [name_at(moment, "age") for moment in days_ago(0, 1, 40)]
    for name in [*theirs, *ours]:
        (tmp_path / name).touch()
    assert rotate(tmp_path, NOW) == 1
    assert {path.name for path in tmp_path.iterdir()} == {
        "public-before-restore", *theirs, *ours[:2]
    }  # fmt: skip


def test_what_was_broken_off_is_removed_after_a_while(tmp_path: Path) -> None:
    fresh, old = (tmp_path / f"{name_at(moment, 'age')}.part" for moment in days_ago(0.1, 0.9))
    fresh.touch()
    old.touch()
    rotate(tmp_path, NOW)
    assert [path.name for path in tmp_path.iterdir()] == [fresh.name]


def test_without_a_directory_there_is_nothing_to_rotate(tmp_path: Path) -> None:
    assert rotate(tmp_path / "none", NOW) == 0
