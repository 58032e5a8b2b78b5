"""Whether what an import made or changed is still as it left it."""

from collections.abc import Collection
from typing import Any

from django.apps import apps

from signatories.models import Evidence, Hold, Import, SignOnOrganisation


def locked(model: Any, pks: Collection[int]) -> dict[int, Any]:
    """The rows by id; whoever works on them at this moment is waited for, and then waits."""
    rows = model.objects.filter(pk__in=pks).select_for_update(of=("self",)).order_by("pk")
    return {row.pk: row for row in rows}


def touched(events: str, imported: Import, objects: Collection[int]) -> set[int]:
    """Those of which the newest event in the audit is not of the import."""
    model: Any = apps.get_model("signatories", events)
    newest = (
        model.objects.filter(pgh_obj__in=list(objects))
        .order_by("pgh_obj", "-pgh_id")
        .distinct("pgh_obj")
        .values_list("pgh_obj", "pgh_context__metadata")
    )
    return {pk for pk, context in newest if not context or context.get("imported") != imported.pk}


def worked_on(imported: Import, sign_ons: Collection[int]) -> set[int]:
    """Waiting sign-ons that somebody has noted evidence for, linked or held since."""
    pks = list(sign_ons)
    notes = Evidence.objects.order_by().filter(sign_on__in=pks, added_at__gt=imported.confirmed_at)
    holds = Hold.objects.order_by().filter(sign_on__in=pks)
    links = SignOnOrganisation.objects.filter(sign_on__in=pks, sign_on__status="pending")
    found = [rows.values_list("sign_on", flat=True) for rows in (notes, holds, links)]
    return set(found[0].union(*found[1:]))


def restore(thing: Any, before: dict[str, Any], after: dict[str, Any]) -> bool:
    """Put back what stood there, unless it is not what the import put there any more."""
    columns = {thing._meta.get_field(name).attname: name for name in before}
    if any(getattr(thing, attribute) != after[name] for attribute, name in columns.items()):
        return False
    for attribute, name in columns.items():
        setattr(thing, attribute, before[name])
    return True
