"""Re-affirming: after a substantive Text signatories are asked whether they still sign.

What they signed stays what they signed until they say yes; meanwhile a hold keeps them off the
list. Asking is part of the transaction that fixes the Text (campaign.texts): all of it or nothing.
"""

from collections.abc import Collection
from datetime import timedelta

import pghistory
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from campaign.letters import keep_text
from campaign.mail.queue import Recipient, drop, queue_mails
from campaign.models import Letter, OutgoingMail, Text, Wording
from campaign.models.letter import State
from campaign.models.mail import MailState, Withheld
from campaign.models.text import Change
from campaign.publication import want
from signatories.models import Contact, Evidence, Hold, SignOn
from signatories.models.hold import HoldKind
from signatories.models.sign_on import Status
from signatories.services.moving import Refused, lock, read_again

KIND = "sign_on.reaffirm"
#: Nobody is asked again before.
ASKED_LATELY = timedelta(days=1)

# One statement, however many they are. Who is asked already stays asked; the page shows the newest.
_HOLD = """
    INSERT INTO signatories_hold (sign_on_id, kind, reason, placed_at)
    SELECT id, 'reaffirm', %s, %s FROM signatories_signon
    WHERE letter_id = %s AND status = 'approved'
    ON CONFLICT (sign_on_id, kind) WHERE lifted_at IS NULL DO NOTHING
"""


class OtherText(Exception):
    """Another Text is current than the one that was read."""


def ask_all(text: Text) -> None:
    """Hold every listed sign-on of the letter, and ask its contacts by mail.

    For settings.ASK_SIGNATORIES: in the transaction that fixes the Text, which has locked the
    letter. A fixed number of statements, and one for each campaign.mail.queue.ROWS_AT_ONCE mails.
    """
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(_HOLD, [f"Text {text.number}", now, text.letter_id])
    held_now = Hold.objects.filter(
        sign_on=OuterRef("sign_on"), kind=HoldKind.REAFFIRM, placed_at=now, lifted_at__isnull=True
    )
    _mail(text.letter, Contact.objects.filter(Exists(held_now), sign_on__letter=text.letter_id))


def silent(letter: Letter) -> QuerySet[SignOn]:
    """Who was asked and has not answered."""
    asked = Hold.objects.filter(
        sign_on=OuterRef("pk"), kind=HoldKind.REAFFIRM, lifted_at__isnull=True
    )
    return SignOn.objects.filter(Exists(asked), letter=letter, status=Status.APPROVED)


def without_contact(sign_ons: QuerySet[SignOn]) -> QuerySet[SignOn]:
    """Those of them whom no mail reaches, as they have no contact."""
    return sign_ons.filter(~Exists(Contact.objects.filter(sign_on=OuterRef("pk"))))


@transaction.atomic
def ask_again(letter: Letter, *, only: SignOn | None = None) -> int:
    """Mail the silent once more, or one of them; returns how many mails.

    Not who is to be mailed so anyway, or was within ASKED_LATELY.
    """
    asked = silent(letter).filter(pk=only.pk) if only else silent(letter)
    contacts = Contact.objects.filter(sign_on__in=asked)
    return _mail(letter, contacts, but=_asked_lately(letter))


def _asked_lately(letter: Letter) -> set[int]:
    """Ids of contacts to whom such a mail goes, or went a short while ago."""
    waiting = Q(state__in=[MailState.QUEUED, MailState.SENDING]) | Q(withheld_for=Withheld.CAP)
    lately = Q(sent_at__gte=timezone.now() - ASKED_LATELY)
    mails = OutgoingMail.objects.filter(waiting | lately, letter=letter, kind=KIND).order_by()
    found: QuerySet[OutgoingMail, dict[str, int]] = mails.values_list("references", flat=True)
    return {references.get("contact", 0) for references in found}


def _mail(letter: Letter, contacts: QuerySet[Contact], *, but: Collection[int] = ()) -> int:
    rows = contacts.order_by("pk").values_list("pk", "email", "sign_on", "sign_on__language")
    recipients = (
        Recipient(email, language, {"sign_on": sign_on, "contact": pk})
        for pk, email, sign_on, language in rows
        if pk not in but
    )
    return len(queue_mails(KIND, letter=letter, recipients=recipients))


def signed_older_words(sign_on: SignOn) -> bool:
    """Whether a substantive Text came after the one that it signed."""
    return bool(signed_older_words_of([sign_on]))


def signed_older_words_of(sign_ons: Collection[SignOn]) -> set[int]:
    """The ids of those for which a substantive Text came after the one that they signed.

    By what `sign_ons` say, which their caller has locked; in one query.
    """
    newer = Text.objects.filter(
        letter=OuterRef("text__letter"),
        number__gt=OuterRef("text__number"),
        change=Change.SUBSTANTIVE,
        fixed_at__isnull=False,
    )
    signed = {one.wording_id for one in sign_ons}
    older = Wording.objects.filter(Exists(newer), pk__in=signed)
    wordings = set(older.values_list("pk", flat=True))
    return {one.pk for one in sign_ons if one.wording_id in wordings}


def hold_until_answered(sign_on: SignOn) -> None:
    """For an approval: it signed older words. Its mail is for the caller to queue."""
    Hold.objects.get_or_create(
        sign_on=sign_on, kind=HoldKind.REAFFIRM, lifted_at=None, defaults={"reason": "Older words"}
    )


def asked(sign_on: SignOn) -> bool:
    """Whether it is held until it says that it still signs."""
    return sign_on.holds.filter(kind=HoldKind.REAFFIRM, lifted_at__isnull=True).exists()


@transaction.atomic
def reaffirm(*, sign_on: SignOn, text_number: int, by_link: bool = False) -> bool:
    """The organisation still signs, having read that Text; False when nobody asked any more.

    It is bound to the current words, and listed again once it is approved. `by_link` says that the
    link in the mail authorises it. Raises OtherText when the letter has another Text by now, and
    Refused when the sign-on or the letter has moved on, or the link was replaced.
    """
    keep_text(sign_on.letter)
    there = lock(sign_on)
    letter = Letter.objects.select_related("current_text").get(pk=sign_on.letter_id)
    if by_link and there.epoch != sign_on.epoch:
        raise Refused("The link was replaced meanwhile.")
    if there.status not in {Status.APPROVED, Status.PENDING}:
        raise Refused(f"“{there.listed_name}” is {there.get_status_display().lower()}.")
    if letter.state == State.ARCHIVED:
        raise Refused(f"“{letter.slug}” is archived: its list is complete.")
    text = letter.current_text
    if text is None or text.number != text_number:
        raise OtherText
    with pghistory.context(**({"action": "reaffirm"} if by_link else {})):
        return _answered(there, text.wording_in(letter.language), letter)


def _answered(sign_on: SignOn, wording: Wording, letter: Letter) -> bool:
    """The yes, on a locked sign-on."""
    was_asked, was_older = _lift(sign_on), signed_older_words(sign_on)
    if not was_asked and not was_older:
        return False
    SignOn.objects.filter(pk=sign_on.pk).update(wording=wording)
    drop(KIND, letter=letter, sign_on=sign_on.pk)
    want(letter)
    return True


def _lift(sign_on: SignOn) -> bool:
    holds = sign_on.holds.filter(kind=HoldKind.REAFFIRM, lifted_at__isnull=True)
    return bool(holds.update(lifted_at=timezone.now()))


@transaction.atomic
def reaffirm_for(*, sign_on: SignOn, evidence: str, added_by: User | None) -> None:
    """They told staff, by e-mail or otherwise, that they still sign; how is kept as evidence.

    Raises Refused without evidence, or when nobody asked any more.
    """
    if not evidence.strip():
        raise Refused("Please say how they told you: it is kept as evidence.")
    keep_text(sign_on.letter)
    text = Text.objects.get(
        pk__in=Letter.objects.filter(pk=sign_on.letter_id).values("current_text")
    )
    done = reaffirm(sign_on=sign_on, text_number=text.number)
    read_again(sign_on)
    if not done:
        raise Refused(f"“{sign_on.listed_name}” has answered already.")
    Evidence.objects.create(sign_on=sign_on, note=evidence.strip(), added_by=added_by)
