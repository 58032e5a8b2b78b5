"""What the calendar does by itself: opening, closing, becoming public, lapsing, renewing."""

from datetime import datetime, timedelta

import pghistory
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from campaign.clock import SKEW
from campaign.letters import close_if_due, release_leftovers
from campaign.models import Letter, Publication
from campaign.models.letter import State
from campaign.publication import want
from signatories.editions.security import renewed_at
from signatories.services.asking import keep_links_of_waiting
from signatories.services.confirming import lapse


def run(*, overdue: timedelta) -> int:
    """Make the moves that are due; `overdue` is not needed, as each is cheap and harmless twice."""
    done = keep_links_of_waiting() + lapse()
    now = timezone.now()
    with pghistory.context(action="calendar"):
        for letter in Letter.objects.filter(state=State.OPEN, closes__lte=now):
            done += close_if_due(letter)
    for letter in Letter.objects.filter(
        Q(public_at__lte=now) & _not_asked_since("public_at", now)
        | Q(state=State.OPEN, opens__lte=now) & _not_asked_since("opens", now)
    ):
        with transaction.atomic():
            want(letter)
        done += 1
    site = Publication.objects.filter(letter=None, wanted_at__lt=renewed_at(now) + SKEW)
    if site.exists():
        with transaction.atomic():
            want(None)
        done += 1
    return done + release_leftovers()


def _not_asked_since(moment: str, now: datetime) -> Q:
    """A publisher whose clock is behind has taken a letter for unlisted that was public already, so
    within SKEW it is asked again; the same costs nothing. What was asked in the future was asked by
    a clock that has been set back since.
    """
    asked = Q(publication__wanted_at__gt=now + SKEW)
    return asked | Q(publication__wanted_at__lt=F(moment) + SKEW)
