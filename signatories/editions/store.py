"""The store: version directories, and symlinks that switch from one to the next at once.

    ROOT/letters/<slug>            -> ../.versions/letters/<slug>/12-complete
    ROOT/.versions/<place>/12-page, 12-complete, …, .manifests/12.json, .retired, .owner
    ROOT/.versions/<place>/12-complete/.sizes    the size of each file in it, by its name

A symlink that is renamed over another switches without a moment of neither; files of two editions
are never seen together. Numbers only rise, whoever publishes: the check and the switch stand under
one file lock, so that a publisher that slept through its lease cannot turn readers back.
"""

import contextlib
import fcntl
import json
import os
import shutil
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from signatories.editions import disk

#: Readers that began with a superseded edition may still fetch its files for this long.
KEEP_SUPERSEDED = 3600  # seconds
STAGES = ["page", "complete"]
MANIFESTS = ".manifests"
RETIRED = ".retired"
OWNER = ".owner"
SIZES = ".sizes"


@dataclass(frozen=True, order=True)
class Version:
    """An edition as far as it is built: its page first, then complete with its PDF."""

    number: int
    stage: int  # index into STAGES

    @property
    def name(self) -> str:
        return f"{self.number}-{STAGES[self.stage]}"

    @classmethod
    def named(cls, name: str) -> "Version | None":
        """The version of a directory. One that was built again has a third part in its name."""
        number, _, rest = name.partition("-")
        stage = rest.partition("-")[0]
        if not number.isdigit() or stage not in STAGES:
            return None
        return cls(int(number), STAGES.index(stage))


PAGE, COMPLETE = 0, 1


class Store:
    """Editions under one root; a place is a relative path such as `letters/<slug>` or `site`.

    What is not a version in a place's own directory has a name that begins with a dot.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def current(self, place: str) -> Version | None:
        """What readers see at this place."""
        return Version.named(self._shown(place))

    def _shown(self, place: str) -> str:
        """The name of the directory that readers see, or nothing."""
        try:
            return (self.root / place).readlink().name
        except OSError:
            return ""

    def digest(self, place: str, number: int) -> str | None:
        """The digest of the document that stood, or stands, here under this number, if any did."""
        try:
            manifest = (self._versions(place) / MANIFESTS / f"{number}.json").read_bytes()
            return str(json.loads(manifest)["digest"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def whole(self, place: str) -> bool:
        """Whether each file that readers may fetch here is there, with the size that it had.

        It looks at sizes only: cheap enough to be asked every few seconds.
        """
        shown = self.root / place
        try:
            if (shown / SIZES).exists():
                sizes = json.loads((shown / SIZES).read_bytes())
            else:  # published before sizes were kept
                sizes = dict.fromkeys(json.loads((shown / "manifest.json").read_bytes())["files"])
            return all(
                (shown / n).stat().st_size == size or size is None for n, size in sizes.items()
            )
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return False

    def head(self, place: str) -> int:
        """The number above which the place takes editions: the highest that it held, or 0.

        Where it was retired, all below the edition that took its place count as held.
        """
        numbers = [int(p.stem) for p in (self._versions(place) / MANIFESTS).glob("*.json")]
        current = self.current(place)
        retired = self.retired_before(place) - 1
        return max([0, retired, *numbers, current.number if current else 0])

    def read(self, place: str, name: str) -> bytes | None:
        """A file as readers get it now, or None."""
        try:
            return (self.root / place / name).read_bytes()
        except OSError:
            return None

    def publish(self, place: str, version: Version, files: Mapping[str, bytes]) -> bool:
        """Write the files, then switch; False if the place shows this or a later version already,
        or takes no such number since it was retired.

        A version whose files were damaged is replaced by the same. Raises OSError when the store
        cannot take them; readers then keep what they had.
        """
        versions = self._versions(place)
        manifests = versions / MANIFESTS
        manifests.mkdir(parents=True, exist_ok=True)
        draft = versions / f".draft-{uuid.uuid4().hex}"
        try:
            for name, content in files.items():
                disk.write(draft / name, content)
            disk.write_plain(draft / SIZES, json.dumps(disk.sizes(draft)).encode())
            with self._locked(versions):
                if not self._takes(place, version):
                    return False
                self._stamp(place, draft)
                final = versions / version.name
                if final.name == self._shown(place):
                    final = versions / f"{version.name}-{uuid.uuid4().hex[:8]}"
                if final.exists():  # built before a crash, or damaged, and not shown
                    shutil.rmtree(final)
                for directory in {path.parent for path in draft.rglob("*")}:
                    disk.sync(directory)
                draft.rename(final)
                disk.write_plain(manifests / f"{version.number}.json", files["manifest.json"])
                disk.sync(manifests)
                disk.sync(versions)
                self._switch(place, final)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        self.tidy(place)
        return True

    def _takes(self, place: str, version: Version) -> bool:
        if version.number < self.retired_before(place):
            return False
        current = self.current(place)
        if current is None or current < version:
            return True
        return current.number == version.number and not self.whole(place)

    def retire(self, place: str, *, before: int) -> None:
        """Take a place away from readers at once, its versions too; its manifests stay.

        Only editions numbered below `before` go, and none of them can be published here again: a
        publisher that slept through its lease may still try. Nothing is done about a newer one.
        """
        versions = self._versions(place)
        if self.retired_before(place) >= before and not self.stands(place):
            return
        versions.mkdir(parents=True, exist_ok=True)
        with self._locked(versions):
            current = self.current(place)
            if current is not None and current.number >= before:
                return
            disk.write_plain(versions / RETIRED, str(before).encode())
            with contextlib.suppress(FileNotFoundError):
                (self.root / place).unlink()
            for version in self._superseded(place):
                shutil.rmtree(version, ignore_errors=True)

    def retired_before(self, place: str) -> int:
        """The least number that the place takes since it was retired, or 0."""
        try:
            return int((self._versions(place) / RETIRED).read_text())
        except FileNotFoundError:
            return 0

    def note_owner(self, place: str, owner: str) -> None:
        """Remember whose place it is, where its path does not say so. Raises OSError."""
        if owner != self.owner(place):
            disk.write_plain(self._versions(place) / OWNER, owner.encode())

    def owner(self, place: str) -> str:
        """Whose place it was when something was last published there, or nothing."""
        try:
            return (self._versions(place) / OWNER).read_text()
        except FileNotFoundError:
            return ""

    def has_published(self, place: str) -> bool:
        """Whether the place ever held an edition of its own, other than a link set by hand."""
        return any((self._versions(place) / MANIFESTS).glob("*.json"))

    def tidy(self, place: str) -> None:
        """Remove versions that were superseded an hour ago, and what a crash left half made."""
        left = [*self._superseded(place), *self._versions(place).glob(".draft-*")]
        for version in left:
            if disk.age(version) > KEEP_SUPERSEDED:
                shutil.rmtree(version, ignore_errors=True)
        for link in (self.root / place).parent.glob(".link-*"):
            if disk.age(link) > KEEP_SUPERSEDED:
                link.unlink(missing_ok=True)

    def stands(self, place: str) -> bool:
        """Whether there is anything here that readers could come to."""
        return (self.root / place).is_symlink()

    def places(self) -> set[str]:
        """Every place that has versions, or a link without any."""
        root = self.root / ".versions"
        found = [*root.glob(f"*/{MANIFESTS}"), *root.glob(f"*/*/{MANIFESTS}")]
        links = [*self.root.glob("[!.]*"), *self.root.glob("[!.]*/[!.]*")]
        return {str(path.parent.relative_to(root)) for path in found} | {
            str(path.relative_to(self.root)) for path in links if path.is_symlink()
        }

    def _superseded(self, place: str) -> list[Path]:
        shown = self._shown(place)
        if not self._versions(place).is_dir():
            return []
        return [
            path
            for path in self._versions(place).iterdir()
            if path.name != shown and not path.name.startswith(".")
        ]

    def _versions(self, place: str) -> Path:
        return self.root / ".versions" / place

    def _switch(self, place: str, target: Path) -> None:
        link = self.root / place
        link.parent.mkdir(parents=True, exist_ok=True)
        draft = link.with_name(f".link-{uuid.uuid4().hex}")
        draft.symlink_to(os.path.relpath(target, link.parent))
        old = link.resolve() if link.is_symlink() else None
        draft.replace(link)
        disk.sync(link.parent)
        if old is not None and old.is_dir():
            old.touch()  # superseded from now on: its hour begins

    def _stamp(self, place: str, draft: Path) -> None:
        """Give what has changed a whole second that is later than that of what it replaces.

        Caddy derives ETags and Last-Modified from it, in whole seconds. What is the same keeps its
        own, so that nobody fetches it again.
        """
        shown = self.root / place
        # As a rule the manifest's, which differs in each edition; but it may have been lost.
        before = max((disk.second(path) for path in shown.resolve().rglob("*")), default=0)
        moment = max(int(time.time()), before + 1)
        for path in draft.rglob("*"):
            if path.is_file():
                same = disk.same(path, shown / path.relative_to(draft))
                second = same.st_mtime if same else moment
                os.utime(path, (second, second))

    @contextlib.contextmanager
    def _locked(self, versions: Path) -> Iterator[None]:
        with (versions / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
