"""Asking for the reason before sign-ons are rejected or withdrawn."""

from collections.abc import Callable, Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from campaign.admin.counted import counted
from signatories.admin.verbs import reject_all, withdraw_all
from signatories.models import SignOn

LONGEST_REASON = 500  # characters, as SignOn has it


class ReasonForm(forms.Form):
    """`cleaned_data["reason"]` is what was typed, or else the common reason that was chosen."""

    common: Sequence[str] = ()
    #: What else the page says.
    note = ""

    choice = forms.ChoiceField(label="Reason", widget=forms.RadioSelect, required=False)
    reason = forms.CharField(
        label="Or in your own words",
        required=False,
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 3, "cols": 60}),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        choice = self.fields["choice"]
        assert isinstance(choice, forms.ChoiceField)  # noqa: S101 - for the type checker
        choice.choices = [(text, text) for text in self.common]

    def clean(self) -> dict[str, Any] | None:
        super().clean()
        self.cleaned_data["reason"] = self.cleaned_data.get(
            "reason", ""
        ).strip() or self.cleaned_data.get("choice", "")
        return self.cleaned_data


class RejectForm(ReasonForm):
    common = (
        "Your organisation is on the letter already.",
        "We could not confirm with the organisation that it signs.",
        "Only organisations can sign this letter.",
        "The organisation does not meet the coalition's criteria for signatories.",
    )
    tell = forms.BooleanField(
        label="Tell the contact? The mail gives the reason.", required=False, initial=True
    )

    def clean(self) -> dict[str, Any] | None:
        super().clean()
        if not self.cleaned_data["reason"] and not self.errors:
            self.add_error("reason", "Please give a reason: it is kept with the sign-on.")
        return self.cleaned_data


class WithdrawForm(ReasonForm):
    note = "Their contacts are told by mail."
    common = (
        "The organisation asked for it.",
        "It was listed by mistake.",
        "It stood on the list twice.",
    )


class Ask:
    """The page that asks, for one kind of move."""

    def __init__(
        self,
        name: str,
        form: type[ReasonForm],
        act: Callable[[HttpRequest, list[SignOn], dict[str, Any]], None],
        button: Callable[[str], str],
    ) -> None:
        self.name, self.form, self.act, self.button = name, form, act, button

    def done(self, request: HttpRequest, sign_ons: list[SignOn], *, asked: bool) -> ReasonForm:
        """Acts when `asked` and answered; the form then `is_valid()`, else it is to be shown."""
        form = self.form(request.POST) if asked else self.form()
        if form.is_valid():
            self.act(request, sign_ons, form.cleaned_data)
        return form

    def page(
        self,
        request: HttpRequest,
        sign_ons: list[SignOn],
        form: ReasonForm,
        *,
        of_action: bool,
    ) -> HttpResponse:
        """With `of_action` it posts back to the list, which runs the action again."""
        button = self.button(counted(len(sign_ons), "sign-on"))
        context = {
            **admin.site.each_context(request),
            "title": button,
            "opts": SignOn._meta,
            "sign_ons": sign_ons,
            "form": form,
            "button": button,
            "note": self.form.note,
            "action": self.name if of_action else "",
            "checkbox": ACTION_CHECKBOX_NAME,
        }
        status = 422 if form.errors else 200
        return TemplateResponse(
            request, "admin/signatories/signon/reason.html", context, status=status
        )


REJECT = Ask(
    "reject",
    RejectForm,
    lambda request, sign_ons, data: reject_all(
        request, sign_ons, reason=data["reason"], tell=data["tell"]
    ),
    lambda number: f"Reject {number}",
)
WITHDRAW = Ask(
    "withdraw",
    WithdrawForm,
    lambda request, sign_ons, data: withdraw_all(request, sign_ons, reason=data["reason"]),
    lambda number: f"Withdraw {number}, off the list now",
)
ASKS = {ask.name: ask for ask in (REJECT, WITHDRAW)}
