"""Asking before an action: for the reason to reject or withdraw, or the group to move to."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from campaign.models import Group
from signatories.admin.bulk_begin import begin
from signatories.admin.chosen import Chosen
from signatories.admin.verbs import regroup_all, reject_all, withdraw_all
from signatories.models import SignOn
from signatories.models.bulk import Verb

LONGEST_REASON = 500  # characters, as SignOn has it


class ReasonForm(forms.Form):
    """`cleaned_data["reason"]` is what was typed, or else the common reason that was chosen."""

    common: Sequence[str] = ()

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
        "This does not seem to be the name of an organisation.",
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
    common = (
        "The organisation asked for it.",
        "It was listed by mistake.",
        "It stood on the list twice.",
    )


class RegroupForm(forms.Form):
    group = forms.ModelChoiceField(
        label="Group",
        queryset=Group.objects.none(),
        empty_label=None,
        widget=forms.RadioSelect,
        error_messages={"required": "Please choose a group."},
    )

    def __init__(self, data: Any, *, letter: int) -> None:
        super().__init__(data)
        group = self.fields["group"]
        assert isinstance(group, forms.ModelChoiceField)  # noqa: S101 - for the type checker
        group.queryset = Group.objects.filter(letter=letter)


@dataclass(frozen=True)
class Ask:
    """The page that asks before a verb is made, of a few sign-ons at once or of many in bulk.

    `form` makes the form of what was posted, or of nothing, for those that are chosen. `parameters`
    are what the verb takes of its cleaned data.
    """

    name: str
    form: Callable[[Any, Chosen], forms.Form]
    parameters: tuple[str, ...]
    at_once: Callable[..., None]
    button: Callable[[str], str]
    note: str = ""

    def answer(
        self, request: HttpRequest, chosen: Chosen, *, asked: bool, of_action: bool = True
    ) -> HttpResponse | None:
        """Asks; or acts, when `asked` and answered. None then says that it is done.

        With `of_action` the page posts back to the list, which runs the action again.
        """
        form = self.form(request.POST if asked else None, chosen)
        if not form.is_valid():
            return self._page(request, chosen, form, of_action=of_action)
        given = {name: form.cleaned_data[name] for name in self.parameters}
        if chosen.many:
            return begin(request, Verb(self.name), chosen, **given)
        self.at_once(request, chosen.first, **given)
        return None

    def _page(
        self, request: HttpRequest, chosen: Chosen, form: forms.Form, *, of_action: bool
    ) -> HttpResponse:
        button = self.button(chosen.said)
        context = {
            **admin.site.each_context(request),
            "title": button,
            "opts": SignOn._meta,
            "chosen": chosen,
            "form": form,
            "button": button,
            "note": self.note,
            "action": self.name if of_action else "",
        }
        status = 422 if form.errors else 200
        return TemplateResponse(
            request, "admin/signatories/signon/reason.html", context, status=status
        )


REJECT = Ask(
    "reject",
    lambda data, chosen: RejectForm(data),
    ("reason", "tell"),
    reject_all,
    lambda number: f"Reject {number}",
)
WITHDRAW = Ask(
    "withdraw",
    lambda data, chosen: WithdrawForm(data),
    ("reason",),
    withdraw_all,
    lambda number: f"Withdraw {number}, off the list now",
    note="Their contacts are told by mail.",
)
REGROUP = Ask(
    "regroup",
    lambda data, chosen: RegroupForm(data, letter=chosen.first[0].letter_id),
    ("group",),
    regroup_all,
    lambda number: f"Move {number}",
    note="Those that are listed are moved on the page at once.",
)
#: Those that the page of one sign-on has buttons for.
ASKS = {ask.name: ask for ask in (REJECT, WITHDRAW)}
