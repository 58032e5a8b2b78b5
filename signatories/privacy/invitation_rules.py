"""When what is known of those who were invited goes."""

from collections import Counter
from datetime import datetime

from django.db.models import DateTimeField, Exists, F, OuterRef, Q
from django.db.models.functions import Coalesce, Greatest

from campaign.tokens import new_epoch
from signatories.models import Contact, Invitation, InvitationBatch
from signatories.privacy.rule import BATCH, Purged, Rule
from signatories.privacy.sign_on_rules import kept_from, letters_over


def _invited(now: datetime) -> Purged:
    letters = letters_over(now)
    if not letters:
        return Counter()
    return _invitations(letters, now) or _messages(letters, now)


def _invitations(letters: list[int], now: datetime) -> Purged:
    ended = Coalesce("letter__delivered_at", "letter__closed_at")
    last = Greatest(ended, F("invited_at"), output_field=DateTimeField())
    contacts = Contact.objects.filter(invitation=OuterRef("pk"))
    held = Q(Exists(contacts)) | ~Q(authority="") | ~Q(decline_reason="")
    due = (
        Invitation.objects.filter(held, letter__in=letters)
        .alias(until=kept_from(last, "letter__contacts_kept_for"))
        .filter(until__lt=now)
    )
    rows = due.select_for_update(of=("self",), skip_locked=True).order_by()[:BATCH]
    batch = dict(rows.values_list("pk", "letter_id"))
    Contact.objects.filter(invitation__in=list(batch)).delete()
    # Without the person there is nobody whom the link could prove.
    Invitation.objects.filter(pk__in=list(batch)).update(
        authority="", decline_reason="", epoch=new_epoch()
    )
    return Counter(batch.values())


def _messages(letters: list[int], now: datetime) -> Purged:
    ended = Coalesce("letter__delivered_at", "letter__closed_at")
    last = Greatest(ended, F("created_at"), output_field=DateTimeField())
    due = (
        InvitationBatch.objects.filter(letter__in=letters)
        .exclude(message="")
        .alias(until=kept_from(last, "letter__contacts_kept_for"))
        .filter(until__lt=now)
    )
    rows = due.select_for_update(of=("self",), skip_locked=True).order_by()[:BATCH]
    batch = dict(rows.values_list("pk", "letter_id"))
    InvitationBatch.objects.filter(pk__in=list(batch)).update(message="")
    return Counter(batch.values())


INVITED = Rule(
    "invited",
    "Who was invited and has not signed, with what they or staff said, and the words of the mail: "
    "so many months after the delivery as the letter says, or after closing where it was never "
    "delivered",
    _invited,
)
