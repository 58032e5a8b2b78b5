"""The archive inside a backup: a tar that is written and read in one go, members with digests.

format.json       the format's number, first, so that any later version can say what it meets
keys/, editions/, unlisted/, private/
database/00001…   the dump in parts, as the size of a member stands before it
manifest.json     last: the SHA-256 of each member, and what `Manifest` says
"""

import hashlib
import io
import json
import re
import tarfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, TypedDict, cast

from campaign.backup import BackupError

FORMAT = 1
HEAD, MANIFEST, DUMP = "format.json", "manifest.json", "database/"
PART = 8 * 1024 * 1024  # bytes of the dump held in memory
SMALL = 64 * 1024 * 1024  # bytes, of a member that is read at once
_NAME = re.compile(r"(?!/)(?!.*(^|/)\.\.(/|$))[^\0\\]{1,1000}\Z", re.DOTALL)


class PlaceManifest(TypedDict):
    """What a place of a store showed: its `manifest.json`, or None where it showed nothing."""

    store: str  # editions or unlisted
    place: str
    head: int
    current: dict[str, Any] | None


class Manifest(TypedDict):
    format: int
    software: str
    made_at: str  # RFC 3339 UTC: the moment of the snapshot
    server: int  # PostgreSQL's major version
    client: int  # pg_dump's
    migrations: list[str]
    tables: dict[str, int]  # rows
    places: list[PlaceManifest]
    members: dict[str, str]  # SHA-256 in hexadecimal


class Writer:
    """Writes members into a stream. `beat` is called often, for whoever must show life."""

    def __init__(self, stream: IO[bytes], beat: Callable[[], None]) -> None:
        self._tar = tarfile.open(fileobj=stream, mode="w|", format=tarfile.PAX_FORMAT)  # noqa: SIM115 - close()
        self._beat = beat
        self.members: dict[str, str] = {}

    def add(self, name: str, content: bytes) -> None:
        self._add(name, len(content), io.BytesIO(content))

    def add_file(self, name: str, path: Path) -> None:
        """Raises OSError for a file that cannot be read, or shrinks meanwhile."""
        with path.open("rb") as file:
            self._add(name, path.stat().st_size, file)

    def add_parts(self, prefix: str, stream: IO[bytes]) -> None:
        """What a stream of unknown length gives, in members `prefix` and a number."""
        number = 0
        while part := stream.read(PART):
            number += 1
            self.add(f"{prefix}{number:05}", part)

    def close(self) -> None:
        self._tar.close()

    def _add(self, name: str, size: int, file: IO[bytes]) -> None:
        info = tarfile.TarInfo(name)
        info.size, info.mode = size, 0o600
        info.mtime = int(datetime.now(UTC).timestamp())
        reader = _Digesting(file)
        self._tar.addfile(info, cast(IO[bytes], reader))
        self.members[name] = reader.digest.hexdigest()
        self._beat()


class _Digesting:
    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.digest = hashlib.sha256()

    def read(self, size: int) -> bytes:
        content = self._file.read(size)
        self.digest.update(content)
        return content


def as_json(value: object) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


def members(stream: IO[bytes]) -> Iterator[tuple[str, IO[bytes]]]:
    """Each member's name, a relative path that leads nowhere else, and its content.

    Raises BackupError for an archive of another kind or a newer format, tarfile.TarError or
    ValueError for one that ends too early.
    """
    with tarfile.open(fileobj=stream, mode="r|") as tar:
        for number, info in enumerate(tar):
            file = tar.extractfile(info) if info.isreg() else None
            if file is None or not _NAME.match(info.name):
                raise BackupError("the backup holds what no backup holds.")
            if (number == 0) != (info.name == HEAD):
                raise BackupError("this is no backup of Undersigned.")
            if number == 0:
                _check_format(file)
            else:
                yield info.name, file
    # Beyond the tar's own end, so that the seal is checked to the last byte.
    while stream.read(PART):
        pass


def _check_format(file: IO[bytes]) -> None:
    head = json.loads(file.read(SMALL))
    if head["format"] > FORMAT:
        raise BackupError(
            f"the backup has format {head['format']}, of Undersigned {head['software']}, "
            f"and this version knows formats up to {FORMAT}: install that one."
        )


def verified(stream: IO[bytes], keep: Callable[[str], bool]) -> tuple[Manifest, dict[str, bytes]]:
    """Read all and check every digest; returns the manifest, and the members to `keep`.

    Raises BackupError.
    """
    digests: dict[str, str] = {}
    kept: dict[str, bytes] = {}
    manifest = b""
    for name, file in members(stream):
        if name == MANIFEST:
            manifest = file.read(SMALL)
            continue
        digest, content = hashlib.sha256(), b""
        while chunk := file.read(PART):
            digest.update(chunk)
            content += chunk if keep(name) else b""
        digests[name] = digest.hexdigest()
        if keep(name):
            kept[name] = content
    if not manifest:
        raise BackupError("the backup is damaged, or not whole.")
    told = cast(Manifest, json.loads(manifest))
    if told["members"] != digests:
        raise BackupError("the backup is damaged: its parts are not those that its manifest names.")
    return told, kept
