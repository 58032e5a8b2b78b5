"""Asking for an edition, and the lease of the one who builds it."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from campaign.clock import SKEW
from campaign.hints import hint
from campaign.models import Letter, Publication

#: After a failure the next try waits this long, doubled each time up to LONGEST_PAUSE.
FIRST_PAUSE = timedelta(seconds=2)
LONGEST_PAUSE = timedelta(minutes=5)


@dataclass(frozen=True)
class Lease:
    """The right to build one publication, with the revision that was wanted when it was taken."""

    publication: Publication
    wanted: int
    fence: int


#: What is wanted inside `gathered`, letter by id; None stands for the site.
_wanted: ContextVar[dict[int | None, Letter | None] | None] = ContextVar("wanted", default=None)


def want(letter: Letter | None) -> None:
    """Ask for a new edition of a letter, in the transaction that changes what is public.

    A public letter also changes the list of letters, so the site edition is asked for as well;
    None asks for the site edition only.
    """
    with gathered():
        gathering = _wanted.get()
        assert gathering is not None  # noqa: S101 - for the type checker
        gathering[letter.pk if letter else None] = letter
        if letter is not None and letter.public_at is not None:
            gathering[None] = None


@contextmanager
def gathered() -> Iterator[None]:
    """Ask once, at the end, for all that is wanted inside; to stand inside a transaction.

    The rows are locked until it commits. So they are locked late, and in one order, the site's
    last: a long load does not hold up other letters, and two of them cannot wait for each other.
    """
    if _wanted.get() is not None:
        yield
        return
    gathering: dict[int | None, Letter | None] = {}
    token = _wanted.set(gathering)
    try:
        yield
    finally:
        _wanted.reset(token)
    for pk in sorted(pk for pk in gathering if pk is not None):
        _bump(gathering[pk])
    if None in gathering:
        _bump(None)
    if gathering:
        hint("publish")


def _bump(letter: Letter | None) -> None:
    now = timezone.now()
    rows = Publication.objects.filter(letter=letter)
    if not rows.update(wanted=F("wanted") + 1, wanted_at=now):
        _, created = Publication.objects.get_or_create(
            letter=letter, defaults={"wanted": 1, "wanted_at": now}
        )
        if not created:
            rows.update(wanted=F("wanted") + 1, wanted_at=now)


def due() -> list[int]:
    """Ids of the publications that are behind, free, and not resting after a failure.

    Longest waiting first. Nothing is left to the workers for a moment: the lease sees to it that
    each is built once, and under a stream of changes nothing would ever have waited.
    """
    now = timezone.now()
    behind = Publication.objects.filter(_free(now), published__lt=F("wanted"))
    return [row.pk for row in behind.order_by("wanted_at") if not _rests(row, now)]


def _free(now: datetime) -> Q:
    """Nobody holds the lease. One that ends later than any could is from before the clock was
    set back: waiting for its end might take days.
    """
    return (
        Q(lease_expires_at__isnull=True)
        | Q(lease_expires_at__lt=now)
        | Q(lease_expires_at__gt=now + 2 * settings.PUBLISH_LEASE)
    )


def _rests(row: Publication, now: datetime) -> bool:
    """Whether it failed a moment ago; a failure that is yet to come says nothing."""
    if row.failed_at is None or row.failed_at > now + SKEW:
        return False
    pause: timedelta = FIRST_PAUSE * 2 ** min(row.failures - 1, 10)
    return now < row.failed_at + min(LONGEST_PAUSE, pause)


def take(pk: int, *, owner: str) -> Lease | None:
    """Take the lease, in one conditional UPDATE; None when somebody got there first."""
    now = timezone.now()
    taken = Publication.objects.filter(_free(now), pk=pk).update(
        lease_owner=owner, lease_expires_at=now + settings.PUBLISH_LEASE, fence=F("fence") + 1
    )
    if not taken:
        return None
    row = Publication.objects.select_related("letter").get(pk=pk)
    if row.lease_owner != owner:
        return None
    return Lease(publication=row, wanted=row.wanted, fence=row.fence)


def renew(lease: Lease) -> bool:
    """Hold the lease for longer; False when it was lost meanwhile."""
    ends = timezone.now() + settings.PUBLISH_LEASE
    return bool(_held(lease).update(lease_expires_at=ends))


def done(lease: Lease, *, problem: str = "") -> bool:
    """Give the lease back, with what was wanted when it was taken now published.

    Returns False, and changes nothing, when the lease was lost meanwhile.
    """
    return bool(
        _held(lease).update(
            published=lease.wanted,
            lease_owner="",
            lease_expires_at=None,
            failed_at=None,
            failures=0,
            problem=problem[:500],
        )
    )


def failed(lease: Lease, *, problem: str) -> None:
    """Give the lease back unfulfilled, with one line for staff."""
    _held(lease).update(
        lease_owner="",
        lease_expires_at=None,
        failed_at=timezone.now(),
        failures=F("failures") + 1,
        problem=problem[:500],
    )


def _held(lease: Lease) -> QuerySet[Publication]:
    return Publication.objects.filter(pk=lease.publication.pk, fence=lease.fence).exclude(
        lease_owner=""
    )
