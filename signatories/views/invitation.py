"""The personal link of an invitation: GET shows, POST signs, passes it on, or declines.

Mail scanners open links, so a GET changes nothing, and tells nobody that it was opened.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from campaign.clients import client_address
from campaign.limits.judge import Level, client_of, judge
from campaign.markup.words import difference_html
from campaign.models import Wording
from campaign.models.letter import State
from campaign.origins import own_origin_only
from campaign.tokens import token_id, token_matches
from signatories.editions.context import live_context
from signatories.editions.freeze import freeze_letter
from signatories.invitation_forms import ColleagueForm, DeclineForm, InvitedForm
from signatories.models import Contact, Invitation, SignOn
from signatories.models.sign_on import Status
from signatories.services import invited
from signatories.services.invitations import INVITE, has_signed
from signatories.services.invited import LinkEnded, SignedAlready, TooManyOthers
from signatories.services.signing import Person, SigningClosed
from signatories.views.tokens import invalid_link

CONFLICT = 409
GONE = 410
UNPROCESSABLE = 422
TOO_MANY = 429


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@own_origin_only
@sensitive_post_parameters()
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """422 with the forms, and what was typed, when something cannot be taken; 409 or 410 when the
    letter takes no sign-ons.
    """
    found = _invitation_of(token)
    if found is None or found.letter.current_text is None:
        return invalid_link(request)
    page = Page(request, found, token)
    if (answered := page.answered()) is not None:
        return answered
    if request.method != "POST":
        return page.show()
    act = ACTIONS.get(request.POST.get("action", ""), _sign)
    try:
        return act(page)
    except LinkEnded:
        return invalid_link(request)
    except SignedAlready:
        again = Page(request, Invitation.objects.get(pk=found.pk), token)
        return again.answered() or again.show()
    except SigningClosed:
        return page.closed()
    except TooManyOthers:
        return page.show(too_many=True, status=TOO_MANY)


def _invitation_of(token: str) -> Invitation | None:
    """None for a token that is malformed, forged, replaced by a newer one, or taken back."""
    pk = token_id(token)
    if pk is None:
        return None
    found = (
        Invitation.objects.select_related(
            "letter__current_text",
            "letter__default_group",
            "organisation",
            "group",
            "batch",
            "sign_on",
        )
        .filter(pk=pk)
        .first()
    )
    if found is None or not token_matches(token, INVITE, pk, found.epoch):
        return None
    return None if found.taken_back_at else found


@dataclass
class Page:
    request: HttpRequest
    invitation: Invitation
    token: str

    @cached_property
    def path(self) -> str:
        return reverse("signatories:invitation", args=[self.token])

    @cached_property
    def contact(self) -> Contact | None:
        return self.invitation.contacts.first()

    @cached_property
    def context(self) -> dict[str, Any]:
        letter = self.invitation.letter
        assert letter.current_text is not None  # noqa: S101 - the view has looked
        return {
            **live_context(letter, letter.current_text, at=timezone.now()),
            "organisation": self.invitation.organisation.display_name,
            "declined": self.invitation.declined_at is not None,
        }

    def form(self, data: Any = None) -> InvitedForm:
        body, contact = self.invitation.organisation, self.contact
        return InvitedForm(
            data,
            letter=freeze_letter(self.invitation.letter),
            text_number=self.context["text"]["number"],
            invited_email=contact.email if contact else "",
            action=self.path,
            initial={
                "organisation": body.display_name,
                "country": body.country,
                "website": body.website,
                "contact_name": contact.name if contact else "",
                "contact_title": contact.title if contact else "",
            },
        )

    def show(self, *, status: int = 200, **more: Any) -> HttpResponse:
        """All three forms; `more` has the one that was posted."""
        forms = {
            "form": self.form(),
            "colleague": ColleagueForm(action=self.path),
            "decline": DeclineForm(action=self.path),
        }
        context = {**self.context, **forms, **more}
        posted = [context[name] for name in forms if context[name].errors]
        context["posted"] = posted[0] if posted else None
        return render(self.request, "signatories/invitation.html", context, status=status)

    def say(self, what: str, *, status: int = 200, **more: Any) -> HttpResponse:
        """A page that says how the invitation is answered, or why it cannot be."""
        context = {**self.context, "said": what, **more}
        return render(self.request, "signatories/invitation_said.html", context, status=status)

    def answered(self) -> HttpResponse | None:
        """Where there is nothing left to ask."""
        signed = has_signed(self.invitation)
        if signed is not None:
            return self.signed(signed, already=True)
        by_link = self.invitation.sign_on
        if by_link is not None and by_link.status in {Status.WITHDRAWN, Status.REJECTED}:
            return self.say(by_link.status, sign_on=by_link)
        return None if self.invitation.letter.accepts_sign_ons() else self.closed()

    def closed(self) -> HttpResponse:
        archived = self.invitation.letter.state == State.ARCHIVED
        return self.say("closed", status=GONE if archived else CONFLICT)

    def signed(self, sign_on: SignOn, *, already: bool = False) -> HttpResponse:
        return self.say("signed", sign_on=sign_on, already=already)


def _sign(page: Page) -> HttpResponse:
    form = page.form(page.request.POST)
    text = page.context["text"]
    if not form.is_valid():
        return page.show(form=form, status=UNPROCESSABLE)
    if form.cleaned_data["text"] != text["number"]:
        changes = _changes(page, form.cleaned_data["text"])
        return page.show(form=form, changes_html=changes, status=UNPROCESSABLE)
    data, letter = form.cleaned_data, page.invitation.letter
    client = client_of(client_address(page.request))
    slow = False
    if not invited.is_invited(page.invitation, data["email"]):
        # It counts like any other from the form, but is not refused: only its mail may take longer.
        verdict = judge(client=client, letter=letter.pk, email=data["email"])
        slow = verdict.slow or verdict.level > Level.CALM
    assert letter.current_text is not None  # noqa: S101 - the view has looked
    sign_on = invited.sign(
        invitation=page.invitation,
        wording=letter.current_text.wording_in(letter.language),
        listed_name=data["organisation"],
        person=Person(data["contact_name"], data["contact_title"], data["email"]),
        website=data.get("website") or "",
        country=data.get("country") or "",
        client=client,
        slow=slow,
    )
    if sign_on is None:
        # Elsewhere, so that loading the answer again does not post it once more.
        return HttpResponseRedirect(f"{letter.path}check-email/")
    return page.signed(sign_on)


def _changes(page: Page, since: int) -> str:
    letter = page.invitation.letter
    before = Wording.objects.filter(
        text__letter=letter, text__number=since, language=letter.language
    ).first()
    return difference_html(before.source if before else "", page.context["wording"]["source"])


def _pass_on(page: Page) -> HttpResponse:
    form = ColleagueForm(page.request.POST, action=page.path)
    if form.is_valid() and invited.is_invited(page.invitation, form.cleaned_data["email"]):
        form.add_error("email", "This is the address that we invited. Please give another one.")
    if not form.is_valid():
        return page.show(colleague=form, status=UNPROCESSABLE)
    data = form.cleaned_data
    colleague = Person(data["name"], data["title"], data["email"])
    invited.pass_on(invitation=page.invitation, person=colleague)
    return page.say("passed-on", colleague=colleague)


def _decline(page: Page) -> HttpResponse:
    form = DeclineForm(page.request.POST, action=page.path)
    if not form.is_valid():
        return page.show(decline=form, status=UNPROCESSABLE)
    invited.decline(invitation=page.invitation, reason=form.cleaned_data["reason"])
    return page.say("declined", again=page.path)


ACTIONS = {"sign": _sign, "pass-on": _pass_on, "decline": _decline}
