"""What can be done with a letter: open, close, make public, archive, deliver."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils import timezone

from campaign.mail.queue import hold_paused, release_paused
from campaign.models import Group, Letter, OutgoingMail
from campaign.models.letter import ALLOWED, State
from campaign.models.mail import Withheld
from campaign.publication import want
from campaign.texts import fix

#: One pause keeps the links of what it holds alive for so long; then they end, unconfirmed, so that
#: nobody whose address a stranger typed is kept for as long as staff forget the pause.
PAUSE_HOLDS = timedelta(days=90)


class LetterError(Exception):
    """A move that cannot be made now; the message is for staff."""


def _move(letter: Letter, to: State, **stamps: object) -> None:
    sources = [state for state, targets in ALLOWED.items() if to in targets]
    moved = Letter.objects.filter(pk=letter.pk, state__in=sources).update(state=to, **stamps)
    letter.refresh_from_db()
    if not moved:
        raise LetterError(
            f"“{letter.slug}” is {letter.get_state_display().lower()}: "
            f"it cannot become {to.label.lower()}."
        )
    want(letter)


def keep_text(letter: Letter) -> None:
    """Until the transaction ends, no other Text takes the place of the current one.

    Call it before a sign-on is locked: whoever fixes a Text locks in this order, too. It holds up
    neither signing nor others who call it.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT FROM campaign_letter WHERE id = %s FOR SHARE", [letter.pk])


@transaction.atomic
def change_settings(letter: Letter, *, fields: Collection[str]) -> None:
    """Save these settings as they stand on `letter`, and no others, and publish them."""
    letter.save(update_fields=fields)
    want(letter)


@transaction.atomic
def open_letter(letter: Letter) -> None:
    """Fix Text 1, or reopen a closed letter. Raises LetterError without words or a group."""
    # Two people who open it at once: the second waits here, and is then told.
    Letter.objects.select_for_update(of=("self",), no_key=True).get(pk=letter.pk)
    letter.refresh_from_db()
    if letter.current_text is None:
        raise LetterError(f"“{letter.slug}” has no text yet.")
    if letter.default_group is None:
        group = letter.groups.last() or Group.objects.create(
            letter=letter, key="signatories", title="Signatories"
        )
        Letter.objects.filter(pk=letter.pk).update(default_group=group)
    if letter.closes is not None and letter.closes <= timezone.now():
        raise LetterError(f"“{letter.slug}” closes in the past: change the date first.")
    fix(letter.current_text)
    _move(letter, State.OPEN, opens=letter.opens or timezone.now(), closed_at=None)


@transaction.atomic
def close_letter(letter: Letter) -> None:
    _move(letter, State.CLOSED, closed_at=timezone.now())


@transaction.atomic
def close_if_due(letter: Letter) -> bool:
    """Close a letter whose moment has come, unless somebody has moved it meanwhile."""
    now = timezone.now()
    due = Letter.objects.filter(pk=letter.pk, state=State.OPEN, closes__lte=now)
    if not due.update(state=State.CLOSED, closed_at=now):
        return False
    letter.refresh_from_db()
    want(letter)
    return True


@transaction.atomic
def archive_letter(letter: Letter) -> None:
    _move(letter, State.ARCHIVED)


@transaction.atomic
def make_public(letter: Letter, *, at: datetime | None = None) -> None:
    """Public from this moment, or from a set one. Raises LetterError for a letter without words."""
    letter.refresh_from_db()
    if letter.current_text is None:
        raise LetterError(f"“{letter.slug}” has no text yet.")
    if letter.public:
        raise LetterError(f"“{letter.slug}” is public already.")
    Letter.objects.filter(pk=letter.pk).update(public_at=at or timezone.now())
    letter.refresh_from_db()
    want(letter)


@transaction.atomic
def make_unlisted(letter: Letter) -> None:
    """Take the letter back to its unguessable path: page, list and data files disappear."""
    if not Letter.objects.filter(pk=letter.pk, public_at__isnull=False).update(public_at=None):
        raise LetterError(f"“{letter.slug}” is unlisted already.")
    want(letter)
    want(None)
    letter.refresh_from_db()


@transaction.atomic
def pause_letter(letter: Letter) -> None:
    """Mail signers nothing from now on, whatever is queued; to them the form answers as always.

    Raises LetterError when it is paused already, or takes no sign-ons.
    """
    able = Letter.objects.filter(pk=letter.pk, state=State.OPEN, paused_at__isnull=True)
    if not able.update(paused_at=timezone.now()):
        raise LetterError(f"“{letter.slug}” is not open, or is paused already.")
    letter.refresh_from_db()
    hold_paused(letter)


@transaction.atomic
def resume_letter(letter: Letter) -> int:
    """End the pause, and queue the mails it held; returns how many. Raises LetterError."""
    if not Letter.objects.filter(pk=letter.pk, paused_at__isnull=False).update(paused_at=None):
        raise LetterError(f"“{letter.slug}” is not paused.")
    letter.refresh_from_db()
    return release_paused(letter)


def release_leftovers() -> int:
    """Queue what a request held that was in the middle of it when the pause ended."""
    held = OutgoingMail.objects.filter(
        withheld_for=Withheld.PAUSE, letter__paused_at__isnull=True
    ).values("letter")
    return sum(release_paused(letter) for letter in Letter.objects.filter(pk__in=held))


@transaction.atomic
def mark_delivered(letter: Letter) -> None:
    """The addressee has it: the PDF loses its draft mark."""
    moved = (
        Letter.objects.filter(pk=letter.pk, delivered_at__isnull=True)
        .exclude(state=State.DRAFT)
        .update(delivered_at=timezone.now())
    )
    if not moved:
        raise LetterError(f"“{letter.slug}” is a draft, or was delivered before.")
    letter.refresh_from_db()
    want(letter)
