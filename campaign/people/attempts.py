"""The record of attempts to sign in, and what it says of a network."""

from datetime import timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from campaign.models import Outcome, SignInAttempt

#: After this an attempt is purged, and a network from which nobody came is strange again.
KEPT = timedelta(days=90)
#: Refusals of so long are one row.
REFUSALS = timedelta(hours=1)


def is_usual(*, username: str, network: str) -> bool:
    """Whether the account of this name has signed in from the network; one query in any case."""
    found = SignInAttempt.objects.filter(
        account__username=username,
        network_key=network,
        outcome=Outcome.SIGNED_IN,
        at__gt=timezone.now() - KEPT,
    )
    return bool(network) and found.exists()


@transaction.atomic
def note(outcome: Outcome, *, account: int | None, network: str) -> None:
    """Record an attempt on the account of this id; None where there is none of that name."""
    if outcome == Outcome.LIMITED:
        same = SignInAttempt.objects.filter(
            account=account,
            network_key=network,
            outcome=outcome,
            at__gt=timezone.now() - REFUSALS,
        )
        if same.update(count=F("count") + 1):
            return
    SignInAttempt.objects.create(account_id=account, outcome=outcome, network_key=network)
