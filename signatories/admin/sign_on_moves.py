"""The moves of a sign-on that staff make by a button, without being asked for a reason."""

from typing import Any

from django import forms

from campaign.admin.moves import Move, MoveForm
from signatories.admin.verbs import where
from signatories.models import SignOn
from signatories.models.hold import HoldKind
from signatories.models.sign_on import Source, Status
from signatories.services import entering, moderation, reaffirming
from signatories.services.moving import Refused


class StillSignsForm(MoveForm):
    evidence = forms.CharField(
        label="How they told you",
        max_length=1000,
        error_messages={"required": "Please say how they told you: it is kept as evidence."},
    )


class HoldForm(MoveForm):
    kind = forms.ChoiceField(
        label="Why",
        # Whether they still sign is asked by a Text.
        choices=[kind for kind in HoldKind.choices if kind[0] != HoldKind.REAFFIRM],
        initial=HoldKind.PAUSE,
        required=True,
    )
    reason = forms.CharField(label="In your words", max_length=300, required=False)


def _approve(sign_on: SignOn, data: dict[str, Any]) -> str:
    moderation.approve(sign_on=sign_on)
    return f"“{sign_on.listed_name}” is approved: {where(sign_on.letter)}."


def _ask_to_confirm(sign_on: SignOn, data: dict[str, Any]) -> str:
    entering.ask_again(sign_on=sign_on)
    return f"“{sign_on.listed_name}” is asked once more to confirm; the older link ends."


def _without(sign_on: SignOn, data: dict[str, Any]) -> str:
    entering.do_without_confirmation(sign_on=sign_on)
    return f"“{sign_on.listed_name}” waits for your approval, by the evidence alone."


def _reconsider(sign_on: SignOn, data: dict[str, Any]) -> str:
    moderation.reconsider(sign_on=sign_on)
    return f"“{sign_on.listed_name}” is waiting for you again."


def _hold(sign_on: SignOn, data: dict[str, Any]) -> str:
    moderation.place_hold(sign_on=sign_on, kind=HoldKind(data["kind"]), reason=data["reason"])
    return f"“{sign_on.listed_name}” is off the list until you list it again."


def _list_again(sign_on: SignOn, data: dict[str, Any]) -> str:
    moderation.lift_holds(sign_on=sign_on)
    return f"“{sign_on.listed_name}” is listed again: {where(sign_on.letter)}."


def _still_signs(sign_on: SignOn, data: dict[str, Any]) -> str:
    reaffirming.reaffirm_for(sign_on=sign_on, evidence=data["evidence"], added_by=data["user"])
    return f"“{sign_on.listed_name}” still signs: {where(sign_on.letter)}."


def _ask_again(sign_on: SignOn, data: dict[str, Any]) -> str:
    count = reaffirming.ask_again(sign_on.letter, only=sign_on)
    if not count:
        raise Refused("Nobody is asked: they have no contact, or were asked within the day.")
    return f"“{sign_on.listed_name}” is asked once more, by mail."


def held(sign_on: SignOn) -> bool:
    """For another reason than that it is asked whether it still signs, which it says itself."""
    holds = sign_on.holds.filter(lifted_at__isnull=True)
    return holds.exclude(kind=HoldKind.REAFFIRM).exists()


def asked(sign_on: SignOn) -> bool:
    return sign_on.status == Status.APPROVED and reaffirming.asked(sign_on)


def _asked_by_staff(sign_on: SignOn) -> bool:
    """What staff entered, and its organisation was asked to confirm."""
    asked = sign_on.status in {Status.UNCONFIRMED, Status.LAPSED}
    return asked and sign_on.source == Source.STAFF


MOVES: list[Move[SignOn]] = [
    Move(
        "approve",
        lambda sign_on: f"Approve: {where(sign_on.letter)}",
        # The page has a button of its own, which saves what was corrected first.
        lambda sign_on: False,
        _approve,
    ),
    Move(
        "without-confirmation",
        lambda sign_on: "Their yes is evidence enough: it waits for your approval",
        lambda sign_on: _asked_by_staff(sign_on) and sign_on.status == Status.UNCONFIRMED,
        _without,
    ),
    Move(
        "ask-to-confirm",
        lambda sign_on: "Ask them again: a new link by mail",
        _asked_by_staff,
        _ask_to_confirm,
    ),
    Move(
        "reconsider",
        lambda sign_on: "Back to the queue: it waits for you again",
        lambda sign_on: sign_on.status in {Status.REJECTED, Status.WITHDRAWN},
        _reconsider,
    ),
    Move(
        "still-signs",
        lambda sign_on: (
            f"List again, as they told you that they still sign: {where(sign_on.letter)}"
        ),
        asked,
        _still_signs,
        form=StillSignsForm,
    ),
    Move("ask-again", lambda sign_on: "Ask them again, by mail", asked, _ask_again),
    Move(
        "list-again",
        lambda sign_on: f"List again: {where(sign_on.letter)}",
        lambda sign_on: sign_on.status == Status.APPROVED and held(sign_on),
        _list_again,
    ),
    Move(
        "hold",
        lambda sign_on: "Hold: off the list for now",
        lambda sign_on: sign_on.status == Status.APPROVED,
        _hold,
        form=HoldForm,
        cautious=True,
    ),
]
