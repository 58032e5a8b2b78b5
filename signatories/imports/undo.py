"""Undoing an import: what it made goes, what it changed becomes what it was, if nobody touched it
since. All else stays, and each row says why.
"""

from collections import Counter

import pghistory
import structlog
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from campaign.names import sort_key
from campaign.publication import gathered, want
from signatories.imports.resource import BATCH
from signatories.imports.since import locked, restore, touched, worked_on
from signatories.models import (
    Contact,
    Import,
    ImportedRow,
    Organisation,
    SignOn,
    SignOnOrganisation,
)
from signatories.models.importing import UNDOABLE_FOR, Action, Stage
from signatories.models.sign_on import Status
from signatories.services import moderation
from signatories.services.moving import Refused

log = structlog.get_logger(__name__)
ACTION = "undo import"

TOUCHED = "changed since"
APPROVED = "approved"
LINKED = "linked to a sign-on"
PARENT = "has chapters"
ENDED = "came to its end since"


def approved(imported: Import) -> int:
    """How many sign-ons that the import made are approved now: they stay unless asked for."""
    return imported.done.filter(action=Action.MADE, sign_on__status=Status.APPROVED).count()


@transaction.atomic
def undo(*, imported: Import, by: User | None, withdraws: bool = False) -> dict[str, int]:
    """Returns how many were removed, withdrawn, restored and left. `withdraws` takes what is
    approved off the list; contacts who were told that they are listed are told of it.

    Raises Refused when it is undone already, or was too long ago.
    """
    there = Import.objects.select_for_update(of=("self",)).get(pk=imported.pk)
    if there.stage not in {Stage.DONE, Stage.UNDOING}:
        raise Refused("Only what was imported, and not undone yet, can be undone.")
    if not there.undoable:
        raise Refused(
            f"What was imported more than {UNDOABLE_FOR.days} days ago can be undone no more."
        )
    counts: Counter[str] = Counter()
    left: dict[int, str] = {}
    who = {"user": by.pk} if by else {}
    with pghistory.context(action=ACTION, undone=there.pk, **who), gathered():
        _undo_sign_ons(there, counts, left, withdraws=withdraws)
        _undo_organisations(there, counts, left)
    counts["left"] = len(left)
    for reason in set(left.values()):
        rows = [pk for pk, why in left.items() if why == reason]
        ImportedRow.objects.filter(pk__in=rows).update(left=reason)
    found = {name: counts[name] for name in ("removed", "withdrawn", "restored", "left")}
    Import.objects.filter(pk=there.pk).update(
        undone_at=timezone.now(), undone_by=by, undone_counts=found, wish="", problem=""
    )
    imported.refresh_from_db()
    log.info("import.undone", imported=imported.pk, **found)
    return found


def _undo_sign_ons(
    imported: Import, counts: Counter[str], left: dict[int, str], *, withdraws: bool
) -> None:
    rows = list(
        imported.done.filter(sign_on__isnull=False).values_list(
            "pk", "sign_on", "action", "before", "after"
        )
    )
    sign_ons = locked(SignOn, [row[1] for row in rows])
    changed = touched("SignOnEvent", imported, sign_ons) | worked_on(imported, sign_ons)
    restored, gone, taken_back = [], [], []
    for pk, sign_on_id, action, before, after in rows:
        sign_on = sign_ons[sign_on_id]
        if action == Action.CHANGED:
            if restore(sign_on, before, after):
                restored.append(sign_on)
            else:
                left[pk] = TOUCHED
        elif sign_on.status == Status.APPROVED:
            if withdraws:
                taken_back.append(sign_on)
            else:
                left[pk] = APPROVED
        elif sign_on.status != Status.PENDING:
            left[pk] = ENDED
        elif sign_on_id in changed:
            left[pk] = TOUCHED
        else:
            gone.append(sign_on_id)
    for sign_on in restored:
        sign_on.sort_key = sort_key(sign_on.sort_as or sign_on.listed_name)
    columns = ["group", "country", "website", "sort_as", "sort_key"]
    SignOn.objects.bulk_update(restored, columns, batch_size=BATCH)
    _withdraw(imported, taken_back, changed)
    _remove_sign_ons(gone)
    if imported.letter is not None and any(one.status == Status.APPROVED for one in restored):
        want(imported.letter)
    counts.update(removed=len(gone), withdrawn=len(taken_back), restored=len(restored))


def _withdraw(imported: Import, sign_ons: list[SignOn], changed: set[int]) -> None:
    """In one statement, but for those whose contacts were told that they are listed."""
    told = set(
        Contact.objects.filter(sign_on__in=[one.pk for one in sign_ons]).values_list(
            "sign_on", flat=True
        )
    )
    told &= changed  # what came in as approved, and was left so, was told to nobody
    reason = f"Import {imported.pk} was undone."
    quiet = [one.pk for one in sign_ons if one.pk not in told]
    SignOn.objects.filter(pk__in=quiet, status=Status.APPROVED).update(
        status=Status.WITHDRAWN, withdrawn_at=timezone.now(), reason=reason
    )
    for sign_on in sign_ons:
        if sign_on.pk in told:
            moderation.withdraw(sign_on=sign_on, reason=reason)
    if quiet and imported.letter is not None:
        want(imported.letter)


def _remove_sign_ons(pks: list[int]) -> None:
    """With all that hangs on them, as nobody has looked at them since."""
    SignOnOrganisation.objects.filter(sign_on__in=pks).delete()
    SignOn.objects.filter(pk__in=pks).delete()


def _undo_organisations(imported: Import, counts: Counter[str], left: dict[int, str]) -> None:
    rows = list(
        imported.done.filter(organisation__isnull=False).values_list(
            "pk", "organisation", "action", "before", "after"
        )
    )
    bodies = locked(Organisation, [row[1] for row in rows])
    changed = touched("OrganisationEvent", imported, bodies)
    made = {row[1] for row in rows if row[2] == Action.MADE}
    linked = set(
        SignOnOrganisation.objects.filter(organisation__in=made).values_list(
            "organisation", flat=True
        )
    )
    above = Organisation.objects.filter(parent__in=made).exclude(pk__in=made - linked - changed)
    parents = set(above.values_list("parent", flat=True))
    restored, gone = [], []
    for pk, body_id, action, before, after in rows:
        if action == Action.CHANGED:
            if restore(bodies[body_id], before, after):
                restored.append(bodies[body_id])
            else:
                left[pk] = TOUCHED
        elif body_id in linked:
            left[pk] = LINKED
        elif body_id in changed:
            left[pk] = TOUCHED
        elif body_id in parents:
            left[pk] = PARENT
        else:
            gone.append(body_id)
    columns = ["aliases", "sort_as", "website", "country", "parent"]
    Organisation.objects.bulk_update(restored, columns, batch_size=BATCH)
    Organisation.objects.filter(pk__in=gone).delete()
    counts.update(removed=len(gone), restored=len(restored))
