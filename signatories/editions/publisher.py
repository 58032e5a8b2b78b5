"""The publisher: takes a lease, freezes, builds, switches; first the page, then the PDF."""

import json
import os
import socket
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from campaign import publication
from campaign.models import Letter
from campaign.publication import Lease
from signatories.editions import freeze, pages
from signatories.editions.late import pdf_is_late
from signatories.editions.pdf import TypesettingError, typeset
from signatories.editions.schema import Document, SiteDocument
from signatories.editions.store import COMPLETE, PAGE, Store, Version
from signatories.models import Edition

log = structlog.get_logger(__name__)

SITE = "site"
#: How the problem begins when the page stands without a PDF of its own.
PDF_FAILED = "The PDF could not be made"


class NotTaken(Exception):
    """The store has refused an edition, and shows nothing, or an older one, in its place."""


class LeaseLost(Exception):
    """Somebody else publishes by now; what this publisher built is not shown."""


@dataclass(frozen=True)
class Place:
    """Where an edition stands: a store and a path in it."""

    store: Store
    path: str
    #: The letter's slug, where the path is not made of it.
    owner: str = ""

    @property
    def head(self) -> int:
        return self.store.head(self.path)

    @property
    def current(self) -> Version | None:
        return self.store.current(self.path)

    def publish(self, version: Version, files: Mapping[str, bytes]) -> bool:
        self.note_owner()
        return self.store.publish(self.path, version, files)

    def note_owner(self) -> None:
        if self.owner:
            self.store.note_owner(self.path, self.owner)

    def shows(self, number: int, digest: str, *, stages: Collection[int] = (COMPLETE,)) -> bool:
        """Whether readers see this edition, in one of the stages, with no file lost."""
        current = self.current
        return (
            current is not None
            and current.number == number
            and current.stage in stages
            and self.store.digest(self.path, number) == digest
            and self.store.whole(self.path)
        )

    def takes(self, number: int) -> bool:
        """Whether the number is not among those that were retired here."""
        return number >= self.store.retired_before(self.path)

    def has_other(self, number: int, digest: str) -> bool:
        """Whether another document than this one was published here under the number."""
        return self.store.digest(self.path, number) not in {None, digest}


def place_of(letter: Letter, *, public: bool) -> Place:
    """Where a letter stands: among the editions once public, in the private store before."""
    if public:
        return Place(Store(settings.EDITIONS_DIR), f"letters/{letter.slug}")
    return Place(Store(settings.PRIVATE_DIR / "unlisted"), letter.unlisted_key, owner=letter.slug)


def site_place() -> Place:
    return Place(Store(settings.EDITIONS_DIR), SITE)


def run(*, overdue: timedelta) -> int:
    """Publish what is wanted; returns how many were published. The lease makes waiting needless."""
    done = 0
    owner = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
    while waiting := publication.due():
        progress = 0
        for pk in waiting:
            lease = publication.take(pk, owner=owner)
            if lease is not None:
                progress += publish(lease)
        if not progress:
            break  # others are at it, or it failed and rests
        done += progress
    return done


def publish(lease: Lease) -> bool:
    """Bring one letter, or the site, up to what was wanted when the lease was taken."""
    letter = lease.publication.letter
    name = letter.slug if letter else SITE
    try:
        problem = publish_letter(letter, lease) if letter else publish_site(lease)
    except LeaseLost:
        log.warning("edition.lease_lost", letter=name)
        return False
    except Exception as error:
        # Whatever it is, it must neither stop the other letters nor be hidden from staff.
        publication.failed(lease, problem=f"{type(error).__name__}: {error}")
        log.exception("edition.failed", letter=name)
        return False
    publication.done(lease, problem=problem)
    return True


def publish_letter(letter: Letter, lease: Lease) -> str:
    """Returns a problem that did not hold back the page, such as a failed PDF, or nothing."""
    if letter.current_text is None:
        return ""
    # Asked once: the moment at which the letter becomes public may pass while it is built.
    public = letter.public
    place = place_of(letter, public=public)
    edition = _freeze_letter(letter, public=public)
    document = cast(Document, _document(edition))
    if not public:
        # First of all: whatever fails afterwards, it is not public any more.
        _retire(letter, edition, lease, public=True)
    if not place.shows(edition.number, edition.digest):
        _hold(lease)
        problem = _build(edition, document, place, lease)
    else:
        place.note_owner()  # it may have been published before owners were noted
        problem = _problem_of_before(lease)
        _stamp(edition, "live_at")
        _stamp(edition, "complete_at")
    if public:
        _retire(letter, edition, lease, public=False)
    return problem


def _build(edition: Edition, document: Document, place: Place, lease: Lease) -> str:
    """Show the page with the PDF of before, then the PDF of this edition."""
    files = pages.letter_files(document)
    first = dict(files)
    before = place.store.read(place.path, "letter.pdf")
    first["manifest.json"] = pages.manifest(document, files, complete=False)
    if before is not None:
        first["letter.pdf"] = before
    _show(place, Version(edition.number, PAGE), first, lease)
    _stamp(edition, "live_at")
    log.info("edition.live", letter=document["letter"]["slug"], edition=edition.number)

    if before is not None and publication.overtaken(lease) and not pdf_is_late(edition):
        # Readers have the page that comes next sooner, and with it a PDF that says more.
        return _problem_of_before(lease)
    _hold(lease)
    problems = []
    try:
        for index, wording in enumerate(document["text"]["wordings"]):
            language = wording["language"]
            typeset_letter = typeset(document, language)
            name = "letter.pdf" if index == 0 else f"{language.lower()}/letter.pdf"
            files[name] = typeset_letter.pdf
            if typeset_letter.replaced:
                problems.append(
                    "The PDF shows a box for characters that no font here has: "
                    + " ".join(typeset_letter.replaced[:20])
                )
    except TypesettingError as error:
        log.error("edition.pdf_failed", letter=document["letter"]["slug"], edition=edition.number)
        return f"{PDF_FAILED}, the one before stays: {error}"
    _hold(lease)
    files["manifest.json"] = pages.manifest(document, files, complete=True)
    _show(place, Version(edition.number, COMPLETE), files, lease)
    _stamp(edition, "complete_at")
    return " ".join(problems)


def _problem_of_before(lease: Lease) -> str:
    """What was said of the PDF that still stands."""
    return lease.publication.problem if not lease.publication.failures else ""


def _show(place: Place, version: Version, files: dict[str, bytes], lease: Lease) -> None:
    """Switch to it. Raises NotTaken when the store refuses it for no newer one, or LeaseLost."""
    if place.publish(version, files):
        return
    _hold(lease)  # whoever slept is refused, too, and rightly
    current = place.current
    if current is None or current < version:
        raise NotTaken(
            f"edition {version.number} was not taken: what is below "
            f"{place.store.retired_before(place.path)} was retired there meanwhile"
        )


def publish_site(lease: Lease) -> str:
    place = site_place()
    edition = _freeze(
        None,
        [place],
        lambda number, previous: freeze.site_document(
            edition=number, published_at=timezone.now(), previous=previous
        ),
    )
    if not place.shows(edition.number, edition.digest):
        document = cast(SiteDocument, _document(edition))
        files = pages.site_files(document)
        files["manifest.json"] = pages.manifest(document, files, complete=True)
        _hold(lease)
        _show(place, Version(edition.number, COMPLETE), files, lease)
    _stamp(edition, "live_at")
    _stamp(edition, "complete_at")
    return ""


def _freeze_letter(letter: Letter, *, public: bool) -> Edition:
    return _freeze(
        letter,
        [place_of(letter, public=visible) for visible in (True, False)],
        lambda number, previous: freeze.letter_document(
            letter,
            edition=number,
            published_at=timezone.now(),
            previous=previous,
            public=public,
        ),
    )


@transaction.atomic
def _freeze(letter: Letter | None, places: Sequence[Place], document_of: Any) -> Edition:
    """The edition to show: the last one while its content stands, or a new one, stored first.

    Numbers continue above what the places have held: they may be ahead of a database that was
    restored, or have the same number with other content. What was retired somewhere counts as held:
    the store would refuse it.
    """
    head = max(place.head for place in places)
    last = Edition.objects.filter(letter=letter).order_by("-number").first()
    number = max(last.number if last else 0, head) + 1
    document = document_of(number, last.digest if last else "")
    content = freeze.content_digest(document)
    if (
        last is not None
        and last.content_digest == content
        and last.number >= head
        and all(place.takes(last.number) for place in places)
        and not any(place.has_other(last.number, last.digest) for place in places)
    ):
        return last
    return Edition.objects.create(
        letter=letter,
        number=number,
        document=freeze.canonical(document),
        digest=freeze.digest(document),
        content_digest=content,
        frozen_at=timezone.now(),
    )


def _document(edition: Edition) -> dict[str, Any]:
    return cast(dict[str, Any], json.loads(edition.document))


def _hold(lease: Lease) -> None:
    if not publication.renew(lease):
        raise LeaseLost


def _stamp(edition: Edition, field: str) -> None:
    Edition.objects.filter(pk=edition.pk, **{f"{field}__isnull": True}).update(
        **{field: timezone.now()}
    )


def _retire(letter: Letter, edition: Edition, lease: Lease, *, public: bool) -> None:
    """Take the letter from where it stood while it was public, or while it was not."""
    other = place_of(letter, public=public)
    if edition.number == 1 and other.current is None:
        return  # it has stood nowhere yet
    # Also where nothing stands: an edition frozen before this one may still be on its way there.
    _hold(lease)
    other.store.retire(other.path, before=edition.number)
