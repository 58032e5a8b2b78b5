"""The registry of organisations: writing an entry, renaming what is listed, taking one out."""

from collections.abc import Iterable, Sequence

import pghistory
from django.db import IntegrityError, connection, transaction

from campaign.models.letter import State
from campaign.names import clean_name, name_key
from signatories.matching import keys
from signatories.models import Organisation, SignOn, SignOnOrganisation
from signatories.models.organisation import NOTES_CHANGED
from signatories.models.sign_on import Status
from signatories.services import correcting
from signatories.services.moving import Refused

#: Shown and renamed at once; an organisation signs a letter once.
MOST_LISTED = 200


@transaction.atomic
def write(
    *,
    organisation: Organisation,
    display_name: str,
    aliases: Sequence[str] = (),
    sort_as: str = "",
    website: str = "",
    country: str = "",
    parent: Organisation | None = None,
    notes: str | None = None,
    keep_old_name: bool = True,
) -> None:
    """Add an organisation, or change one; its keys follow. Listed names stay as they are.

    A name that it had becomes an alias, with `keep_old_name`. `notes` of None leaves these alone.
    Raises ValidationError for a name that cannot be one, Refused for a name that another has, for a
    parent below it, and for one that was merged meanwhile.
    """
    display_name = clean_name(display_name)
    said = [clean_name(alias) for alias in aliases]
    before = lock(organisation) if organisation.pk else None
    if before is not None and before.merged_into_id is not None:
        raise Refused(f"“{before}” was merged into another organisation meanwhile.")
    check_parent(organisation, parent)
    if keep_old_name and before and name_key(before.display_name) != name_key(display_name):
        said.append(before.display_name)
    organisation.display_name, organisation.name_key = display_name, name_key(display_name)
    organisation.aliases = unlike(said, but=display_name)
    organisation.sort_as = clean_name(sort_as) if sort_as.strip() else ""
    organisation.website, organisation.country = website, country
    organisation.parent = parent
    noted = before.notes if before else ""
    organisation.notes = noted if notes is None else notes
    try:
        with transaction.atomic():
            organisation.save()
    except IntegrityError as error:
        raise Refused(f"“{display_name}” is in the registry already.") from error
    if organisation.notes != noted:
        pghistory.create_event(organisation, label=NOTES_CHANGED)


def unlike(names: Iterable[str], *, but: str) -> list[str]:
    """The names, each once, without the one that is given."""
    by_key = {name_key(name): name for name in reversed(list(names))}
    by_key.pop(name_key(but), None)
    return list(reversed(by_key.values()))


def lock(organisation: Organisation) -> Organisation:
    """The row as it stands; whoever changes the same waits. Raises Refused when it is gone."""
    found = Organisation.objects.select_for_update(of=("self",)).filter(pk=organisation.pk).first()
    if found is None:
        raise Refused(f"“{organisation}” is gone: it was deleted meanwhile.")
    return found


_ABOVE = """
    WITH RECURSIVE above (id) AS (
        SELECT %s::bigint
        UNION
        SELECT parent_id FROM signatories_organisation JOIN above USING (id)
        WHERE parent_id IS NOT NULL
    )
    SELECT id FROM above
"""


def above(organisation: Organisation) -> set[int]:
    """Itself, its parent, the parent of that, and so on; in one query."""
    with connection.cursor() as cursor:
        cursor.execute(_ABOVE, [organisation.pk])
        return {pk for (pk,) in cursor.fetchall()}


def check_parent(organisation: Organisation, parent: Organisation | None) -> None:
    """Raises Refused when the parent is the organisation itself, or below it, or merged."""
    if parent is None:
        return
    if organisation.pk is not None and parent.pk == organisation.pk:
        raise Refused("An organisation is no chapter of itself.")
    if parent.merged_into_id is not None:
        raise Refused(f"“{parent}” was merged into “{parent.merged_into}”: choose that one.")
    if organisation.pk is not None and organisation.pk in above(parent):
        raise Refused(f"“{parent}” is itself a chapter of “{organisation}”, or below one.")


def others_named(organisation: Organisation) -> list[tuple[str, Organisation]]:
    """(name, organisation): others in the registry under one of its names. In one query."""
    own = {name_key(name): name for name in organisation.names}
    wanted = {key for name in own.values() for key in keys.whole(name)}
    found = Organisation.objects.standing().filter(match_keys__overlap=list(wanted))
    return [
        (own[name_key(name)], other)
        for other in found.exclude(pk=organisation.pk).order_by("name_key")
        for name in other.names
        if name_key(name) in own
    ]


def listed_otherwise(organisation: Organisation) -> list[SignOn]:
    """Sign-ons that are listed under another name than its own, on letters not archived.

    Not those that it shares with others: a joint entry has a name of its own.
    """
    links = SignOnOrganisation.objects.filter(organisation=organisation, approved=True)
    found = (
        SignOn.objects.filter(pk__in=links.values("sign_on"), status=Status.APPROVED)
        .exclude(letter__state=State.ARCHIVED)
        .exclude(listed_name=organisation.display_name)
        .select_related("letter", "group")
        .prefetch_related("organisations")
        .order_by("-pk")[:MOST_LISTED]
    )
    return [sign_on for sign_on in found if len(sign_on.organisations.all()) == 1]


def relist(*, organisation: Organisation, sign_on: SignOn) -> None:
    """List the sign-on under the organisation's present name; its contact is mailed the new one.

    Raises Refused when it is not listed under another name any more.
    """
    if sign_on not in listed_otherwise(organisation):
        raise Refused(f"“{sign_on}” is not listed under another name any more.")
    correcting.edit(
        sign_on=sign_on,
        listed_name=organisation.display_name,
        group=sign_on.group,
        sort_as=sign_on.sort_as,
        website=sign_on.website,
        country=sign_on.country,
    )


def why_kept(organisation: Organisation) -> str:
    """Why it cannot be deleted, in words; empty for one that can."""
    if SignOnOrganisation.objects.filter(organisation=organisation).exists():
        return (
            f"“{organisation}” is not deleted: sign-ons are linked to it. "
            "Merge it into another, or link these to another first."
        )
    if Organisation.objects.filter(merged_into=organisation).exists():
        return (
            f"“{organisation}” is not deleted: another was merged into it. Take that apart first."
        )
    return ""


@transaction.atomic
def remove(*, organisation: Organisation) -> None:
    """Delete an organisation that never signed. Raises Refused for any other."""
    refusal = why_kept(lock(organisation))
    if refusal:
        raise Refused(refusal)
    organisation.delete()
