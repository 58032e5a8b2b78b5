"""What a backup says of the stores: which editions were public, and with which files."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from campaign.backup.archive import PlaceManifest
from signatories.editions.store import MANIFESTS, RETIRED, Store

EDITIONS, UNLISTED, PRIVATE = "editions", "unlisted", "private"


@dataclass(frozen=True)
class Kept:
    """A file that a backup carries, and its name there."""

    name: str
    path: Path


def roots() -> dict[str, Path]:
    """Where each kind of member stands on this machine, by the first part of its name."""
    return {
        EDITIONS: Path(settings.EDITIONS_DIR),
        UNLISTED: Path(settings.PRIVATE_DIR) / "unlisted",
        PRIVATE: Path(settings.PRIVATE_DIR),
    }


def stores() -> dict[str, Store]:
    return {name: Store(roots()[name]) for name in (EDITIONS, UNLISTED)}


def place_manifests() -> list[PlaceManifest]:
    """What every place shows at this moment."""
    found: list[PlaceManifest] = []
    for name, store in stores().items():
        for place in sorted(store.places()):
            content = store.read(place, "manifest.json")
            current = json.loads(content) if content else None
            found.append(
                PlaceManifest(store=name, place=place, head=store.head(place), current=current)
            )
    return found


def manifest_files() -> Iterator[Kept]:
    """The stores' memory: the manifest of every edition, and what was retired."""
    for name, store in stores().items():
        for place in sorted(store.places()):
            versions = store.root / ".versions" / place
            for path in [*sorted((versions / MANIFESTS).glob("*.json")), versions / RETIRED]:
                if path.is_file():
                    yield Kept(f"{name}/{path.relative_to(store.root)}", path)


def private_files() -> Iterator[Kept]:
    """The private store, but for the unlisted editions, which are made again."""
    private = roots()[PRIVATE]
    for path in sorted(private.rglob("*")):
        inside = path.relative_to(private)
        if inside.parts[0] != UNLISTED and path.is_file() and not path.is_symlink():
            yield Kept(f"{PRIVATE}/{inside}", path)


def target_of(name: str) -> Path | None:
    """Where a member belongs on this machine; None for one that is no file of ours."""
    kind, _, inside = name.partition("/")
    root = roots().get(kind)
    return root / inside if root and inside else None
