"""Tidying: superseded files go after an hour, and places whose letter has given them up."""

from datetime import timedelta
from typing import Any

import structlog
from django.apps import apps
from django.conf import settings

from campaign.models import Letter
from campaign.turn import Turn
from signatories.editions.publisher import SITE
from signatories.editions.store import Store

log = structlog.get_logger(__name__)

EVERY = 60.0  # seconds
LETTERS = "letters/"
_turn = Turn()
#: What this process has warned of already.
_told: set[str] = set()


def run(*, overdue: timedelta) -> int:
    """Tidy all places, at most once in EVERY seconds in this process."""
    if _turn.has_come(EVERY):
        tidy()
    return 0


def tidy() -> None:
    """A deleted draft leaves its unlisted page, a letter with a new slug its old address.

    Only what this database has known is taken away. A place that it has never heard of says that
    the database is not the one of this store: an empty one perhaps, or one that is still to be
    restored. Readers keep what stands there.
    """
    editions, unlisted = Store(settings.EDITIONS_DIR), Store(settings.PRIVATE_DIR / "unlisted")
    # The places before the letters: a letter that is made in between has no place among them.
    places = [(editions, place) for place in editions.places()]
    places += [(unlisted, place) for place in unlisted.places()]
    owned = {(editions, SITE)}
    for slug, key in Letter.objects.values_list("slug", "unlisted_key"):
        owned |= {(editions, f"{LETTERS}{slug}"), (unlisted, key)}
    for store, place in places:
        store.tidy(place)
        if (store, place) in owned or not store.stands(place):
            continue
        slug = place.removeprefix(LETTERS) if store is editions else store.owner(place)
        # A link that was set by hand, to files that belong elsewhere, is nobody's.
        if not store.has_published(place) or _has_known(slug):
            store.retire(place, before=store.head(place) + 1)
        elif place not in _told:
            _told.add(place)
            # The key of an unlisted letter is a secret.
            name = place if store is editions else f"unlisted/{place[:4]}…"
            log.warning("edition.of_no_letter_here", place=name)


def _has_known(slug: str) -> bool:
    """Whether a letter has ever had this slug here: the audit knows those that are gone, too."""
    events: Any = apps.get_model("campaign", "LetterEvent").objects
    return bool(events.filter(slug=slug).exists())
