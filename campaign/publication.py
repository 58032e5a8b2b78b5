"""Asking for an edition, and the lease of the one who builds it."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db.models import F, QuerySet
from django.utils import timezone

from campaign import lease
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
    free = lease.free(now, settings.PUBLISH_LEASE)
    behind = Publication.objects.filter(free, published__lt=F("wanted")).order_by("wanted_at")
    return [
        row.pk
        for row in behind
        if not lease.rests(row, now, first=FIRST_PAUSE, longest=LONGEST_PAUSE)
    ]


def take(pk: int, *, owner: str) -> Lease | None:
    """Take the lease, in one conditional UPDATE; None when somebody got there first."""
    now = timezone.now()
    taken = Publication.objects.filter(lease.free(now, settings.PUBLISH_LEASE), pk=pk).update(
        lease_owner=owner, lease_expires_at=now + settings.PUBLISH_LEASE, fence=F("fence") + 1
    )
    if not taken:
        return None
    row = Publication.objects.select_related("letter").get(pk=pk)
    if row.lease_owner != owner:
        return None
    return Lease(publication=row, wanted=row.wanted, fence=row.fence)


def renew(held: Lease) -> bool:
    """Hold the lease for longer; False when it was lost meanwhile."""
    ends = timezone.now() + settings.PUBLISH_LEASE
    return bool(_held(held).update(lease_expires_at=ends))


def overtaken(held: Lease) -> bool:
    """Whether more is wanted by now than when the lease was taken."""
    return _held(held).filter(wanted__gt=held.wanted).exists()


def done(held: Lease, *, problem: str = "") -> bool:
    """Give the lease back, with what was wanted when it was taken now published.

    Returns False, and changes nothing, when the lease was lost meanwhile.
    """
    return bool(_held(held).update(published=held.wanted, **lease.fulfilled(problem=problem)))


def failed(held: Lease, *, problem: str) -> None:
    """Give the lease back unfulfilled, with one line for staff."""
    _held(held).update(**lease.failed(timezone.now(), problem=problem))


def _held(held: Lease) -> QuerySet[Publication]:
    return Publication.objects.filter(pk=held.publication.pk, fence=held.fence).exclude(
        lease_owner=""
    )
