"""The editions' store full, read-only or damaged: readers keep the whole edition they had."""

import os
import resource
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from tests.faults.ledger import LETTER, Ledger, approve, kept, listed
from tests.faults.mounts import mount, seen_by, unmount
from tests.faults.smtp import FaultySink
from tests.site import Site, eventually

pytestmark = pytest.mark.processes
PROBLEM = (
    "SELECT problem FROM campaign_publication p JOIN campaign_letter l ON l.id = p.letter_id "
    "WHERE l.slug = 'sample-letter'"
)
#: Room on the small disk beside what is there, in bytes.
ROOM = 2_000_000


def problem(site: Site) -> str:
    return str(site.query(PROBLEM)[0][0])


@contextmanager
def small_disk(site: Site, spare: Path) -> Iterator[Path]:
    """The editions on a disk of their own, with hardly any room left; where the site sees them."""
    editions = site.data_dir / "editions"
    spare.mkdir()
    room = f"size={used(editions) + ROOM}"
    if not mount(site, "tmpfs", spare, options=room):
        pytest.skip("nothing may be mounted here; the limit on the size of files is tried")
    try:
        shutil.copytree(editions, seen_by(site, spare), symlinks=True, dirs_exist_ok=True)
        assert mount(site, "bind", editions, str(spare))
        yield editions
    finally:
        unmount(site, editions)
        unmount(site, spare)


def used(directory: Path) -> int:
    """Bytes in whole pages, as a tmpfs counts them."""
    sizes = [p.lstat().st_size for p in directory.rglob("*") if not p.is_dir()]
    return sum(-(-size // 4096) * 4096 for size in sizes)


def fill(directory: Path) -> Path:
    filler = directory / ".filler"
    with filler.open("wb", buffering=0) as file:
        for size in (65536, 1):
            try:
                while True:
                    file.write(b"0" * size)
            except OSError:
                continue
    return filler


def nothing_new(site: Site, ledger: Ledger, name: str, reason: str) -> None:
    """Approve a name; the edition with it cannot be written, and staff are told why."""
    before = site.json(f"{LETTER}manifest.json")
    approve(site, name)
    eventually("a line for staff", lambda: reason in problem(site))
    ledger.thanks()
    assert not listed(site, name)
    assert site.json(f"{LETTER}manifest.json")["edition"] == before["edition"]
    assert site.get(f"{LETTER}letter.pdf").startswith(b"%PDF-")


def appears(site: Site, name: str) -> None:
    eventually("the name", lambda: listed(site, name))
    eventually("the end of the problem", lambda: problem(site) == "")


def test_a_full_disk_costs_readers_nothing_and_the_edition_follows_when_there_is_room(
    quick: Site, faulty_sink: FaultySink, tmp_path: Path
) -> None:
    with kept(quick, faulty_sink) as ledger:
        name = f"Full Disk {ledger.key}"
        with small_disk(quick, tmp_path / "disk") as editions:
            filler = fill(seen_by(quick, editions))
            nothing_new(quick, ledger, name, "No space left")
            filler.unlink()
            appears(quick, name)
        # The disk of before is back, with the edition of before: the sweep sees that it is old.
        appears(quick, name)


def test_a_store_that_is_read_only_costs_readers_nothing(
    quick: Site, faulty_sink: FaultySink, tmp_path: Path
) -> None:
    with kept(quick, faulty_sink) as ledger:
        name = f"Read Only {ledger.key}"
        with small_disk(quick, tmp_path / "disk") as editions:
            assert mount(quick, "read-only", editions)
            nothing_new(quick, ledger, name, "Read-only file system")
            assert mount(quick, "writable", editions)
            appears(quick, name)
        appears(quick, name)


def test_processes_that_can_write_no_file_at_all_not_even_their_log_go_on(
    quick: Site, faulty_sink: FaultySink
) -> None:
    with kept(quick, faulty_sink) as ledger:
        name = f"No File {ledger.key}"
        publishers = [p for word in ("celery", "sweep") for p in quick.processes_of(word)]
        limit(publishers, 0)
        try:
            nothing_new(quick, ledger, name, "File too large")
        finally:
            limit(publishers, resource.RLIM_INFINITY)
        appears(quick, name)
        assert {p.pid for p in publishers} <= {p.pid for p in quick.processes()}


def limit(processes: list[psutil.Process], size: int) -> None:
    for process in processes:
        process.rlimit(psutil.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


@pytest.mark.parametrize("damage", ["link", "page", "compressed", "manifest"])
def test_what_is_lost_in_the_store_is_built_again(quick: Site, damage: str) -> None:
    editions = quick.data_dir / "editions" / "letters"
    place = editions / "sample-letter"
    eventually("a whole edition", lambda: quick.json(f"{LETTER}manifest.json")["complete"])
    number = quick.json(f"{LETTER}manifest.json")["edition"]
    page = quick.get(LETTER)
    files = {
        "link": place,
        "page": place / "index.html",
        "compressed": place / "index.html.br",
        "manifest": place / "manifest.json",
    }
    if damage in {"page", "compressed"}:
        # Cut off, as a disk that was full or a copy that broke off leaves it.
        os.truncate(files[damage], 10)
    else:
        files[damage].unlink()
    compressed = {"Accept-Encoding": "br"}
    eventually("its end", lambda: whole(place))
    assert quick.get(LETTER) == page
    assert len(quick.get(LETTER, **compressed)) > 10
    assert quick.json(f"{LETTER}manifest.json")["edition"] == number


def whole(place: Path) -> bool:
    names = ("index.html", "index.html.br", "manifest.json", "letter.pdf")
    return all((place / name).exists() and (place / name).stat().st_size > 10 for name in names)
