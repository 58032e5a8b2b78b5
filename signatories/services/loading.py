"""Loading a letter file with its list of signatories: all of it or nothing."""

from dataclasses import dataclass

import pghistory
from django.db import transaction
from django.utils import timezone

from campaign.letter_file import LetterFile
from campaign.letters import make_public, open_letter
from campaign.loading import Applied, apply_letter_file
from campaign.models import Letter
from campaign.models.letter import State
from campaign.models.text import Change
from campaign.names import name_key, sort_key
from campaign.publication import gathered, want
from signatories.list_file import ListEntry, read_list_file
from signatories.models import Organisation, SignOn, SignOnOrganisation
from signatories.models.sign_on import Source, Status


class NothingToSign(Exception):
    """Signatories cannot be loaded for a letter that was never opened."""


@dataclass(frozen=True)
class Loaded:
    """What loading did."""

    applied: Applied
    added: int
    opened: bool


@transaction.atomic
def load(
    file: LetterFile,
    *,
    signatories: bytes | None = None,
    open_it: bool = False,
    change: Change = Change.EDITORIAL,
) -> Loaded:
    """Load a letter, and its signatories as approved; loading again adds, never removes.

    `open_it` also makes it public. Raises LetterError, ListFileError, NothingToSign; nothing is
    half-loaded then.
    """
    with pghistory.context(action="load_letter"), gathered():
        applied = apply_letter_file(file, change=change)
        letter = applied.letter
        entries: list[ListEntry] = []
        if signatories is not None:
            keys = set(letter.groups.values_list("key", flat=True))
            entries = read_list_file(signatories, groups=keys)
        opened = False
        if open_it:
            if letter.state == State.DRAFT:
                open_letter(letter)
                opened = True
            if not letter.public:
                make_public(letter)
                opened = True
        added = _add(letter, entries) if entries else 0
        if added:
            want(letter)
        letter.refresh_from_db()
        return Loaded(applied, added, opened)


def _add(letter: Letter, entries: list[ListEntry]) -> int:
    """Enter those as approved that are not on the letter already, by name or organisation."""
    text = letter.current_text
    if text is None or text.fixed_at is None:
        raise NothingToSign(
            f"“{letter.slug}” is a draft: signatories can be loaded once it is open (use --open)."
        )
    wording = text.wording_in(letter.language)
    groups = {group.key: group for group in letter.groups.all()}
    present = SignOn.objects.filter(
        letter=letter, status__in=[Status.APPROVED, Status.PENDING, Status.WITHDRAWN]
    )
    known = set(present.values_list("name_key", flat=True))
    linked = set(
        SignOnOrganisation.objects.filter(letter=letter, approved=True).values_list(
            "organisation__name_key", flat=True
        )
    )
    new = {
        name_key(entry.organisation): entry
        for entry in entries
        if name_key(entry.organisation) not in known | linked
    }
    Organisation.objects.bulk_create(
        [
            Organisation(
                display_name=entry.organisation,
                name_key=key,
                website=entry.website,
                country=entry.country,
            )
            for key, entry in new.items()
        ],
        ignore_conflicts=True,
    )
    organisations = {
        body.name_key: body for body in Organisation.objects.filter(name_key__in=new.keys())
    }
    now = timezone.now()
    sign_ons = SignOn.objects.bulk_create(
        [
            SignOn(
                letter=letter,
                wording=wording,
                group=groups[entry.group],
                listed_name=entry.organisation,
                name_key=key,
                sort_key=sort_key(entry.organisation),
                website=entry.website,
                country=entry.country,
                status=Status.APPROVED,
                source=Source.LIST,
                language=letter.language,
                approved_at=now,
            )
            for key, entry in new.items()
        ]
    )
    SignOnOrganisation.objects.bulk_create(
        [
            SignOnOrganisation(sign_on=sign_on, organisation=organisations[sign_on.name_key])
            for sign_on in sign_ons
        ]
    )
    return len(sign_ons)
