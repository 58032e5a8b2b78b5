"""Files of evidence in the private store: which are taken, where they stand, and how they go.

What a file is, its content says, not its name. Each has an unguessable name of ours, and its row in
Evidence says of which type it is; the name that it came with may name people, and is forgotten.
"""

import os
import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.parser import BytesHeaderParser
from pathlib import Path

import structlog
from django.conf import settings
from django.db import transaction
from django.db.migrations.recorder import MigrationRecorder

from signatories.models import Evidence
from signatories.models.contact import FileType

log = structlog.get_logger(__name__)

LARGEST = 5_000_000  # bytes; Caddy takes 6 MB at the desk
#: A file that no row names is left so long: somebody may be correcting the form it came with.
UNCLAIMED = timedelta(hours=2)
NAME = re.compile(r"[0-9a-f]{40}")
_MAGIC = {
    b"%PDF-": FileType.PDF,
    b"\x89PNG\r\n\x1a\n": FileType.PNG,
    b"\xff\xd8\xff": FileType.JPEG,
}
#: What text never holds.
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]")
_FIRST_LINE_OF_A_MAIL = re.compile(rb"(?:From [^\n]*\r?\n)?[A-Za-z][A-Za-z0-9-]{0,60}:[ \t\r]")


class NotTaken(Exception):
    """A file that is not kept; the message is for staff."""


@dataclass(frozen=True)
class KeptFile:
    """A file in the store, which a row may name."""

    name: str
    type: FileType


def type_of(content: bytes) -> FileType:
    """What the content is. Raises NotTaken for all that is not safe to keep and to open."""
    if not content.strip():
        raise NotTaken("The file is empty.")
    if len(content) > LARGEST:
        raise NotTaken(
            f"The file has {len(content) / 1_000_000:.1f} MB; "
            f"the most that is kept is {LARGEST // 1_000_000} MB."
        )
    for magic, found in _MAGIC.items():
        if content.startswith(magic):
            return found
    if not _CONTROL.search(content):
        if _is_mail(content):
            return FileType.EMAIL
        if _is_plain(content):
            return FileType.TEXT
    raise NotTaken(
        "This is no file of a kind that is kept. Save it as PDF, PNG, JPEG, plain text in UTF-8, "
        "or an e-mail as .eml, and choose that."
    )


def _is_mail(content: bytes) -> bool:
    if not _FIRST_LINE_OF_A_MAIL.match(content):
        return False
    head = BytesHeaderParser().parsebytes(content[:64_000])
    return "From" in head and any(name in head for name in ("Date", "Received", "Message-ID"))


def _is_plain(content: bytes) -> bool:
    """Text, and no web page or drawing, which a browser might run."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    return not text.lstrip().startswith("<")


def keep(content: bytes) -> KeptFile:
    """Write it into the private store, before the row that will name it. Raises NotTaken."""
    found = type_of(content)
    name = secrets.token_hex(20)
    directory = _directory()
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    with os.fdopen(os.open(directory / name, flags, mode=0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return KeptFile(name, found)


def claim_again(name: str) -> bool:
    """Keep an unclaimed file for another UNCLAIMED; False when it is gone."""
    try:
        os.utime(path_of(name))
    except (FileNotFoundError, ValueError):
        return False
    return True


def path_of(name: str) -> Path:
    """Raises ValueError for what is no name of ours."""
    if not NAME.fullmatch(name):
        raise ValueError("no name of a file of evidence")
    return _directory() / name


def remove_after_commit(names: Collection[str]) -> None:
    """Remove files whose rows go with this transaction. What is missed, `sweep` finds."""
    gone = list(names)
    if gone:
        transaction.on_commit(lambda: _remove(gone))


def _remove(names: Collection[str]) -> None:
    for name in names:
        try:
            path_of(name).unlink(missing_ok=True)
        except OSError as error:
            log.warning("evidence.file_stays", error=type(error).__name__)


def sweep(now: datetime, *, most: int) -> int:
    """Remove files that no row names, at most so many; returns how many.

    Not those that are older than the database: it may be an empty one beside the store of another.
    """
    made = MigrationRecorder.Migration.objects.order_by("applied").first()
    if made is None or not _directory().is_dir():
        return 0
    before = (now - UNCLAIMED).timestamp()
    old = [
        path.name
        for path in _directory().iterdir()
        if NAME.fullmatch(path.name) and made.applied.timestamp() < _changed_at(path) < before
    ]
    orphans = 0
    for start in range(0, len(old), most):
        part = old[start : start + most]
        named = set(Evidence.objects.filter(file__in=part).values_list("file", flat=True))
        orphaned = [name for name in part if name not in named][: most - orphans]
        _remove(orphaned)
        orphans += len(orphaned)
        if orphans >= most:
            break
    return orphans


def _changed_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:  # removed meanwhile
        return 0.0


def _directory() -> Path:
    return Path(settings.PRIVATE_DIR) / "evidence"
