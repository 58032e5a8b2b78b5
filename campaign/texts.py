"""Texts: the canonical source of a Wording, and how the letter's words change."""

import hashlib
import unicodedata
from dataclasses import asdict, dataclass, field
from typing import Any

import yaml
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from campaign.models import Letter, Text, Wording
from campaign.models.letter import State
from campaign.models.text import Change
from campaign.publication import want

RIGHT_TO_LEFT = {"ar", "dv", "fa", "he", "ku-arab", "ps", "sd", "ug", "ur", "yi"}


@dataclass(frozen=True)
class Words:
    """The words of a letter in one language: what a Text fixes."""

    title: str
    body: str
    addressee: list[str] = field(default_factory=list)
    cc: list[str] = field(default_factory=list)
    salutation: str = ""
    closing: str = ""

    def normalised(self) -> "Words":
        return Words(
            title=_normal(self.title).strip(),
            body=_normal(self.body).strip("\n"),
            addressee=[_normal(line).strip() for line in self.addressee if line.strip()],
            cc=[_normal(line).strip() for line in self.cc if line.strip()],
            salutation=_normal(self.salutation).strip(),
            closing=_normal(self.closing).strip(),
        )


def _normal(value: str) -> str:
    return unicodedata.normalize("NFC", value.replace("\r\n", "\n").replace("\r", "\n"))


def words_of(wording: Wording) -> Words:
    return Words(
        title=wording.title,
        body=wording.body,
        addressee=list(wording.addressee),
        cc=list(wording.cc),
        salutation=wording.salutation,
        closing=wording.closing,
    )


def canonical_source(words: Words) -> str:
    """The letter file with the keys of a Text only: UTF-8, LF, NFC. Published as text.md."""
    settings = asdict(words)
    body = settings.pop("body")
    front = {key: value for key, value in settings.items() if value}
    matter = yaml.safe_dump(front, allow_unicode=True, sort_keys=False, width=10_000)
    return f"---\n{matter}---\n\n{body}\n"


def direction(language: str) -> str:
    """ "rtl" or "ltr", by the language's usual script."""
    tag = language.lower()
    return "rtl" if tag in RIGHT_TO_LEFT or tag.split("-")[0] in RIGHT_TO_LEFT else "ltr"


@transaction.atomic
def set_words(
    letter: Letter, words: Words, *, change: Change = Change.EDITORIAL, note: str = ""
) -> Text | None:
    """Give the letter these words, in its own language.

    A draft's working text is replaced; an open or closed letter gets a new, fixed Text, and where
    that is substantive the signatories are asked in the same transaction. Words that are the same
    change nothing and return None. Raises LetterError once archived.
    """
    from campaign.letters import LetterError

    letter = Letter.objects.select_for_update(of=("self",), no_key=True).get(pk=letter.pk)
    words = words.normalised()
    current = letter.current_text
    if current is not None:
        wording = current.wordings.filter(language=letter.language).first()
        if wording is not None and words_of(wording) == words:
            return None
    if letter.state == State.ARCHIVED:
        raise LetterError("An archived letter keeps its words.")
    if letter.state == State.DRAFT:
        text = current or Text.objects.create(letter=letter, number=1)
        _rewrite(text, letter.language, words)
    else:
        number = current.number + 1 if current else 1
        text = Text.objects.create(letter=letter, number=number, change=change, note=note)
        Wording.objects.create(text=text, **_columns(letter.language, words))
        fix(text)
    Letter.objects.filter(pk=letter.pk).update(current_text=text)
    if letter.state != State.DRAFT and change == Change.SUBSTANTIVE:
        import_string(settings.ASK_SIGNATORIES)(text)
    want(letter)
    return text


def _columns(language: str, words: Words) -> dict[str, Any]:
    """What a Wording of these words holds."""
    source = canonical_source(words)
    digest = hashlib.sha256(source.encode()).hexdigest()
    return {"language": language, "source": source, "sha256": digest, **asdict(words)}


def _rewrite(text: Text, language: str, words: Words) -> None:
    """The working text's words, in place of those before: the audit keeps both."""
    before = text.wordings.order_by("pk").first()
    if before is None:
        Wording.objects.create(text=text, **_columns(language, words))
        return
    text.wordings.exclude(pk=before.pk).delete()
    text.wordings.filter(pk=before.pk).update(**_columns(language, words))


def fix(text: Text) -> None:
    """From now on the Text never changes; the database holds that."""
    Text.objects.filter(pk=text.pk, fixed_at__isnull=True).update(fixed_at=timezone.now())
