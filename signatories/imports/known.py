"""What the database has under the names of a file, each question asked once for all of them."""

from collections import defaultdict
from collections.abc import Collection

from django.db.models import Exists, OuterRef

from campaign.models import Letter
from campaign.names import name_key
from signatories.models import ImportedRow, Organisation, SignOn, SignOnOrganisation
from signatories.models.sign_on import Status


def organisations(keys: Collection[str], spellings: Collection[str]) -> dict[str, Organisation]:
    """By key, those of that name, or else with that alias, in one of these spellings of it."""
    found: dict[str, Organisation] = {}
    aliased = Organisation.objects.filter(aliases__overlap=list(spellings))
    for organisation in aliased.select_related("parent").order_by("-pk"):
        for alias in organisation.aliases:
            found[name_key(alias)] = organisation
    named = Organisation.objects.filter(name_key__in=list(keys)).select_related("parent")
    found.update({organisation.name_key: organisation for organisation in named})
    return {key: found[key] for key in keys if key in found}


#: Of several under one name, that which says most about it.
_FIRST = [
    Status.APPROVED,
    Status.PENDING,
    Status.WITHDRAWN,
    Status.REJECTED,
    Status.UNCONFIRMED,
    Status.LAPSED,
]


def sign_ons(letter: Letter, keys: Collection[str]) -> dict[str, list[SignOn]]:
    """Of the letter, by the key of their name, without what the undo of an import took back."""
    undone = ImportedRow.objects.filter(sign_on=OuterRef("pk"), imported__undone_at__isnull=False)
    there = (
        SignOn.objects.filter(letter=letter, name_key__in=list(keys))
        .exclude(status=Status.LAPSED)
        .exclude(Exists(undone), status=Status.WITHDRAWN)
        .select_related("group")
    )
    found: dict[str, list[SignOn]] = defaultdict(list)
    for sign_on in there:
        found[sign_on.name_key].append(sign_on)
    for same in found.values():
        same.sort(key=lambda sign_on: _FIRST.index(Status(sign_on.status)))
    return dict(found)


def linked(letter: Letter, of: Collection[int]) -> dict[int, SignOn]:
    """By organisation, the sign-on that stands or waits for it on the letter."""
    links = SignOnOrganisation.objects.filter(
        letter=letter,
        organisation__in=list(of),
        sign_on__status__in=[Status.APPROVED, Status.PENDING],
    )
    return {
        link.organisation_id: link.sign_on
        for link in links.select_related("sign_on__group").order_by("approved")
    }
