"""What the calendar does by itself: closing, becoming public at a set moment, lapsing."""

from datetime import timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from campaign.letters import LetterError, close_letter
from campaign.models import Letter
from campaign.models.letter import State
from campaign.publication import want
from signatories.services.signing import lapse


def run(*, overdue: timedelta) -> int:
    """Make the moves that are due; `overdue` is not needed, as each is cheap and harmless twice."""
    done = lapse()
    now = timezone.now()
    for letter in Letter.objects.filter(state=State.OPEN, closes__lte=now):
        try:
            close_letter(letter)
            done += 1
        except LetterError:
            continue  # somebody closed it at the same moment
    # Set to become public later than it was asked for: its publication is older than the moment.
    for letter in Letter.objects.filter(
        public_at__lte=now, publication__wanted_at__lt=F("public_at")
    ):
        with transaction.atomic():
            want(letter)
        done += 1
    return done
