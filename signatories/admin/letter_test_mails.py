"""“Send test mail”: the letter's mails as they look, to the one who asks."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse

from campaign.admin.counted import counted
from campaign.letters import LetterError
from campaign.models import Letter
from signatories.admin.letter_pages import letter_page_for, shown
from signatories.cleaning import clean_email
from signatories.services.sample_mails import keep_address, send_test_mails


class AddressForm(forms.Form):
    email = forms.CharField(
        label="Your e-mail address",
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        help_text="Your account has none yet. It is kept with your account, and used for this.",
    )

    def clean_email(self) -> str:
        return clean_email(self.cleaned_data["email"])


@letter_page_for("campaign.change_letter")
def test_mails(request: HttpRequest, letter: Letter) -> HttpResponse:
    user: Any = request.user
    data = request.POST if request.method == "POST" else None
    form = None if user.email else AddressForm(data)
    if request.method == "POST" and (form is None or form.is_valid()):
        if form is not None:
            keep_address(user=user, email=form.cleaned_data["email"])
        try:
            count = send_test_mails(letter=letter, user=user)
            messages.success(request, f"On their way to {user.email}: {counted(count, 'mail')}.")
        except LetterError as error:
            messages.warning(request, str(error))
        return HttpResponseRedirect(reverse("admin:campaign_letter_change", args=[letter.pk]))
    status = 422 if form is not None and form.errors else 200
    return shown(
        request, letter, "test_mails.html", "Send test mails", form=form, address=user.email,
        status=status,
    )  # fmt: skip


URLS: list[URLPattern] = [path("<int:pk>/test-mails/", test_mails, name="letter-test-mails")]
