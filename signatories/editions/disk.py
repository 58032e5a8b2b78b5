"""Files as the store writes them: whole or not at all, synced, compressed beside."""

import gzip
import os
import time
from functools import lru_cache
from pathlib import Path

import brotli

COMPRESSIBLE = {".html", ".json", ".csv", ".md", ".txt", ".svg", ".xml"}
#: Brotli 11 takes 22 s for 100,000 names, level 5 takes 0.3 s.
SMALL = 256 * 1024  # bytes


def sizes(directory: Path) -> dict[str, int]:
    """The size in bytes of each file in it, by its path inside it."""
    files = (path for path in directory.rglob("*") if path.is_file())
    return {str(path.relative_to(directory)): path.stat().st_size for path in files}


def second(path: Path) -> int:
    """The whole second of its modification; 0 where it is no file."""
    return int(path.stat().st_mtime) if path.is_file() else 0


def same(new: Path, old: Path) -> os.stat_result | None:
    """The status of `old` where it holds the same bytes."""
    try:
        status = old.stat()
        same = status.st_size == new.stat().st_size and old.read_bytes() == new.read_bytes()
    except OSError:
        return None
    return status if same else None


def age(path: Path) -> float:
    """Seconds since it became what it is; 0 where somebody has removed it meanwhile."""
    try:
        return time.time() - path.lstat().st_ctime
    except FileNotFoundError:
        return 0.0


def write(path: Path, content: bytes) -> None:
    """The file and its compressed forms, which Caddy serves in its place. Raises OSError."""
    write_plain(path, content)
    if path.suffix in COMPRESSIBLE and len(content) > 200:
        forms = _small(content) if len(content) <= SMALL else _forms(content, 5, 6)
        for suffix, compressed in zip((".br", ".gz"), forms, strict=True):
            write_plain(path.with_name(path.name + suffix), compressed)


# Each file of an edition is written with its page and again with its PDF, and most are the same in
# the next edition; to compress them is most of what writing takes.
@lru_cache(maxsize=32)
def _small(content: bytes) -> tuple[bytes, bytes]:
    return _forms(content, 11, 9)


def _forms(content: bytes, brotli_level: int, gzip_level: int) -> tuple[bytes, bytes]:
    return (
        brotli.compress(content, quality=brotli_level),
        gzip.compress(content, gzip_level, mtime=0),
    )


def write_plain(path: Path, content: bytes) -> None:
    """The file alone, whole or not at all, on the disk before this returns. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.part")
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def sync(directory: Path) -> None:
    """Make renames in it last beyond a power cut."""
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
