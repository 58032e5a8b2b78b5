"""The document of a letter that is being written: as typed, with the list as it stands."""

import hashlib
from datetime import datetime

from campaign.admin.letter_typed import Typed
from campaign.texts import canonical_source, direction
from signatories.editions.freeze import (
    freeze_letter,
    listed_counts,
    listed_groups,
    rfc3339,
    stylesheet,
)
from signatories.editions.schema import RENDERER, Document, FrozenText, FrozenWording, ListedGroup

#: Longer lists are left out: the preview is made anew whenever somebody stops typing.
MOST_LISTED = 500


def typed_document(typed: Typed, *, at: datetime) -> tuple[Document, str]:
    """How it would look if it were saved and public now, and what was left out, in a sentence."""
    groups, left_out = _listed(typed)
    document = Document(
        renderer=RENDERER,
        edition=0,
        published_at=rfc3339(at),
        previous="",
        stylesheet=stylesheet(),
        letter=freeze_letter(typed.letter, public=True),
        text=FrozenText(number=typed.number, fixed=typed.fixed, wordings=[_wording(typed)]),
        count=sum(len(group["signatories"]) for group in groups),
        groups=groups,
    )
    return document, left_out


def _listed(typed: Typed) -> tuple[list[ListedGroup], str]:
    letter = typed.letter
    if letter.pk is None:
        return [], ""
    count = listed_counts([letter]).get(letter.pk, 0)
    if count > MOST_LISTED:
        return [], f"The list of {count:,} signatories is left out of this preview."
    return listed_groups(letter), ""


def _wording(typed: Typed) -> FrozenWording:
    words, language = typed.words, typed.letter.language
    source = canonical_source(words)
    return FrozenWording(
        language=language,
        direction=direction(language),
        title=words.title,
        addressee=words.addressee,
        cc=words.cc,
        salutation=words.salutation,
        body=words.body,
        closing=words.closing,
        source=source,
        sha256=hashlib.sha256(source.encode()).hexdigest(),
    )
