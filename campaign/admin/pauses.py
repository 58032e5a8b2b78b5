"""A letter's pauses in its trail: moments are not shown there, but for these."""

from itertools import pairwise
from typing import Any

from campaign.admin.trail import Step, context_of
from campaign.models import Letter

MOST = 200


def pauses_in(letter: Letter) -> list[Step]:
    """When somebody paused it, and when somebody went on."""
    events: Any = letter.events  # type: ignore[attr-defined]
    newest = list(events.select_related("pgh_context").order_by("-pgh_id")[:MOST])
    return [
        Step(after.pgh_created_at, context_of(after), ["Paused" if after.paused_at else "Gone on"])
        for before, after in pairwise(reversed(newest))
        if (before.paused_at is None) != (after.paused_at is None)
    ]
