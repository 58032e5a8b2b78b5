"""Signing: the POST of the form. Its GET is part of the edition."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from campaign.answers import answer_as
from campaign.clients import client_address
from campaign.headers import SCRIPTED
from campaign.limits.judge import Client, Level, Verdict, client_of, judge
from campaign.limits.table import LETTER
from campaign.markup.words import difference_html
from campaign.models import Letter, Wording
from campaign.origins import own_origin_only
from signatories import proof
from signatories.editions.context import live_context
from signatories.editions.freeze import freeze_letter
from signatories.forms import SignForm
from signatories.models.refusal import Outcome
from signatories.proof import Answer
from signatories.services import signing
from signatories.services.current import current_wording
from signatories.services.refusing import count_refusal
from signatories.services.signing import Person, SigningClosed

#: The letter takes no sign-ons now: the request was fine, the state is not (RFC 9110, 15.5.10).
CONFLICT = 409
UNPROCESSABLE = 422
#: Nothing is wrong with what was typed; there is too much of it (RFC 6585, 4).
TOO_MANY = 429


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@own_origin_only
def sign(request: HttpRequest, slug: str = "", key: str = "") -> HttpResponse:
    """422 with the form, and what was typed, when it cannot be taken; 409 when it is closed.

    Near a limit 429 with the same, and a calculation that the browser does by itself.
    """
    wording = _wording(slug, key)
    letter = wording.text.letter
    if request.method != "POST":
        if key and letter.public:
            return HttpResponseRedirect(f"{letter.path}sign/")
        raise Http404  # the form's page is a file, unless its letter is not published yet
    form = SignForm(request.POST, letter=freeze_letter(letter), text_number=wording.text.number)
    if not letter.accepts_sign_ons():
        return _closed(request, letter, form)
    if not form.is_valid():
        return _form_again(request, letter, form)
    if form.cleaned_data["text"] != wording.text.number:
        return _form_again(request, letter, form, since=form.cleaned_data["text"])
    client = client_of(client_address(request))
    verdict = judge(client=client, letter=letter.pk, email=form.cleaned_data["email"])
    answer = _answer(request, letter) if verdict.level else Answer.NONE
    if not enough(answer, verdict.level):
        return _ask_for_proof(request, letter, form, client, verdict)
    try:
        _sign(
            form.cleaned_data,
            wording,
            client=client,
            unproven=answer is Answer.PRESSED,
            slow=verdict.slow or (verdict.level, answer) not in NORMAL,
        )
    except SigningClosed:
        return _closed(request, letter, form)
    return HttpResponseRedirect(f"{letter.path}check-email/")


#: What keeps a mail on the usual way. Far beyond a limit even a proof buys the slow way only:
#: whoever has many machines to calculate with must not have our mail server as well.
NORMAL = {(Level.CALM, Answer.NONE), (Level.NEAR, Answer.SOLVED)}


def enough(answer: Answer, level: Level) -> bool:
    """Whether a sign-on at this level is taken with this answer to a challenge."""
    if level == Level.CALM or answer is Answer.SOLVED:
        return True
    return level == Level.NEAR and answer is Answer.PRESSED


def _answer(request: HttpRequest, letter: Letter) -> Answer:
    asked, solution = request.POST.get("asked", ""), request.POST.get("proof", "")
    return proof.answer(letter, asked=asked, solution=solution) if asked else Answer.NONE


def _sign(
    data: dict[str, Any], wording: Wording, *, client: Client, unproven: bool, slow: bool
) -> None:
    letter = wording.text.letter
    group = letter.default_group or letter.groups.last()  # the default may have been deleted
    if group is None:
        raise SigningClosed(letter.slug)
    signing.sign(
        letter=letter,
        wording=wording,
        group=group,
        listed_name=data["organisation"],
        person=Person(data["contact_name"], data["contact_title"], data["email"]),
        website=data.get("website") or "",
        country=data.get("country") or "",
        client=client,
        trap=data["subject"],
        unproven=unproven,
        slow=slow,
    )


def _wording(slug: str, key: str) -> Wording:
    """The letter's current words with the letter. Raises Http404, for an unlisted slug as well."""
    wording = current_wording(slug=slug, key=key)
    if wording is None or (not key and not wording.text.letter.public):
        raise Http404
    return wording


def _form_again(
    request: HttpRequest, letter: Letter, form: SignForm, *, since: int | None = None
) -> HttpResponse:
    """The form with its errors, or with what has changed since the Text that was on the screen."""
    text = letter.current_text
    assert text is not None  # noqa: S101 - the query joined it
    context = live_context(letter, text, at=timezone.now())
    changes = ""
    if since is not None:
        before = Wording.objects.filter(
            text__letter=letter, text__number=since, language=letter.language
        ).first()
        changes = difference_html(before.source if before else "", context["wording"]["source"])
    context.update(form=form, changes_html=changes)
    return render(request, "signatories/sign.html", context, status=UNPROCESSABLE)


def _ask_for_proof(
    request: HttpRequest, letter: Letter, form: SignForm, client: Client, verdict: Verdict
) -> HttpResponse:
    """The form once more, all typed in it, with a calculation for the browser to do."""
    far = verdict.level == Level.FAR
    count_refusal(
        letter=letter,
        limit=verdict.limit,
        outcome=Outcome.REFUSED if far else Outcome.ASKED,
        range_key=client.range_key,
    )
    text = letter.current_text
    assert text is not None  # noqa: S101 - the query joined it
    # Where a calculation came out wrong the script does not try for ever; the button is left.
    form.proof = proof.challenge(letter, with_script=not request.POST.get("proof"))
    context = live_context(letter, text, at=timezone.now())
    context.update(
        form=form,
        proof=form.proof,
        try_again=minutes(verdict.wait) if far else "",
        from_where="on this letter" if verdict.limit == LETTER.name else "from your network",
    )
    response = answer_as(
        SCRIPTED, render(request, "signatories/sign.html", context, status=TOO_MANY)
    )
    if far:
        response["Retry-After"] = str(verdict.wait)
    return response


def minutes(seconds: int) -> str:
    """Such as “1 minute” or “12 minutes”, rounded up."""
    number = -(-seconds // 60)
    return "1 minute" if number == 1 else f"{number} minutes"


def _closed(request: HttpRequest, letter: Letter, form: SignForm) -> HttpResponse:
    text = letter.current_text
    assert text is not None  # noqa: S101 - the query joined it
    context = live_context(letter, text, at=timezone.now())
    # By the clock a letter may be closed before the calendar has moved its state.
    context.update(accepting=False, typed=_typed(form))
    return render(request, "signatories/closed.html", context, status=CONFLICT)


def _typed(form: SignForm) -> list[tuple[str, str]]:
    """What was typed, label by label, for those who want to keep it."""
    return [
        (str(field.label), str(field.value()))
        for field in form.visible_fields()
        if field.value() and field.name != "authorised"
    ]
