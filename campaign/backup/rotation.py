"""Which scheduled backups are kept: seven daily ones, four weekly ones, none beyond 30 days.

But for the newest: a clock that runs a month ahead, or a month in which none could be made, must
not take the last one away.
"""

import re
import shutil
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog

log = structlog.get_logger(__name__)

DAYS, WEEKS = 7, 4
#: Contacts are personal data: what was purged from the site must not live on in backups.
OLDEST = timedelta(days=30)
#: A file half written for so long was broken off.
BROKEN_OFF = timedelta(hours=12)
#: In BACKUP_DIR, which outlives a container: what was public and is not in the restored database.
#: A directory for each restore, which goes as a backup does: unlisted pages may be in it.
SURVIVED = "public-before-restore"
_MOMENT = "%Y%m%dT%H%M%SZ"
_NAME = re.compile(r"undersigned-(\d{8}T\d{6}Z)\.(age|tar)(\.part)?\Z")


def name_at(moment: datetime, suffix: str) -> str:
    return f"undersigned-{moment.astimezone(UTC):{_MOMENT}}.{suffix}"


def survivors_at(directory: Path, moment: datetime) -> Path:
    """Where a restore at this moment keeps what was public before it."""
    return directory / SURVIVED / f"{moment.astimezone(UTC):{_MOMENT}}"


def made_at(name: str) -> datetime | None:
    """When a backup was made, by its name; None for what is none of ours."""
    found = _NAME.match(name)
    return _read(found[1]) if found else None


def _read(moment: str) -> datetime | None:
    try:
        return datetime.strptime(moment, _MOMENT).replace(tzinfo=UTC)
    except ValueError:
        return None


def to_keep(moments: Iterable[datetime], now: datetime) -> set[datetime]:
    """The newest of each of the last days and weeks (ISO 8601) that have one, if young enough.

    The newest of all is kept whatever its age.
    """
    every = sorted(set(moments), reverse=True)
    newest_first = [*every[:1], *(m for m in every[1:] if now - m < OLDEST)]
    by_day: dict[object, datetime] = {}
    by_week: dict[object, datetime] = {}
    for moment in newest_first:
        by_day.setdefault(moment.date(), moment)
        by_week.setdefault(moment.isocalendar()[:2], moment)
    return {*list(by_day.values())[:DAYS], *list(by_week.values())[:WEEKS]}


def rotate(directory: Path, now: datetime) -> int:
    """Remove what is not kept, what was broken off, and what an old restore left.

    Returns how many went.
    """
    if not directory.is_dir():
        return 0
    found = {path: made_at(path.name) for path in directory.iterdir()}
    ours = {path: moment for path, moment in found.items() if moment is not None}
    kept = to_keep((m for path, m in ours.items() if path.suffix != ".part"), now)
    gone = 0
    for path, moment in ours.items():
        old = now - moment > BROKEN_OFF if path.suffix == ".part" else moment not in kept
        if old:
            path.unlink(missing_ok=True)
            gone += 1
    for survivors in (directory / SURVIVED).glob("*"):
        restored_at = _read(survivors.name)
        if restored_at is not None and now - restored_at >= OLDEST:
            shutil.rmtree(survivors, ignore_errors=True)
            gone += 1
    if gone:
        log.info("backup.rotated", removed=gone)
    return gone
