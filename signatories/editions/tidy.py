"""Tidying: superseded files go after an hour, and places that no letter owns any more."""

from datetime import timedelta

from django.conf import settings

from campaign.models import Letter
from campaign.turn import Turn
from signatories.editions.publisher import SITE
from signatories.editions.store import Store

EVERY = 60.0  # seconds
_turn = Turn()


def run(*, overdue: timedelta) -> int:
    """Tidy all places, at most once in EVERY seconds in this process."""
    if _turn.has_come(EVERY):
        tidy()
    return 0


def tidy() -> None:
    """A deleted draft leaves its unlisted page, a letter with a new slug its old address."""
    editions, unlisted = Store(settings.EDITIONS_DIR), Store(settings.PRIVATE_DIR / "unlisted")
    # The places before the letters: a letter that is made in between has no place among them.
    places = [(editions, place) for place in editions.places()]
    places += [(unlisted, place) for place in unlisted.places()]
    owned = {(editions, SITE)}
    for slug, key in Letter.objects.values_list("slug", "unlisted_key"):
        owned |= {(editions, f"letters/{slug}"), (unlisted, key)}
    for store, place in places:
        store.tidy(place)
        if (store, place) not in owned and store.stands(place):
            store.retire(place, before=store.head(place) + 1)
