"""Merging two organisations that are one, with the history of both kept; and taking apart again.

The row that is merged stays, out of reach of every search: it points to the one that is kept, and
its `Merger` says what moved.
"""

from dataclasses import dataclass, field

import pghistory
from django.db import IntegrityError, transaction

from campaign.models import Letter
from signatories.models import Merger, Organisation, SignOn, SignOnOrganisation
from signatories.models.organisation import NOTES_CHANGED
from signatories.services.inviting import join_invitations
from signatories.services.moving import Refused
from signatories.services.registry import above, lock, unlike

#: Taken over where the one that is kept has none.
FILLED = ["website", "country", "sort_as"]


@dataclass(frozen=True)
class Conflict:
    """A letter on which both are listed."""

    letter: Letter
    kept: SignOn
    merged: SignOn


@dataclass
class Plan:
    """What merging would do, or why it cannot be done."""

    kept: Organisation
    merged: Organisation
    links: list[SignOnOrganisation]
    doubled: list[SignOnOrganisation]
    aliases: list[str]
    chapters: list[Organisation]
    parent: Organisation | None
    filled: list[str]
    conflicts: list[Conflict] = field(default_factory=list)

    @property
    def notes(self) -> str:
        """Of both, those of the kept one first."""
        return "\n".join(notes for notes in (self.kept.notes, self.merged.notes) if notes)


def plan(kept: Organisation, merged: Organisation) -> Plan:
    """Nothing is changed by it. Raises Refused for two that cannot be merged at all."""
    if kept.pk == merged.pk:
        raise Refused("An organisation is not merged with itself.")
    for one in (kept, merged):
        if one.merged_into_id is not None:
            raise Refused(f"“{one}” was merged into “{one.merged_into}” already.")
    links = list(
        SignOnOrganisation.objects.filter(organisation=merged)
        .select_related("sign_on__letter")
        .order_by("pk")
    )
    of_kept = {
        link.sign_on_id: link
        for link in SignOnOrganisation.objects.filter(
            organisation=kept, letter__in={link.letter_id for link in links}
        ).select_related("sign_on")
    }
    listed = {link.letter_id: link.sign_on for link in of_kept.values() if link.approved}
    aliases = unlike([*kept.aliases, *merged.names], but=kept.display_name)
    return Plan(
        kept,
        merged,
        links=[link for link in links if link.sign_on_id not in of_kept],
        doubled=[link for link in links if link.sign_on_id in of_kept],
        aliases=aliases,
        chapters=list(merged.chapters.exclude(pk=kept.pk).order_by("pk")),
        parent=_parent(kept, merged),
        filled=[name for name in FILLED if getattr(merged, name) and not getattr(kept, name)],
        conflicts=[
            Conflict(link.sign_on.letter, listed[link.letter_id], link.sign_on)
            for link in links
            if link.approved
            and link.letter_id in listed
            and listed[link.letter_id].pk != link.sign_on_id
        ],
    )


def _parent(kept: Organisation, merged: Organisation) -> Organisation | None:
    """The parent of the one that is kept, afterwards; never itself or one below it."""
    if merged.pk in above(kept):  # somewhere above it: its place is taken
        return merged.parent
    if kept.parent is None and merged.parent and kept.pk not in above(merged.parent):
        return merged.parent
    return kept.parent


@transaction.atomic
def merge(*, kept: Organisation, merged: Organisation) -> Merger:
    """Make one of two: links, names, chapters and notes of `merged` become those of `kept`.

    So do its invitations, which stay there when the two are taken apart again.

    Raises Refused where both are listed on one letter, naming it, or either was merged already.
    """
    first, second = sorted((kept, merged), key=lambda one: one.pk)
    locked = {one.pk: lock(one) for one in (first, second)}
    kept, merged = locked[kept.pk], locked[merged.pk]
    what = plan(kept, merged)
    if what.conflicts:
        letters = ", ".join(f"“{conflict.letter}”" for conflict in what.conflicts)
        raise Refused(f"Not merged: both are listed on {letters}. Withdraw one of the two first.")
    before = kept.parent
    new_aliases = [alias for alias in what.aliases if alias not in kept.aliases]
    kept.aliases, kept.parent, kept.notes = what.aliases, what.parent, what.notes
    for name in what.filled:
        setattr(kept, name, getattr(merged, name))
    kept.save()
    if merged.notes:
        pghistory.create_event(kept, label=NOTES_CHANGED)
    SignOnOrganisation.objects.filter(pk__in=[link.pk for link in what.doubled]).delete()
    try:
        with transaction.atomic():
            SignOnOrganisation.objects.filter(pk__in=[link.pk for link in what.links]).update(
                organisation=kept
            )
    except IntegrityError as error:
        raise Refused("Not merged: one of them was approved at this moment. Look again.") from error
    join_invitations(kept=kept, gone=merged)
    Organisation.objects.filter(pk__in=[one.pk for one in what.chapters]).update(parent=kept)
    # What was merged into it before now is the same as this one, too.
    Organisation.objects.filter(merged_into=merged).update(merged_into=kept)
    merged.merged_into, merged.alike_to = kept, None
    merged.save()
    return Merger.objects.create(
        merged=merged,
        kept=kept,
        links=[link.pk for link in what.links],
        doubled=[link.sign_on_id for link in what.doubled],
        chapters=[one.pk for one in what.chapters],
        aliases=new_aliases,
        filled=[*what.filled, *(["parent"] if what.parent != before else [])],
        parent=before,
    )


@transaction.atomic
def take_apart(*, merged: Organisation) -> Organisation:
    """Undo a merge: what it moved goes back. Returns the one that was kept.

    Raises Refused when it is none that was merged, or something that moved was changed since.
    """
    merger = Merger.objects.select_related("kept").filter(merged=merged).first()
    if merger is None:
        raise Refused(f"“{merged}” is not merged into another.")
    first, second = sorted((merged, merger.kept), key=lambda one: one.pk)
    locked = {one.pk: lock(one) for one in (first, second)}
    merged, kept = locked[merged.pk], locked[merger.kept_id]
    _check_unchanged(merger, kept)
    SignOnOrganisation.objects.filter(pk__in=merger.links).update(organisation=merged)
    merged.merged_into = None
    merged.save()
    for sign_on in SignOn.objects.filter(pk__in=merger.doubled):
        SignOnOrganisation.objects.create(sign_on=sign_on, organisation=merged)
    Organisation.objects.filter(pk__in=merger.chapters).update(parent=merged)
    Organisation.objects.filter(merger__kept=merged).update(merged_into=merged)
    kept.aliases = [alias for alias in kept.aliases if alias not in merger.aliases]
    for name in merger.filled:
        if name == "parent":
            _restore_parent(kept, merged, merger.parent)
        elif getattr(kept, name) == getattr(merged, name):
            setattr(kept, name, "")
    if merged.notes:
        kept.notes = kept.notes.removesuffix(merged.notes).rstrip("\n")
    kept.save()
    if merged.notes:
        pghistory.create_event(kept, label=NOTES_CHANGED)
    merger.delete()
    return kept


def _restore_parent(kept: Organisation, merged: Organisation, before: Organisation | None) -> None:
    """Unless it was given another since, or the one before is below it by now."""
    if kept.parent_id == merged.parent_id and (before is None or kept.pk not in above(before)):
        kept.parent = before


def _check_unchanged(merger: Merger, kept: Organisation) -> None:
    if kept.merged_into_id is not None:
        raise Refused(f"“{kept}” was itself merged since. Take that apart first.")
    moved = SignOnOrganisation.objects.filter(pk__in=merger.links, organisation=kept)
    chapters = Organisation.objects.filter(pk__in=merger.chapters, parent=kept)
    if moved.count() != len(merger.links) or chapters.count() != len(merger.chapters):
        raise Refused(
            "Sign-ons or chapters that moved were linked to others since: "
            "it cannot be taken apart by itself any more."
        )
