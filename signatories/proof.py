"""A proof of work, asked for near a limit: bound to its letter, good for one sign-on, soon stale.

Nothing is kept of what was asked: a challenge is signed, and only what is spent is remembered.
"""

import base64
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any

import altcha
from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core import signing
from django.core.exceptions import ValidationError
from django.utils import timezone
from django_altcha import AltchaField

from campaign.limits.in_postgres import spend
from campaign.models import Letter

#: A browser tries half of these on average. A telephone of the middle range hashes some 200,000 a
#: second in our script, so that it takes about a second there and three at most.
HARDEST = 400_000
#: Time enough to read the form once more, or to be called away from it.
GOOD_FOR = timedelta(minutes=20)


class Answer(Enum):
    SOLVED = "solved"
    #: The button of the page that asked was pressed, as it is without JavaScript.
    PRESSED = "pressed"
    NONE = "none"


@dataclass(frozen=True)
class Challenge:
    """What the page that asks holds: `asked` comes back in any case, the rest is for the script."""

    algorithm: str
    challenge: str
    salt: str
    hardest: int
    signature: str
    asked: str
    script: str
    worker: str


class ProofField(AltchaField):  # type: ignore[misc]  # it has no types
    """django-altcha's field, with a replay cache that two requests cannot get past together."""

    def replay_attack_protection(self, payload: str) -> None:
        """Spending is left to `answer`, which also knows the letter."""


def challenge(letter: Letter, *, with_script: bool) -> Challenge:
    made = altcha.create_challenge(
        altcha.ChallengeOptions(
            hmac_key=settings.ALTCHA_HMAC_KEY,
            max_number=HARDEST,
            expires=datetime.now(UTC) + GOOD_FOR,
            params={"letter": str(letter.pk)},
        )
    )
    return Challenge(
        algorithm=made.algorithm,
        challenge=made.challenge,
        salt=made.salt,
        hardest=made.max_number,
        signature=made.signature,
        asked=_signer().sign_object([letter.pk, made.challenge]),
        script=staticfiles_storage.url("js/proof.js") if with_script else "",
        worker=staticfiles_storage.url("js/proof_worker.js"),
    )


def answer(letter: Letter, *, asked: str, solution: str) -> Answer:
    """What was posted in return for a challenge; each counts once, solved or not."""
    number = _of_asked(letter, asked)
    if solution and (solved := _of_solution(letter, solution)):
        # The solution names its challenge itself, so that its page may be an older one.
        return Answer.SOLVED if _spend(solved) else Answer.NONE
    return Answer.PRESSED if number and _spend(number) else Answer.NONE


def _spend(challenge: str) -> bool:
    return spend(challenge, until=timezone.now() + 2 * GOOD_FOR)


def _of_asked(letter: Letter, asked: str) -> str:
    """The challenge that was asked, or nothing for what was not asked here or long ago."""
    try:
        pk, number = _signer().unsign_object(asked, max_age=GOOD_FOR)
    except (signing.BadSignature, ValueError, TypeError):
        return ""
    return str(number) if pk == letter.pk else ""


def _of_solution(letter: Letter, solution: str) -> str:
    """The challenge that is solved, or nothing for what is wrong, stale or another letter's."""
    try:
        ProofField().clean(solution)
    except ValidationError:
        return ""
    # The field has read it, and found everything in it.
    solved: Any = json.loads(base64.b64decode(solution))
    about = altcha.extract_params(solved).get("letter")
    return str(solved["challenge"]) if about == [str(letter.pk)] else ""


def _signer() -> signing.TimestampSigner:
    return signing.TimestampSigner(key=settings.ALTCHA_HMAC_KEY, salt="asked for a proof")
