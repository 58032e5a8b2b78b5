"""Signing: the POST of the form. Its GET is part of the edition."""

from typing import Any

from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from campaign.markup.words import difference_html
from campaign.models import Letter, Wording
from campaign.origins import own_origin_only
from signatories.editions.context import live_context
from signatories.editions.freeze import freeze_letter
from signatories.forms import SignForm
from signatories.services import signing
from signatories.services.signing import Person, SigningClosed

#: The letter takes no sign-ons now: the request was fine, the state is not (RFC 9110, 15.5.10).
CONFLICT = 409
UNPROCESSABLE = 422


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@own_origin_only
def sign(request: HttpRequest, slug: str = "", key: str = "") -> HttpResponse:
    """422 with the form, and what was typed, when it cannot be taken; 409 when it is closed."""
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
    try:
        _sign(form.cleaned_data, wording)
    except SigningClosed:
        return _closed(request, letter, form)
    return HttpResponseRedirect(f"{letter.path}check-email/")


def _sign(data: dict[str, Any], wording: Wording) -> None:
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
    )


def _wording(slug: str, key: str) -> Wording:
    """The letter's current words with the letter, in one query."""
    current = Wording.objects.select_related("text__letter__default_group").filter(
        text=F("text__letter__current_text"), language=F("text__letter__language")
    )
    if key:
        wording = current.filter(text__letter__unlisted_key=key).first()
    else:
        wording = current.filter(text__letter__slug=slug).first()
        if wording is not None and not wording.text.letter.public:
            wording = None  # unlisted: its public address does not exist
    if wording is None:
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
