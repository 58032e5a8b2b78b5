"""Inviting the members of a list: pasted or from a file, looked at row by row, then sent."""

import csv
import hashlib
import io
import json
from collections import Counter
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from campaign.admin.counted import counted
from campaign.admin.fields import LetterField
from campaign.mail.rendered import RenderedMail
from campaign.models import Group, Letter
from campaign.models.letter import State
from campaign.tokens import address_key
from signatories import invitation_mails
from signatories.admin.sign_on_queue import number
from signatories.models import Organisation
from signatories.models.invitation import LONGEST_MESSAGE, LONGEST_WORDS
from signatories.services import inviting
from signatories.services.invite_list import (
    MOST_ROWS,
    TO_INVITE,
    Row,
    Verdict,
    point_out_alike,
    read_list,
)
from signatories.services.moving import Refused

NEEDED = ("signatories.add_invitation", "signatories.add_contact", "signatories.view_contact")
#: Rows of a preview that are shown; all are counted.
MOST_SHOWN = 200
UNPROCESSABLE = 422


def may_invite(request: HttpRequest) -> bool:
    """It takes the contacts of those who are invited."""
    return request.user.has_perms(NEEDED)


class InviteForm(forms.Form):
    """`cleaned_data["rows"]` are those of the list, each with its verdict."""

    letter = LetterField(Letter.objects.none(), empty_label=None)
    members = forms.CharField(
        label="Members",
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 8, "cols": 90, "dir": "auto", "spellcheck": "false"}),
        help_text="One a line: organisation, name of the contact, e-mail, and, if you like, title "
        "and group. Copied from a spreadsheet is fine. A name with a comma stands in quotes.",
    )
    file = forms.FileField(
        label="Or a CSV file of them", required=False, help_text="In UTF-8, with the same columns."
    )
    group = forms.ModelChoiceField(
        Group.objects.none(),
        required=False,
        empty_label="The letter’s group for new sign-ons",
        help_text="For rows that name no group.",
    )
    message = forms.CharField(
        label="Your own words",
        required=False,
        max_length=LONGEST_MESSAGE,
        widget=forms.Textarea(attrs={"rows": 5, "cols": 60, "dir": "auto"}),
        help_text="Stand in the mail before the link. Reminders do not repeat them.",
    )
    authority = forms.CharField(
        label="Why they may sign",
        required=False,
        max_length=LONGEST_WORDS,
        widget=forms.TextInput(attrs={"size": 80}),
        help_text="Kept with each sign-on, for you, such as: member since 2010; the annual meeting "
        "of 3 May has decided that members sign.",
    )
    pre_approved = forms.BooleanField(
        label="Approve in advance",
        required=False,
        help_text="Who signs with this link, under the name or an alias that the registry has, is "
        "listed at once. Under any other name it waits for you, as always.",
    )
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, files: Any = None, **options: Any) -> None:
        chosen = number((data or options.get("initial") or {}).get("letter"))
        super().__init__(data, files, **options)
        letters = Letter.objects.titled().filter(state=State.OPEN).order_by("slug")
        letter = letters.filter(pk=chosen or 0).first()
        groups = Group.objects.filter(letter__in=[letter] if letter else letters)
        letter_field, group_field = self.fields["letter"], self.fields["group"]
        assert isinstance(letter_field, forms.ModelChoiceField)  # noqa: S101
        assert isinstance(group_field, forms.ModelChoiceField)  # noqa: S101
        letter_field.queryset = letters
        group_field.queryset = groups.select_related("letter").order_by("letter__slug", "position")
        if letter is None:
            choices = [(group.pk, f"{group.letter}: {group}") for group in group_field.queryset]
            group_field.choices = [("", group_field.empty_label), *choices]

    def clean_file(self) -> str:
        file = self.cleaned_data["file"]
        if file is None:
            return ""
        try:
            return str(file.read().decode("utf-8-sig"))
        except UnicodeDecodeError as error:
            raise ValidationError(
                "The file is not in UTF-8. Save it as “CSV UTF-8”, or paste its rows above."
            ) from error

    def clean(self) -> dict[str, Any] | None:
        super().clean()
        letter, group = self.cleaned_data.get("letter"), self.cleaned_data.get("group")
        if letter and group and group.letter_id != letter.pk:
            self.add_error("group", f"This group is not of the letter “{letter}”.")
        if self.cleaned_data.get("file"):
            # An upload is not kept: from now on its rows stand in the field above.
            self.data = {**_plain(self.data), "members": self.cleaned_data["file"]}
            self.cleaned_data["members"] = self.cleaned_data["file"]
        if letter and "file" not in self.errors:
            try:
                rows = read_list(letter, self.cleaned_data.get("members", ""))
            except ValidationError as error:
                self.add_error("members", error)
            else:
                self.cleaned_data["rows"] = rows
        return self.cleaned_data

    def digest(self) -> str:
        """Of all that is to be sent, as it was judged: what is sent is what was shown."""
        data = self.cleaned_data
        rows = [[row.line, row.organisation, *vars(row.person).values(), row.verdict,
                 row.group and row.group.pk, row.known and row.known.pk]
                for row in data["rows"]]  # fmt: skip
        names = ("letter", "group", "message", "authority", "pre_approved")
        said = [str(getattr(data[name], "pk", data[name])) for name in names]
        return hashlib.sha256(json.dumps([*said, rows]).encode()).hexdigest()


def invite(request: HttpRequest) -> HttpResponse:
    """GET asks; POST shows what would be sent, and sends it once that was seen."""
    if not may_invite(request):
        raise PermissionDenied
    if request.method != "POST":
        return _page(request, InviteForm(initial={"letter": request.GET.get("letter")}))
    form = InviteForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, form, status=UNPROCESSABLE)
    rows: list[Row] = form.cleaned_data["rows"]
    chosen = [row for row in rows if row.verdict in TO_INVITE]
    wrong = any(row.verdict == Verdict.WRONG for row in rows)
    seen, digest = form.cleaned_data["seen"], form.digest()
    if "send" not in request.POST or wrong or not chosen or seen != digest:
        stale = "send" in request.POST and not wrong and seen != digest
        return _preview(request, form, rows, digest, stale=stale)
    assert isinstance(request.user, User)  # noqa: S101 - the admin has checked
    data = form.cleaned_data
    try:
        count = inviting.invite(
            letter=data["letter"],
            rows=chosen,
            by=request.user,
            message=data["message"],
            group=data["group"],
            pre_approved=data["pre_approved"],
            authority=data["authority"],
        )
    except Refused as refusal:
        form.add_error(None, str(refusal))
        return _page(request, form, status=UNPROCESSABLE)
    messages.success(request, f"{counted(count, 'organisation')} invited. The mails go out now.")
    return HttpResponseRedirect(reverse("admin:letter-invitations", args=[data["letter"].pk]))


def _preview(
    request: HttpRequest, form: InviteForm, rows: list[Row], digest: str, *, stale: bool
) -> HttpResponse:
    """The form once more, and below it each row with its verdict, and the mail as it will look."""
    form.data = {**_plain(form.data), "seen": digest}
    counts = Counter(row.verdict for row in rows)
    chosen = [row for row in rows if row.verdict in TO_INVITE]
    wrong = [row for row in rows if row.verdict == Verdict.WRONG]
    others = [row for row in rows if row.verdict != Verdict.WRONG]
    return _page(
        request,
        form,
        status=UNPROCESSABLE if stale or wrong else 200,
        stale=stale,
        wrong=wrong[:MOST_SHOWN],
        wrong_count=len(wrong),
        others=point_out_alike(form.cleaned_data["letter"], others[:MOST_SHOWN]),
        others_count=len(others),
        counts=[(verdict.label, counts[verdict]) for verdict in Verdict if counts[verdict]],
        count=counted(len(chosen), "organisation") if chosen and not wrong else "",
        mails=counted(len({address_key(row.person.email) for row in chosen}), "mail"),
        mail=_sample(form, chosen[0]) if chosen else None,
    )


def _sample(form: InviteForm, row: Row) -> RenderedMail | None:
    letter: Letter = form.cleaned_data["letter"]
    if letter.current_text is None:
        return None
    return invitation_mails.preview(
        letter=letter,
        wording=letter.current_text.wording_in(letter.language),
        message=form.cleaned_data["message"],
        organisation=row.known.display_name if row.known else row.organisation,
        person=row.person,
    )


def _plain(data: Any) -> dict[str, Any]:
    return data.dict() if hasattr(data, "dict") else dict(data)


def _page(
    request: HttpRequest, form: InviteForm, *, status: int = 200, **more: Any
) -> HttpResponse:
    context = {
        **admin.site.each_context(request),
        "title": "Invite members to sign",
        "form": form,
        **more,
    }
    return TemplateResponse(request, "admin/signatories/invite.html", context, status=status)


@admin.action(description="Invite to a letter…", permissions=["invite"])
def invite_selected(
    modeladmin: Any, request: HttpRequest, queryset: QuerySet[Organisation]
) -> HttpResponse:
    """The form with the names of these organisations, for their contacts to be added."""
    names = queryset.order_by("name_key").values_list("display_name", flat=True)[:MOST_ROWS]
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    writer.writerows([name, "", ""] for name in names)
    return _page(request, InviteForm(initial={"members": lines.getvalue()}))


URLS: list[URLPattern] = [
    path(
        "invite/",
        sensitive_post_parameters()(never_cache(admin.site.admin_view(invite))),
        name="invite",
    ),
]
