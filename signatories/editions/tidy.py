"""Tidying: superseded files go after an hour, also where nothing new is published."""

import time
from datetime import timedelta

from django.conf import settings

from signatories.editions.store import Store

EVERY = 600  # seconds
_last = 0.0


def run(*, overdue: timedelta) -> int:
    """Tidy all places, at most once in EVERY seconds in this process."""
    global _last
    if time.monotonic() - _last < EVERY:
        return 0
    _last = time.monotonic()
    for root in (settings.EDITIONS_DIR, settings.PRIVATE_DIR / "unlisted"):
        store = Store(root)
        for place in store.places():
            store.tidy(place)
    return 0
