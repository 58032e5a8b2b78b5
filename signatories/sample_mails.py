"""Test mails: what a letter's mails look like, sent to the member of staff who asks for them.

Everything in them is made up but the letter, and their links lead nowhere. The row names the
account, never the address.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from django.contrib.auth.models import User
from django.utils import timezone

from campaign.mail.rendered import Gone, RenderedMail
from campaign.models import Letter, OutgoingMail, Text, Wording
from campaign.models.text import Change
from signatories import mails
from signatories.mails import About
from signatories.models import Contact, SignOn
from signatories.services.asking import CONFIRM_WITHIN

KIND = "letter.test"
QUESTION = "Under which of its names should your organisation be listed?"
#: By the name in the row's references.
SAMPLES: dict[str, Callable[[About], RenderedMail]] = {
    "confirm": mails.confirm,
    "listed": mails.listed,
    "rejected": mails.rejected,
    "withdrawn": mails.withdrawn,
    "reaffirm": mails.reaffirm,
    "question": lambda about: mails.question(replace(about, question=QUESTION)),
}
NAME = "Example Organisation (a test)"
PERSON = "Sam Example"


@dataclass(frozen=True)
class SampleAbout:
    name: str
    about: About


def about(rows: Sequence[OutgoingMail]) -> dict[int, SampleAbout | Gone]:
    """What each of these test mails is rendered from, by its id; in at most three queries."""
    if not rows:
        return {}
    users = User.objects.in_bulk([mail.references.get("user", 0) for mail in rows])
    letters = Letter.objects.select_related("current_text").in_bulk([m.letter_id for m in rows])
    texts = [letter.current_text_id for letter in letters.values()]
    wordings = {
        (wording.text.letter_id, wording.language): wording
        for wording in Wording.objects.filter(text__in=texts).select_related("text")
    }
    found: dict[int, SampleAbout | Gone] = {}
    for mail in rows:
        letter, user = letters[mail.letter_id], users.get(mail.references.get("user", 0))
        wording = wordings.get((letter.pk, letter.language))
        if user is None or not user.email or not user.is_active or wording is None:
            found[mail.pk] = Gone("the account has no address, or the letter no words")
        elif (name := str(mail.references.get("sample"))) not in SAMPLES:
            found[mail.pk] = Gone("there is no such mail")
        else:
            found[mail.pk] = SampleAbout(name, _made_up(letter, wording, user.email))
    return found


def sample(one: SampleAbout) -> RenderedMail:
    """The mail as a signatory would have it, and marked as a test in its subject."""
    rendered = SAMPLES[one.name](one.about)
    return replace(rendered, subject=f"[Test] {rendered.subject}")


def _made_up(letter: Letter, wording: Wording, address: str) -> About:
    """A sign-on that is in no table: its id is that of none, so its links open nothing."""
    sign_on = SignOn(
        pk=0,
        letter=letter,
        wording=wording,
        listed_name=NAME,
        language=letter.language,
        epoch=0,
        reason="This is where your reason stands.",
        confirm_by=timezone.now() + CONFIRM_WITHIN,
    )
    note = "This is where your note on the change stands."
    newer = Text(
        letter=letter, number=wording.text.number + 1, change=Change.SUBSTANTIVE, note=note
    )
    contact = Contact(sign_on=sign_on, name=PERSON, title="Director", email=address)
    return About(sign_on, contact, newer=[newer])
