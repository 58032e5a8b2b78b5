"""A new letter from a letter file, pasted or uploaded."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from campaign.letter_file import LARGEST_FILE, LetterFile, LetterFileError, read_letter_file
from campaign.letters import LetterError
from campaign.loading import apply_letter_file
from campaign.models import Letter


class LetterFileForm(forms.Form):
    """`cleaned_data["letter_file"]` is what the pasted text or the file holds."""

    content = forms.CharField(
        label="Paste the letter file",
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 25, "cols": 90, "dir": "auto", "spellcheck": "false"}),
    )
    file = forms.FileField(
        label="or upload it", required=False, help_text="Markdown under YAML settings, in UTF-8."
    )

    def clean(self) -> dict[str, Any] | None:
        super().clean()
        source, content = "content", self.cleaned_data.get("content", "").encode()
        upload = self.cleaned_data.get("file")
        if upload and content.strip():
            self.add_error("file", "Please paste the letter file or upload it, not both.")
            return self.cleaned_data
        if upload:
            source, content = "file", upload.read(LARGEST_FILE + 1)
        if not content.strip() and not self.errors:
            self.add_error("content", "Please paste a letter file here, or upload one below.")
        if self.errors:
            return self.cleaned_data
        try:
            self.cleaned_data["letter_file"] = self._read(content)
        except LetterFileError as error:
            self.add_error(source, str(error))
            self._show(content)
        return self.cleaned_data

    def _read(self, content: bytes) -> LetterFile:
        file = read_letter_file(content)
        if Letter.objects.filter(slug=file.slug).exists():
            raise LetterFileError(
                f"slug: there is a letter “{file.slug}” already. Change the slug for a new letter; "
                "to change that one, open it in the list of letters."
            )
        return file

    def _show(self, content: bytes) -> None:
        """A browser forgets the chosen file; so its text can be corrected in the page instead."""
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            return
        posted: Any = self.data
        posted = posted.copy()
        posted["content"] = text
        self.data = posted


def letter_from_file(request: HttpRequest) -> HttpResponse:
    """Shows the form, and makes the letter, as a draft."""
    if not request.user.has_perm("campaign.add_letter"):
        raise PermissionDenied
    form = LetterFileForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            letter = apply_letter_file(form.cleaned_data["letter_file"]).letter
        except LetterError as error:
            form.add_error("content", str(error))
        else:
            messages.success(
                request, "The letter is here, as a draft. Look through it, then open it."
            )
            return HttpResponseRedirect(reverse("admin:campaign_letter_change", args=[letter.pk]))
    context = {
        **admin.site.each_context(request),
        "title": "New letter from a file",
        "opts": Letter._meta,
        "form": form,
    }
    return render(request, "admin/campaign/letter/from_file.html", context)
