"""Adding a sign-on that came by e-mail, post or telephone."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from campaign.models import Group, Letter
from campaign.models.letter import State
from signatories.admin.sign_on_form import WebsiteField, countries, name_field
from signatories.admin.sign_on_queue import number
from signatories.admin.verbs import warn_of_missing_glyphs
from signatories.cleaning import clean_email, person_line
from signatories.models import SignOn
from signatories.services import entering
from signatories.services.moving import Refused
from signatories.services.signing import Person
from signatories.services.similar import similar


class CheckedField(forms.CharField):
    """A line that `check` brings into its form, when there is one."""

    def __init__(self, check: Callable[[str], str], **options: Any) -> None:
        super().__init__(required=False, **options)
        self.check = check

    def clean(self, value: Any) -> str:
        typed: str = super().clean(value)
        return self.check(typed) if typed else typed


CONTACT = ["contact_name", "contact_title", "email"]


class EnterForm(forms.Form):
    letter = forms.ModelChoiceField(Letter.objects.none())
    group = forms.ModelChoiceField(Group.objects.none())
    listed_name = name_field(label="Organisation, exactly as it should be listed")
    country = forms.ChoiceField(required=False, choices=countries)
    website = WebsiteField(required=False)
    evidence = forms.CharField(
        label="How you know that they sign",
        widget=forms.Textarea(attrs={"rows": 3, "cols": 60}),
        help_text="Such as: e-mail of 3 May from the director, saying yes.",
        error_messages={"required": "Please note the evidence: who said yes, when, and how."},
    )
    contact_name = CheckedField(
        person_line("name"),
        label="Contact's name",
        help_text="With a contact, the organisation is told by mail how it is listed. "
        "Never published.",
    )
    contact_title = CheckedField(person_line("title"), label="Contact's title")
    email = CheckedField(clean_email, label="Contact's e-mail")

    def __init__(self, data: Any = None, *, chosen: str | None, with_contact: bool) -> None:
        letters = Letter.objects.filter(
            state__in=[State.OPEN, State.CLOSED], delivered_at__isnull=True
        ).order_by("slug")
        letter = letters.filter(pk=number(chosen) or 0).first()
        if letter is None and letters.count() == 1:
            letter = letters.first()
        group = letter.default_group_id if letter else None
        super().__init__(data, initial={"letter": letter, "group": group})
        self._offer(letters, Group.objects.filter(letter__in=[letter] if letter else letters))
        if not with_contact:
            for name in CONTACT:
                del self.fields[name]

    def _offer(self, letters: Any, groups: Any) -> None:
        letter_field, group_field = self.fields["letter"], self.fields["group"]
        assert isinstance(letter_field, forms.ModelChoiceField)  # noqa: S101
        assert isinstance(group_field, forms.ModelChoiceField)  # noqa: S101
        letter_field.queryset = letters
        group_field.queryset = groups.select_related("letter").order_by("letter__slug", "position")
        if self.initial["letter"] is None:
            titles = [
                (group.pk, f"{group.letter}: {group.title}") for group in group_field.queryset
            ]
            group_field.choices = [("", "---------"), *titles]

    def clean(self) -> dict[str, Any] | None:
        super().clean()
        letter, group = self.cleaned_data.get("letter"), self.cleaned_data.get("group")
        if letter and group and group.letter_id != letter.pk:
            self.add_error("group", f"This group is not of the letter “{letter}”.")
        given = [name for name in CONTACT if self.cleaned_data.get(name)]
        if given:
            for name in set(CONTACT) - set(given) - set(self.errors):
                self.add_error(name, "A contact has a name, a title and an e-mail address.")
        return self.cleaned_data

    def save(self, added_by: User) -> SignOn:
        """Raises Refused."""
        data = self.cleaned_data
        person = None
        if data.get("email"):
            person = Person(data["contact_name"], data["contact_title"], data["email"])
        return entering.enter(
            letter=data["letter"],
            group=data["group"],
            listed_name=data["listed_name"],
            evidence=data["evidence"],
            added_by=added_by,
            person=person,
            website=data["website"],
            country=data["country"],
        )


def enter(request: HttpRequest) -> HttpResponse:
    """Shows the form; enters the sign-on, which then waits for approval."""
    form = EnterForm(
        request.POST or None,
        chosen=request.POST.get("letter") or request.GET.get("letter"),
        with_contact=request.user.has_perm("signatories.add_contact"),
    )
    if request.method == "POST" and form.is_valid():
        assert isinstance(request.user, User)  # noqa: S101 - the admin has checked
        try:
            sign_on = form.save(request.user)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"“{sign_on}” is entered and waits for your approval.")
            point_out_similar(request, sign_on)
            warn_of_missing_glyphs(request, sign_on.listed_name)
            return HttpResponseRedirect(
                reverse("admin:signatories_signon_change", args=[sign_on.pk])
            )
    context = {
        **admin.site.each_context(request),
        "title": "Add a sign-on that came by e-mail",
        "opts": SignOn._meta,
        "form": form,
    }
    return TemplateResponse(request, "admin/signatories/signon/enter.html", context)


def point_out_similar(request: HttpRequest, sign_on: SignOn) -> None:
    names = [f"“{other}” ({other.get_status_display()})" for other in similar(sign_on)]
    if names:
        messages.warning(request, f"Possible duplicates on this letter: {', '.join(names)}.")
