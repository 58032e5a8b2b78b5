"""Bringing a letter file into the database: what is new is added, nothing is removed."""

from dataclasses import dataclass

from django.db import transaction

from campaign.letter_file import LetterFile
from campaign.letters import LetterError
from campaign.models import Group, Letter
from campaign.models.letter import usual_paper
from campaign.models.text import Change
from campaign.publication import want
from campaign.texts import Words, set_words

SETTINGS = [
    "sender", "dateline", "running_header", "about", "contact", "press_contact",
    "opens", "closes", "time_zone", "paper",
]  # fmt: skip


@dataclass(frozen=True)
class Applied:
    """What loading a letter file did."""

    letter: Letter
    created: bool
    settings_changed: bool
    text_changed: bool


@transaction.atomic
def apply_letter_file(
    file: LetterFile, *, change: Change = Change.EDITORIAL, note: str = ""
) -> Applied:
    """Make the letter, or bring an existing one up to the file; the same file changes nothing.

    A setting that the file does not name keeps its value. Raises LetterError when an existing
    letter is in another language, or archived.
    """
    letter, created = Letter.objects.get_or_create(
        slug=file.slug,
        defaults={
            "language": file.language,
            "sender": file.sender,
            "paper": usual_paper(file.language),
        },
    )
    letter = Letter.objects.select_for_update(of=("self",), no_key=True).get(pk=letter.pk)
    if letter.language != file.language and (created or "language" in file.given):
        raise LetterError(
            f"the letter “{letter.slug}” is in {letter.language}; this file is in {file.language}"
        )
    settings_changed = _apply_settings(letter, file)
    settings_changed |= _apply_groups(letter, file)
    text = set_words(
        letter,
        Words(
            title=file.title,
            body=file.body,
            addressee=file.addressee,
            cc=file.cc,
            salutation=file.salutation,
            closing=file.closing,
        ),
        change=change,
        note=note,
    )
    if settings_changed and text is None:
        want(letter)
    letter.refresh_from_db()
    return Applied(letter, created, settings_changed, text is not None)


def _apply_settings(letter: Letter, file: LetterFile) -> bool:
    changes = {
        key: getattr(file, key)
        for key in SETTINGS
        if key in file.given and getattr(letter, key) != getattr(file, key)
    }
    opens, closes = (changes.get(key, getattr(letter, key)) for key in ("opens", "closes"))
    if opens is not None and closes is not None and closes <= opens:
        raise LetterError(
            f"closes: the letter “{letter.slug}” opened at {opens:%Y-%m-%d %H:%M} UTC"
        )
    if changes:
        Letter.objects.filter(pk=letter.pk).update(**changes)
    return bool(changes)


def _apply_groups(letter: Letter, file: LetterFile) -> bool:
    changed = False
    for position, entry in enumerate(file.groups, 1):
        group, created = Group.objects.get_or_create(
            letter=letter, key=entry.key, defaults={"title": entry.title, "position": position}
        )
        if not created and (group.title, group.position) != (entry.title, position):
            group.title, group.position = entry.title, position
            group.save()
            changed = True
        changed |= created
    if file.default_group:
        group = Group.objects.get(letter=letter, key=file.default_group)
        if letter.default_group_id != group.pk:
            Letter.objects.filter(pk=letter.pk).update(default_group=group)
            changed = True
    return changed
