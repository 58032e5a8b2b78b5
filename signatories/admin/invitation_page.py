"""The page of one invitation: how it stands, and what staff can do about it."""

from itertools import pairwise
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from campaign.admin.trail import Entry, Step, context_of, trail_of
from campaign.models import Letter
from signatories.admin.enter_form import CheckedField
from signatories.admin.tracker import CHANGE, VIEW
from signatories.cleaning import clean_email, person_line
from signatories.models import Contact, Invitation
from signatories.models.invitation import LINK_SHOWN
from signatories.models.sign_on import CONTACT_CHANGED
from signatories.services import inviting
from signatories.services.invitations import Standing, has_signed, invitations_of
from signatories.services.moving import Refused
from signatories.services.signing import Person

UNPROCESSABLE = 422
#: What staff do with a contact they have to see, and may change.
OF_CONTACT = ("signatories.view_contact", "signatories.change_contact")


class ContactForm(forms.Form):
    name = CheckedField(person_line("name"), label="Name")
    title = CheckedField(person_line("title"), label="Title (optional)")
    email = CheckedField(clean_email, label="E-mail")

    def __init__(self, data: Any = None, *, contact: Contact | None) -> None:
        initial = (
            {"name": contact.name, "title": contact.title, "email": contact.email}
            if contact
            else {}
        )
        super().__init__(data, initial=initial, auto_id="id_contact_%s")
        self.fields["name"].required = self.fields["email"].required = True


def invitation(request: HttpRequest, pk: int, invitation: int) -> HttpResponse:
    """GET shows; POST does what its `do` says, and comes back."""
    if not request.user.has_perm(VIEW):
        raise PermissionDenied
    letter = get_object_or_404(Letter, pk=pk)
    found = get_object_or_404(
        Invitation.objects.select_related("organisation", "group", "batch", "sign_on", "mail"),
        pk=invitation,
        letter=letter,
    )
    if request.method != "POST":
        return _page(request, letter, found)
    if not request.user.has_perm(CHANGE):
        raise PermissionDenied
    do = request.POST.get("do", "")
    if do in {"correct", "show-link"} and not request.user.has_perms(OF_CONTACT):
        raise PermissionDenied
    try:
        if do == "show-link":
            link = settings.PUBLIC_URL + inviting.show_link(invitation=found)
            return _page(request, letter, found, link=link)
        if do == "correct":
            form = ContactForm(request.POST, contact=None)
            if not form.is_valid():
                return _page(request, letter, found, form=form, status=UNPROCESSABLE)
            data = form.cleaned_data
            person = Person(data["name"], data["title"], data["email"])
            inviting.correct(invitation=found, person=person)
            messages.success(request, "Corrected: the old link has ended, and a new mail goes out.")
        if do == "take-back":
            inviting.take_back(invitation=found)
            messages.success(request, f"The invitation of “{found.organisation}” is taken back.")
    except Refused as refusal:
        messages.warning(request, str(refusal))
    return HttpResponseRedirect(reverse("admin:letter-invitation", args=[letter.pk, found.pk]))


def _page(
    request: HttpRequest,
    letter: Letter,
    found: Invitation,
    *,
    form: ContactForm | None = None,
    status: int = 200,
    link: str = "",
) -> HttpResponse:
    row = invitations_of(letter).filter(pk=found.pk).values_list("standing", flat=True).first()
    contacts = request.user.has_perm("signatories.view_contact")
    contact = found.contacts.first() if contacts else None
    live = row is not None and row != Standing.SIGNED and request.user.has_perm(CHANGE)
    handles = live and request.user.has_perms(OF_CONTACT)
    context = {
        **admin.site.each_context(request),
        "title": f"Invitation: {found.organisation}",
        "letter": letter,
        "invitation": found,
        "standing": Standing(row).label if row else "Taken back",
        "sign_on": has_signed(found) or found.sign_on,
        "contacts": contacts,
        "contact": contact,
        "may_take_back": live,
        "may_handle": handles,
        "form": form or ContactForm(contact=contact) if handles else None,
        "link": link,
        "trail": _trail(found),
    }
    return TemplateResponse(request, "admin/signatories/invitation.html", context, status=status)


#: Moments, which the trail does not show of itself, and what each says.
MOMENTS = {
    "declined_at": "Declined",
    "taken_back_at": "Taken back",
    "signed_at": "Signed",
    "passed_on_at": "Passed on",
}
LABELS = {LINK_SHOWN: "Looked at the personal link", CONTACT_CHANGED: "Contact changed"}


#: What its first entry would say of every invitation, and what its moments say better.
NOISE = ("Batch:", "Letter:", "Reminders: “0”", "Passed on: “", "Other addresses: “")


def _trail(found: Invitation) -> list[Entry]:
    entries = [
        Entry(entry.at, entry.who, [what for what in entry.what if not what.startswith(NOISE)])
        for entry in trail_of(found, also=_steps(found))
    ]
    return [entry for entry in entries if entry.what]


def _steps(found: Invitation) -> list[Step]:
    events: Any = found.events  # type: ignore[attr-defined]
    ordered = list(events.select_related("pgh_context").order_by("pgh_id"))
    steps = [
        Step(event.pgh_created_at, context_of(event), [LABELS[event.pgh_label]])
        for event in ordered
        if event.pgh_label in LABELS
    ]
    for before, after in pairwise(ordered):
        what = [
            said
            for moment, said in MOMENTS.items()
            if getattr(after, moment) not in {None, getattr(before, moment)}
        ]
        if what:
            steps.append(Step(after.pgh_created_at, context_of(after), what))
    return steps


URLS: list[URLPattern] = [
    path(
        "<int:pk>/invitations/<int:invitation>/",
        sensitive_post_parameters()(never_cache(admin.site.admin_view(invitation))),
        name="letter-invitation",
    ),
]
