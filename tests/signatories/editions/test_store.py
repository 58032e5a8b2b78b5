"""The store switches at once, never back, and keeps what readers are still fetching."""

import gzip
import os
import threading
import time
from pathlib import Path

import brotli
import pytest

from signatories.editions.store import COMPLETE, KEEP_SUPERSEDED, PAGE, Store, Version

PLACE = "letters/ours"


def files(number: int) -> dict[str, bytes]:
    return {
        "index.html": f"<p>edition {number}</p>".encode() * 20,
        "sign/index.html": b"<form></form>",
        "manifest.json": f'{{"edition": {number}}}'.encode(),
    }


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


def test_a_place_shows_nothing_before_it_is_published(store: Store) -> None:
    assert store.current(PLACE) is None
    assert store.head(PLACE) == 0
    assert store.read(PLACE, "index.html") is None


def test_what_is_published_is_what_readers_see(store: Store) -> None:
    assert store.publish(PLACE, Version(1, PAGE), files(1))
    assert store.current(PLACE) == Version(1, PAGE)
    assert store.read(PLACE, "index.html") == files(1)["index.html"]
    assert store.publish(PLACE, Version(1, COMPLETE), files(1))
    assert store.current(PLACE) == Version(1, COMPLETE)


@pytest.mark.parametrize("late", [Version(1, COMPLETE), Version(2, PAGE), Version(2, COMPLETE)])
def test_a_late_publisher_cannot_turn_readers_back(store: Store, late: Version) -> None:
    store.publish(PLACE, Version(2, COMPLETE), files(2))
    assert not store.publish(PLACE, late, files(late.number))
    assert store.read(PLACE, "manifest.json") == files(2)["manifest.json"]


def test_each_publication_of_a_path_has_a_later_whole_second(store: Store) -> None:
    seconds = []
    for number in (1, 2, 3):
        store.publish(PLACE, Version(number, COMPLETE), files(number))
        seconds.append((store.root / PLACE / "index.html").stat().st_mtime)
    assert seconds == sorted(set(seconds))
    assert all(second.is_integer() for second in seconds)


def test_what_is_the_same_keeps_its_second_so_that_nobody_fetches_it_again(store: Store) -> None:
    store.publish(PLACE, Version(1, COMPLETE), files(1))
    before = (store.root / PLACE / "sign/index.html").stat().st_mtime
    store.publish(PLACE, Version(2, COMPLETE), files(2))
    store.publish(PLACE, Version(3, COMPLETE), files(3))
    assert (store.root / PLACE / "sign/index.html").stat().st_mtime == before
    assert (store.root / PLACE / "index.html").stat().st_mtime > before


def test_readers_never_meet_a_gap_or_a_mixture(store: Store) -> None:
    store.publish(PLACE, Version(1, COMPLETE), files(1))
    seen: list[bytes | None] = []
    finished = threading.Event()

    def read() -> None:
        while not finished.is_set():
            seen.append(store.read(PLACE, "index.html"))

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(2, 30):
        store.publish(PLACE, Version(number, COMPLETE), files(number))
    finished.set()
    reader.join()
    whole = {files(number)["index.html"] for number in range(1, 30)}
    assert seen
    assert set(seen) <= whole


def test_superseded_files_stay_for_an_hour_and_manifests_for_good(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.publish(PLACE, Version(1, COMPLETE), files(1))
    old = (store.root / PLACE).resolve()
    store.publish(PLACE, Version(2, COMPLETE), files(2))
    assert old.exists()
    later = time.time() + KEEP_SUPERSEDED + 60
    monkeypatch.setattr(time, "time", lambda: later)
    store.tidy(PLACE)
    assert not old.exists()
    assert (store.root / ".versions" / PLACE / ".manifests" / "1.json").exists()
    assert store.head(PLACE) == 2


def test_a_retired_place_is_gone_at_once_and_its_numbers_go_on(store: Store) -> None:
    store.publish(PLACE, Version(4, COMPLETE), files(4))
    store.retire(PLACE, before=5)
    assert store.read(PLACE, "index.html") is None
    assert not list(store.root.rglob("index.html"))
    assert store.head(PLACE) == 4


def test_what_a_crash_left_half_written_is_never_shown_and_gives_way(store: Store) -> None:
    left = store.root / ".versions" / PLACE / "1-complete"
    left.mkdir(parents=True)
    (left / "index.html").write_text("half")
    assert store.publish(PLACE, Version(1, COMPLETE), files(1))
    assert store.read(PLACE, "index.html") == files(1)["index.html"]


def test_a_store_that_cannot_be_written_keeps_what_it_shows(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.publish(PLACE, Version(1, COMPLETE), files(1))

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        store.publish(PLACE, Version(2, COMPLETE), files(2))
    monkeypatch.undo()
    assert store.current(PLACE) == Version(1, COMPLETE)
    assert [p.name for p in (store.root / ".versions" / PLACE).iterdir() if p.is_dir()] != []
    assert not list(store.root.rglob(".draft-*"))


def test_compressed_forms_hold_the_same(store: Store) -> None:
    store.publish(PLACE, Version(1, COMPLETE), files(1))
    place = store.root / PLACE
    page = files(1)["index.html"]
    assert brotli.decompress((place / "index.html.br").read_bytes()) == page
    assert gzip.decompress((place / "index.html.gz").read_bytes()) == page


def test_a_late_publisher_cannot_bring_back_a_retired_place(store: Store) -> None:
    store.publish(PLACE, Version(4, COMPLETE), files(4))
    store.retire(PLACE, before=6)
    assert not store.publish(PLACE, Version(5, COMPLETE), files(5))
    assert store.current(PLACE) is None
    assert store.publish(PLACE, Version(7, COMPLETE), files(7))


def test_retiring_late_takes_no_newer_edition_away(store: Store) -> None:
    store.publish(PLACE, Version(7, COMPLETE), files(7))
    store.retire(PLACE, before=6)
    assert store.current(PLACE) == Version(7, COMPLETE)


def test_a_letter_may_have_any_slug(store: Store) -> None:
    for slug in ("manifests", "12-complete", "site"):
        store.publish(f"letters/{slug}", Version(1, COMPLETE), files(1))
    assert set(store.places()) == {"letters/manifests", "letters/12-complete", "letters/site"}
