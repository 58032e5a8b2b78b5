"""What the calendar does by itself: opening, closing, becoming public, lapsing."""

from datetime import timedelta

import pghistory
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from campaign.letters import close_if_due, release_leftovers
from campaign.models import Letter
from campaign.models.letter import State
from campaign.publication import want
from signatories.services.signing import lapse

#: How far the clocks of two machines may be apart: a publisher whose clock is behind has taken a
#: letter for unlisted that was public already, so it is asked again; the same costs nothing.
SKEW = timedelta(seconds=5)


def run(*, overdue: timedelta) -> int:
    """Make the moves that are due; `overdue` is not needed, as each is cheap and harmless twice."""
    done = lapse()
    now = timezone.now()
    with pghistory.context(action="calendar"):
        for letter in Letter.objects.filter(state=State.OPEN, closes__lte=now):
            done += close_if_due(letter)
    moments = [
        Q(public_at__lte=now, publication__wanted_at__lt=F("public_at") + SKEW),
        Q(state=State.OPEN, opens__lte=now, publication__wanted_at__lt=F("opens") + SKEW),
    ]
    for letter in Letter.objects.filter(moments[0] | moments[1]):
        with transaction.atomic():
            want(letter)
        done += 1
    return done + release_leftovers()
