"""My digest: what the account that is signed in wants to be mailed, and when."""

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from campaign.admin.moments import said
from campaign.digest.choosing import choose, may_have
from campaign.models import Digest
from campaign.models.digest import Wanted


class DigestForm(forms.Form):
    """`email` is asked of an account that has no address."""

    wanted = forms.ChoiceField(
        label="Mail me",
        choices=Wanted.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Please choose whether you want a digest."},
    )
    hour = forms.TypedChoiceField(
        label="At",
        coerce=int,
        choices=[(hour, f"{hour:02}:00") for hour in range(24)],
    )
    time_zone = forms.ChoiceField(label="Time zone")
    email = forms.EmailField(
        label="Your e-mail address",
        max_length=254,
        required=False,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        help_text="Your account has none yet. Administrators see it with the account.",
    )

    def __init__(self, data: Any = None, *, user: User, digest: Digest) -> None:
        super().__init__(
            data,
            initial={
                "wanted": digest.wanted, "hour": digest.hour, "time_zone": digest.time_zone,
            },
        )  # fmt: skip
        zones = self.fields["time_zone"]
        assert isinstance(zones, forms.ChoiceField)  # noqa: S101 - for the type checker
        names = sorted({*available_timezones(), digest.time_zone})
        zones.choices = [(name, name) for name in names]
        if user.email:
            del self.fields["email"]

    def clean(self) -> dict[str, Any] | None:
        super().clean()
        wants = self.cleaned_data.get("wanted") not in {None, Wanted.NONE}
        asked = "email" in self.fields and "email" not in self.errors
        if wants and asked and not self.cleaned_data.get("email"):
            self.add_error("email", "Please give the address to which the digest should go.")
        return self.cleaned_data


@require_http_methods(["GET", "HEAD", "POST"])
def my_digest(request: HttpRequest) -> HttpResponse:
    """Shows what is chosen; by POST chooses."""
    user = request.user
    assert isinstance(user, User)  # noqa: S101 - the admin has checked
    digest = Digest.objects.filter(user=user).first() or Digest(user=user)
    form = DigestForm(request.POST or None, user=user, digest=digest)
    if request.method == "POST" and not request.POST:
        form = DigestForm({}, user=user, digest=digest)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        chosen = choose(
            user,
            wanted=Wanted(data["wanted"]),
            hour=data["hour"],
            time_zone=data["time_zone"],
            email=data.get("email", ""),
        )
        messages.success(request, _what_comes(chosen))
        return HttpResponseRedirect(reverse("admin:digest"))
    context = {
        **admin.site.each_context(request),
        "title": "My digest",
        "form": form,
        "address": user.email,
        "next": said(digest.next_at, digest.time_zone),
        "may_have": may_have(user),
    }
    status = 422 if form.errors else 200
    return TemplateResponse(request, "admin/campaign/digest.html", context, status=status)


def _what_comes(digest: Digest) -> str:
    if digest.next_at is None:
        return "You get no digest."
    return f"Saved. The next digest is due on {said(digest.next_at, digest.time_zone)}."
