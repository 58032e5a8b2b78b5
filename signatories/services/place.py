"""Where a sign-on stands, or would stand, in its group: between which two names."""

from dataclasses import dataclass

from django.db.models import BinaryField, QuerySet
from django.db.models.functions import Substr

from signatories.models import SignOn
from signatories.models.sign_on import SORTED_BY


@dataclass(frozen=True)
class Place:
    """The names before and after; empty at an end of the group."""

    before: str
    after: str


def place_of(sign_on: SignOn) -> Place:
    """In the order of the list (signatories.editions.freeze), by the index sign_on_in_its_place."""
    key = bytes(sign_on.sort_key)
    listed = (
        SignOn.objects.public()
        .filter(group=sign_on.group_id)
        .exclude(pk=sign_on.pk)
        .annotate(start=Substr("sort_key", 1, SORTED_BY, output_field=BinaryField()))
    )
    start = key[:SORTED_BY]
    before = listed.filter(start__lte=start, sort_key__lt=key).order_by("-start", "-sort_key")
    after = listed.filter(start__gte=start, sort_key__gte=key).order_by("start", "sort_key")
    return Place(_name(before), _name(after))


def _name(found: QuerySet[SignOn]) -> str:
    return found.values_list("listed_name", flat=True).first() or ""
