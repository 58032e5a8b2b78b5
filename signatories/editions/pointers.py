"""Pointers: what each place in the stores shows, against what the database says it should.

A crash at the wrong moment, a restored backup or a hand in the directories can leave an old
edition, a damaged one, or one where none should be. Each is asked for again; the publisher, which
holds the lease, mends it.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F, Model, OuterRef, Q, QuerySet, Subquery

from campaign.models import Letter, Publication
from campaign.publication import gathered, want
from campaign.turn import Turn
from signatories.editions.publisher import PDF_FAILED, Place, place_of, site_place
from signatories.editions.store import COMPLETE, PAGE
from signatories.models import Edition

log = structlog.get_logger(__name__)

Row = TypeVar("Row", bound=Model)

_turn = Turn()


@dataclass(frozen=True)
class Truth:
    """The latest edition that the database knows, and what was wrong with its PDF."""

    number: int | None
    digest: str
    problem: str

    def stands_in(self, place: Place) -> bool:
        if self.number is None:
            return False
        stages = (PAGE, COMPLETE) if PDF_FAILED in self.problem else (COMPLETE,)
        return place.shows(self.number, self.digest, stages=stages)


def run(*, overdue: timedelta) -> int:
    """Compare all places, at most once in POINTERS_EVERY in this process."""
    return compare() if _turn.has_come(settings.POINTERS_EVERY.total_seconds()) else 0


def compare() -> int:
    """Ask for what the stores show wrongly; returns how many were asked for. Two queries.

    What is behind or being built is left alone. The database is read before the stores, so what is
    published in between looks wrong, and is asked for to no effect.
    """
    wrong: list[Letter | None] = [letter for letter in _settled() if _is_wrong(letter)]
    if _site_is_wrong():
        wrong.append(None)
    if wrong:
        with transaction.atomic(), gathered():
            for letter in wrong:
                log.warning("edition.not_as_it_should_be", letter=letter and letter.pk)
                want(letter)
    return len(wrong)


def _settled() -> QuerySet[Letter]:
    """Letters with words whose publication says that all is done, or that have none."""
    settled = Q(publication__published=F("publication__wanted"), publication__lease_owner="")
    letters = Letter.objects.filter(
        settled | Q(publication__isnull=True), current_text__isnull=False
    )
    found: QuerySet[Letter] = _with_latest(
        letters.select_related("publication"), letter=OuterRef("pk")
    )
    return found


def _is_wrong(letter: Letter) -> bool:
    publication = getattr(letter, "publication", None)
    truth = _truth(letter, publication)
    # As the publisher does: its moment may come while we look.
    public = letter.public
    elsewhere = place_of(letter, public=not public)
    return elsewhere.current is not None or not truth.stands_in(place_of(letter, public=public))


def _site_is_wrong() -> bool:
    rows = _with_latest(Publication.objects.filter(letter=None), letter__isnull=True)
    row = rows.first()
    if row is not None and (row.published < row.wanted or row.lease_owner):
        return False
    return row is None or not _truth(row, row).stands_in(site_place())


def _with_latest(rows: QuerySet[Row], **of: object) -> Any:
    latest = Edition.objects.filter(**of).order_by("-number")
    return rows.annotate(
        latest_number=Subquery(latest.values("number")[:1]),
        latest_digest=Subquery(latest.values("digest")[:1]),
    )


def _truth(row: Model, publication: Publication | None) -> Truth:
    return Truth(
        number=row.latest_number,  # type: ignore[attr-defined]
        digest=row.latest_digest or "",  # type: ignore[attr-defined]
        problem=publication.problem if publication else "",
    )
