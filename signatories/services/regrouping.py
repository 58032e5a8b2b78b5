"""Moving sign-ons to another group of their letter."""

from collections.abc import Collection

from django.db import transaction

from campaign.models import Group
from campaign.publication import want
from signatories.models import SignOn
from signatories.models.sign_on import Status
from signatories.services.moving import Refused, check_group
from signatories.services.one_by_one import Refusals, gone, locked


@transaction.atomic
def regroup_many(sign_ons: Collection[int], group: Group | None) -> Refusals:
    """List the sign-ons with these ids under the group; returns why which were refused.

    None stands for a group that was deleted meanwhile, and refuses all.
    """
    if group is None:
        return dict.fromkeys(sign_ons, "The group was deleted meanwhile.")
    there = locked(sign_ons)
    refused = gone(sign_ons, there)
    moved = []
    for one in there:
        try:
            check_group(group, one.letter)
            moved.append(one)
        except Refused as refusal:
            refused[one.pk] = str(refusal)
    others = SignOn.objects.filter(pk__in=[one.pk for one in moved]).exclude(group=group)
    if others.update(group=group) and any(one.status == Status.APPROVED for one in moved):
        want(group.letter)
    return refused
