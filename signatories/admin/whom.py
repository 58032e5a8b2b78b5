"""Whom a new Text asks, and who has not answered yet, in sentences for staff."""

from django.db.models import Exists, OuterRef
from django.http import HttpRequest
from django.urls import reverse

from campaign.admin.counted import counted
from campaign.admin.offers import Said
from campaign.models import Letter
from campaign.models.text import Change
from signatories.editions.freeze import listed_counts
from signatories.models import Hold, SignOn
from signatories.models.hold import HoldKind
from signatories.models.sign_on import Status
from signatories.services.reaffirming import silent, without_contact


def signatories(count: int) -> str:
    return f"{count:,} signator{'y' if count == 1 else 'ies'}"


def whom_it_asks(letter: Letter, change: Change) -> str:
    """What fixing a Text of this kind does to those who have signed."""
    if change != Change.SUBSTANTIVE:
        listed = listed_counts([letter]).get(letter.pk, 0)
        are = "is" if listed == 1 else "are"
        return f"Editorial: nobody is asked; {signatories(listed)} {are} listed as before."
    asked_already = Hold.objects.filter(
        sign_on=OuterRef("pk"), kind=HoldKind.REAFFIRM, lifted_at__isnull=True
    )
    approved = SignOn.objects.filter(letter=letter, status=Status.APPROVED)
    held = approved.filter(~Exists(asked_already))
    without = without_contact(held).count()
    asked = held.count() - without
    are = "is" if asked == 1 else "are"
    sentences = [
        f"Substantive: {signatories(asked)} {are} asked by mail whether they still sign, and "
        f"{are} off the list until they say yes."
        if asked
        else "Substantive: there is nobody to ask by mail."
    ]
    if without:
        sentences.append(
            f"{signatories(without)} {_has(without)} no contact: off the list, too, until you "
            "have asked them yourself."
        )
    before = silent(letter).count()
    if before:
        sentences.append(
            f"{signatories(before)} {_has(before)} not answered an earlier question, "
            "and stay off the list; they are not mailed once more."
        )
    waiting = SignOn.objects.filter(letter=letter, status=Status.PENDING).count()
    if waiting:
        sentences.append(
            f"Waiting for your approval: {waiting:,}. They are asked when you approve them."
        )
    return " ".join(sentences)


def _has(count: int) -> str:
    return "has" if count == 1 else "have"


def standing(request: HttpRequest, letter: Letter) -> list[Said]:
    """Who was asked whether they still sign, and has not answered; for those who see sign-ons."""
    if letter.pk is None or not request.user.has_perm("signatories.view_signon"):
        return []
    asked = silent(letter)
    count = asked.count()
    if not count:
        return []
    without = without_contact(asked).count()
    no_contact = f"; {without:,} of them {_has(without)} no contact" if without else ""
    text = (
        f"Asked whether they still sign, and no answer yet: {counted(count, 'sign-on')}"
        f"{no_contact}. They are off the list."
    )
    return [Said(text, reverse("admin:letter-silent", args=[letter.pk]))]
