"""The moves of a letter that staff make by a button."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone

from campaign import letters
from campaign.admin.counted import counted
from campaign.admin.moments import LocalMomentField, in_zone, said
from campaign.admin.moves import Move, MoveForm, OfferedMove
from campaign.models import Letter
from campaign.models.letter import ALLOWED, State


class MomentForm(MoveForm):
    at = LocalMomentField(label="Moment")

    def __init__(self, data: Any = None, *, about: Letter) -> None:
        super().__init__(data, about=about)
        self.fields["at"].label = f"Moment, local time in {about.time_zone}"
        self.fields["at"].error_messages["required"] = "Please give the moment."

    def clean_at(self) -> datetime:
        moment = in_zone(self.cleaned_data["at"], self.about.time_zone)
        if moment <= timezone.now():
            raise ValidationError("This moment has passed. Use “Make public now”.")
        return moment


def _open(letter: Letter, data: dict[str, Any]) -> str:
    again = letter.state == State.CLOSED
    letters.open_letter(letter)
    if again:
        return "Open for signatures again."
    return f"Open for signatures. {letter.current_text} is fixed: its words stay as they are."


def _close(letter: Letter, data: dict[str, Any]) -> str:
    letters.close_letter(letter)
    return "Closed: the form takes no more sign-ons."


def _archive(letter: Letter, data: dict[str, Any]) -> str:
    letters.archive_letter(letter)
    return "Archived: page and list stay as they are."


def _pause(letter: Letter, data: dict[str, Any]) -> str:
    letters.pause_letter(letter)
    return "Paused: sign-ons are still taken, and nobody is asked to confirm until you go on."


def _resume(letter: Letter, data: dict[str, Any]) -> str:
    count = letters.resume_letter(letter)
    return f"Going on: held by the pause, and going out now: {counted(count, 'mail')}."


def _make_public(letter: Letter, data: dict[str, Any]) -> str:
    letters.make_public(letter, at=data.get("at"))
    if not letter.public:
        return f"It becomes public at /letters/{letter.slug}/ on {_public_at(letter)}."
    return f"Public now: page, list and data files appear at {letter.path} within seconds."


def _make_unlisted(letter: Letter, data: dict[str, Any]) -> str:
    letters.make_unlisted(letter)
    return "Unlisted: only those who have the link see the page; there is no list."


def _mark_delivered(letter: Letter, data: dict[str, Any]) -> str:
    letters.mark_delivered(letter)
    return "Marked as delivered. The PDF without its draft mark follows within seconds."


def _may(to: State) -> Any:
    return lambda letter: to in ALLOWED[State(letter.state)] and letter.current_text_id is not None


def _hidden(letter: Letter) -> bool:
    return not letter.public and letter.current_text_id is not None


def _public_at(letter: Letter) -> str:
    return said(letter.public_at, letter.time_zone)


MOVES: list[Move[Letter]] = [
    Move(
        "open",
        lambda letter: (
            f"Open for signatures: fixes {letter.current_text}"
            if letter.state == State.DRAFT
            else "Reopen: the form takes sign-ons again"
        ),
        _may(State.OPEN),
        _open,
    ),
    Move(
        "make-public",
        lambda letter: (
            f"Make public now: page, list and data files appear at /letters/{letter.slug}/"
        ),
        _hidden,
        _make_public,
    ),
    Move(
        "make-public-at",
        lambda letter: "Make public at this moment",
        _hidden,
        _make_public,
        form=MomentForm,
    ),
    Move(
        "mark-delivered",
        lambda letter: "Mark as delivered: the PDF loses its draft mark",
        lambda letter: letter.state != State.DRAFT and letter.delivered_at is None,
        _mark_delivered,
    ),
    Move(
        "close",
        lambda letter: "Close: the form takes no more sign-ons",
        _may(State.CLOSED),
        _close,
        cautious=True,
    ),
    Move(
        "resume",
        lambda letter: "Go on: the mails that were held go out",
        lambda letter: letter.paused_at is not None,
        _resume,
    ),
    Move(
        "pause",
        lambda letter: "Pause: take sign-ons, but mail nobody until you have looked",
        lambda letter: letter.state == State.OPEN and letter.paused_at is None,
        _pause,
        cautious=True,
    ),
    Move(
        "make-unlisted",
        lambda letter: (
            f"Back to unlisted: page, list and data files at /letters/{letter.slug}/ disappear"
            if letter.public
            else f"Stay unlisted: not public on {_public_at(letter)}"
        ),
        lambda letter: letter.public_at is not None,
        _make_unlisted,
        cautious=True,
    ),
    Move(
        "archive",
        lambda letter: "Archive for good: it cannot be opened again",
        _may(State.ARCHIVED),
        _archive,
        cautious=True,
    ),
]

#: In each state, what usually comes next; what is not named keeps its place behind.
LIKELY: dict[str, list[str]] = {
    State.DRAFT: ["open"],
    State.OPEN: ["resume", "make-public", "make-public-at"],
    State.CLOSED: ["make-public", "mark-delivered", "open"],
    State.ARCHIVED: ["make-public", "mark-delivered"],
}


def likely_first(letter: Letter, moves: list[OfferedMove]) -> list[OfferedMove]:
    """The likely next step first, and marked as such; what takes something away last."""
    # What was delivered has its list complete: nothing is likely then.
    likely = [] if letter.delivered_at else LIKELY[letter.state]

    def place(move: OfferedMove) -> tuple[bool, int]:
        return move.cautious, likely.index(move.name) if move.name in likely else len(likely)

    in_order = sorted(moves, key=place)
    return [
        replace(move, likely=move.name in likely) if move is in_order[0] else move
        for move in in_order
    ]
