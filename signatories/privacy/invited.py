"""What invitations hold about one person: told, and erased."""

from collections import Counter
from collections.abc import Callable, Collection
from typing import Any

from django.db.models import Q, QuerySet

from campaign.tokens import new_epoch
from signatories.models import Contact, Invitation, InvitationBatch, SignOn

#: `_holds` of signatories.privacy.subject, for their words: a column, to where it names them.
Naming = Callable[[str], Q]
TOLD = [
    "id", "letter__slug", "organisation__display_name", "invited_at", "reminders", "reminded_at",
    "passed_on", "passed_on_at", "declined_at", "decline_reason", "authority", "signed_at",
    "taken_back_at",
]  # fmt: skip


def invitations_held(
    contacts: Collection[Contact], sign_ons: Collection[SignOn], naming: Naming
) -> list[dict[str, Any]]:
    """Those that are or were theirs, and those in which somebody names them."""
    theirs = Q(pk__in=_pks(contacts)) | Q(sign_on__in=[sign_on.pk for sign_on in sign_ons])
    found = Invitation.objects.filter(theirs | naming("authority") | naming("decline_reason"))
    return list(found.order_by("pk").values(*TOLD))


def messages_held(naming: Naming) -> list[dict[str, Any]]:
    return [dict(row) for row in _naming_messages(naming).values("id", "message", "created_at")]


def erase_invited(contacts: Collection[Contact], naming: Naming) -> Counter[int | None]:
    """Their invitations lose them, and end; what names them elsewhere goes. Counted by letter."""
    erased: Counter[int | None] = Counter()
    theirs = Invitation.objects.filter(pk__in=_pks(contacts))
    named = Invitation.objects.filter(naming("authority") | naming("decline_reason"))
    for rows in (theirs, named):
        found = dict(rows.select_for_update(of=("self",)).values_list("pk", "letter_id"))
        erased.update(found.values())
        changes: dict[str, Any] = {"authority": "", "decline_reason": ""}
        if rows is theirs:
            Contact.objects.filter(pk__in=[contact.pk for contact in contacts]).filter(
                invitation__in=list(found)
            ).delete()
            changes["epoch"] = new_epoch()
        Invitation.objects.filter(pk__in=list(found)).update(**changes)
    messages = dict(_naming_messages(naming).values_list("pk", "letter_id"))
    erased.update(messages.values())
    InvitationBatch.objects.filter(pk__in=list(messages)).update(message="")
    return erased


def _naming_messages(naming: Naming) -> QuerySet[InvitationBatch]:
    return InvitationBatch.objects.filter(naming("message")).order_by("pk")


def _pks(contacts: Collection[Contact]) -> list[int]:
    return [pk for contact in contacts if (pk := contact.invitation_id) is not None]
