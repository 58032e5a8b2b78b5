"""The scheduled backup: one a day into BACKUP_DIR, and the rotation of those before."""

import functools
import os
import socket
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog
from django.conf import settings
from django.db import IntegrityError
from django.db.models import Q, QuerySet
from django.utils import timezone

from campaign import lease
from campaign.backup import BackupError, backup_is_asked_for, missing, rotation, sealing
from campaign.models import ScheduledBackup
from campaign.turn import Turn
from signatories.backup.make import make

log = structlog.get_logger(__name__)

#: When the day of backups begins: few sign at this hour of UTC anywhere.
HOUR = 2
#: Longer than pg_dump waits for a lock; renewed while it goes on.
LEASE = timedelta(minutes=5)
RENEW = 20.0  # seconds
#: After a failure the next try waits this long, doubled each time up to LONGEST_PAUSE.
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=1)
ROTATE_EVERY = 600.0  # seconds
_turn = Turn()


def run(*, overdue: timedelta) -> int:
    """Make the day's backup if it is due; returns 1 when this process has made it."""
    _rotate_now_and_then()
    if not backup_is_asked_for():
        _warn_once()
        return 0
    owner = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
    if not _take(owner):
        return 0
    try:
        path = _make(_Beat(owner))
    except Exception as error:
        # Whatever it is, staff must see it, and it is tried again.
        reason = (
            str(error) if isinstance(error, BackupError) else f"{type(error).__name__}: {error}"
        )
        _held(owner).update(**lease.failed(timezone.now(), problem=reason))
        log.error("backup.failed", problem=reason)
        return 0
    _held(owner).update(
        made_at=rotation.made_at(path.name),
        file=path.name,
        size=path.stat().st_size,
        **lease.fulfilled(),
    )
    rotation.rotate(path.parent, timezone.now())
    return 1


@functools.cache
def _warn_once() -> None:
    """Once in this process, so at each start of a scheduler."""
    if problem := missing():
        log.warning("backup.none_is_made", problem=problem)


def day_began(now: datetime) -> datetime:
    """The last moment at which a backup became due."""
    today = now.astimezone(UTC).replace(hour=HOUR, minute=0, second=0, microsecond=0)
    return today if today <= now else today - timedelta(days=1)


def _rotate_now_and_then() -> None:
    """Also while no backup can be made, or is asked for any more: old ones go all the same."""
    if _turn.has_come(ROTATE_EVERY):
        rotation.rotate(Path(settings.BACKUP_DIR), timezone.now())


def _take(owner: str) -> bool:
    """Take the lease, in one conditional UPDATE, if a backup is due.

    What was noted for another day, also one yet to come, is not today's: a clock may have been set
    back since.
    """
    now = timezone.now()
    row = ScheduledBackup.objects.first()
    if row is None:
        try:
            row = ScheduledBackup.objects.create()
        except IntegrityError:  # another scheduler has made it
            return False
    if lease.rests(row, now, first=FIRST_PAUSE, longest=LONGEST_PAUSE):
        return False
    today = day_began(now)
    due = Q(made_at__isnull=True) | Q(made_at__lt=today) | Q(made_at__gte=today + timedelta(days=1))
    taken = ScheduledBackup.objects.filter(due, lease.free(now, LEASE), failed_at=row.failed_at)
    return bool(taken.update(lease_owner=owner, lease_expires_at=now + LEASE))


def _held(owner: str) -> QuerySet[ScheduledBackup]:
    return ScheduledBackup.objects.filter(lease_owner=owner)


def _make(beat: Callable[[], None]) -> Path:
    directory = Path(settings.BACKUP_DIR)
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise BackupError(f"BACKUP_DIR {directory} is not writable: {error.strerror}.") from error
    secret = settings.BACKUP_PASSPHRASE_FILE
    path = directory / rotation.name_at(timezone.now(), "tar" if secret else "age")
    passphrase = sealing.passphrase_in(secret) if secret else ""
    make(path, to=settings.BACKUP_TO, passphrase=passphrase, beat=beat)
    return path


class _Beat:
    """Renews the lease now and then. Raises BackupError when it was lost."""

    def __init__(self, owner: str) -> None:
        self._owner = owner
        self._next = time.monotonic() + RENEW

    def __call__(self) -> None:
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + RENEW
        if not _held(self._owner).update(lease_expires_at=timezone.now() + LEASE):
            raise BackupError("another scheduler took over, as this one took too long.")
