"""Asking the contact of a sign-on something by mail."""

from django.contrib.auth.models import User
from django.db import transaction

from signatories.models import Question, SignOn
from signatories.models.sign_on import CAME_TO_NOTHING, Source
from signatories.services.moving import Refused, lock
from signatories.services.telling import tell

LONGEST_QUESTION = 2000  # characters


def never_confirmed(sign_on: SignOn) -> bool:
    """Whether its address was typed into the form, and may be anybody's: it is sent nothing."""
    return sign_on.source == Source.FORM and sign_on.confirmed_at is None


@transaction.atomic
def ask_question(*, sign_on: SignOn, text: str, asked_by: User | None) -> Question:
    """Mail a question to its contacts; the sign-on stays as it is.

    Answers go to the letter's contact. Raises Refused without a text, without a contact, for an
    address that was never confirmed, and for what came to nothing.
    """
    text = text.strip()
    if not text:
        raise Refused("Please write the question.")
    if len(text) > LONGEST_QUESTION:
        raise Refused(
            f"The question has {len(text)} characters; the longest is {LONGEST_QUESTION}."
        )
    there = lock(sign_on)
    if there.status in CAME_TO_NOTHING:
        raise Refused(f"“{there.listed_name}” is {there.get_status_display().lower()}.")
    if never_confirmed(there):
        raise Refused(
            "Its address was typed into the form and never confirmed: it may be that of somebody "
            "who has never heard of this, and is not mailed a question."
        )
    contacts = list(there.contacts.all())
    if not contacts:
        raise Refused(f"“{there.listed_name}” has no contact who could be asked.")
    question = Question.objects.create(sign_on=there, text=text, asked_by=asked_by)
    for contact in contacts:
        tell(contact, there, "sign_on.question", question=question.pk)
    return question
