"""Verbs on a few sign-ons, which are seen to at once: each refusal a message."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from django.contrib import messages
from django.http import HttpRequest

from campaign.admin.counted import counted
from campaign.models import Group, Letter
from signatories.models import SignOn
from signatories.services import moderation
from signatories.services.approving import approve_many
from signatories.services.moving import Refused
from signatories.services.regrouping import regroup_many

#: More refusals than this are counted, not named.
MOST_NAMED = 10


def where(letter: Letter) -> str:
    """When an approved sign-on of this letter is seen, and where."""
    if letter.public:
        return f"public now at {letter.path}"
    return "listed once the letter is public"


def warn_of_missing_glyphs(request: HttpRequest, name: str) -> None:
    """Say which characters of a name the PDF cannot show; the page shows them."""
    # The fonts are loaded by those who need them only.
    from signatories.editions import fonts

    replaced = fonts.show(name).replaced
    if replaced:
        messages.warning(
            request,
            f"The fonts of the PDF lack {' '.join(replaced)}: it shows {fonts.REPLACEMENT} "
            "instead. On the page the name stands as typed.",
        )


def approve_all(request: HttpRequest, sign_ons: Sequence[SignOn]) -> None:
    letters: Counter[str] = Counter()
    refused = approve_many([sign_on.pk for sign_on in sign_ons])
    for sign_on in sign_ons:
        if sign_on.pk not in refused:
            letters[where(sign_on.letter)] += 1
    _tell_refusals(request, list(refused.values()))
    for place, number in letters.items():
        messages.success(request, f"{counted(number, 'sign-on')} approved: {place}.")


def regroup_all(request: HttpRequest, sign_ons: Sequence[SignOn], *, group: Group) -> None:
    refused = regroup_many([sign_on.pk for sign_on in sign_ons], group)
    _tell_refusals(request, list(refused.values()))
    if moved := len(sign_ons) - len(refused):
        messages.success(request, f"{counted(moved, 'sign-on')} moved to “{group.title}”.")


def reject_all(
    request: HttpRequest, sign_ons: Iterable[SignOn], *, reason: str, tell: bool
) -> None:
    done = _done(
        request,
        sign_ons,
        lambda one: moderation.reject(sign_on=one, reason=reason, tell=tell),
    )
    if done:
        told = "contacts who had confirmed are told by mail" if tell else "nobody is told"
        messages.success(request, f"{counted(len(done), 'sign-on')} rejected; {told}.")


def withdraw_all(request: HttpRequest, sign_ons: Iterable[SignOn], *, reason: str) -> None:
    done = _done(request, sign_ons, lambda one: moderation.withdraw(sign_on=one, reason=reason))
    if done:
        messages.success(
            request,
            f"{counted(len(done), 'sign-on')} withdrawn: off the list now; "
            "their contacts are told by mail.",
        )


def _done(
    request: HttpRequest, sign_ons: Iterable[SignOn], verb: Callable[[SignOn], None]
) -> list[SignOn]:
    """Those for which the verb was not refused."""
    done, refusals = [], []
    for sign_on in sign_ons:
        try:
            verb(sign_on)
        except Refused as refusal:
            refusals.append(str(refusal))
        else:
            done.append(sign_on)
    _tell_refusals(request, refusals)
    return done


def _tell_refusals(request: HttpRequest, refusals: Sequence[str]) -> None:
    for problem in refusals[:MOST_NAMED]:
        messages.warning(request, problem)
    if len(refusals) > MOST_NAMED:
        more = counted(len(refusals) - MOST_NAMED, "more sign-on")
        messages.warning(request, f"{more} refused for like reasons.")
