"""The form of a letter: its words, saved as a Text, together with its settings."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.text import slugify

from campaign.admin.fields import LONGEST_LINE, LineField, LinesField, refuse_control_characters
from campaign.admin.moments import LocalMomentField, in_zone, local
from campaign.admin.typed import ModelForm
from campaign.models import Group, Letter, Wording
from campaign.models.letter import State
from campaign.models.text import Change
from campaign.texts import Words, canonical_source, words_of

#: In the order in which they stand in a letter.
WORDS = ["addressee", "cc", "title", "salutation", "body", "closing"]


@dataclass(frozen=True)
class ToLookAt:
    """A change of fixed words that is about to be fixed as a Text, once somebody looked at it."""

    old: str
    new: str
    number: int
    change: Change
    note: str

    @property
    def digest(self) -> str:
        """Whoever posts it has looked at exactly this."""
        seen = [self.old, self.new, self.number, self.change.value, self.note]
        return hashlib.sha256(json.dumps(seen).encode()).hexdigest()


class SeenField(forms.CharField):
    """The digest of the words that the form showed; shown again with the digest of now.

    So words that somebody else saved meanwhile are overwritten knowingly or not at all.
    """

    widget = forms.HiddenInput

    def bound_data(self, data: Any, initial: Any) -> Any:
        return initial

    def has_changed(self, initial: Any, data: Any) -> bool:
        return False


class LetterForm(ModelForm[Letter]):
    """`cleaned_data["words"]` are the words; `words_changed` says whether they are new.

    New words of a letter that was opened are valid only once somebody has looked at the change:
    until then `to_look_at` is what to show, and an error of the code "look" is all that is wrong.
    """

    to_look_at: ToLookAt | None = None

    title = LineField(max_length=LONGEST_LINE)
    addressee = LinesField(required=False, help_text="One line each, as on an envelope.")
    cc = LinesField(required=False, label="Cc", help_text="One a line.")
    salutation = LineField(
        max_length=LONGEST_LINE, required=False, help_text="Such as Dear Minister:"
    )
    body = forms.CharField(
        strip=False,
        widget=forms.Textarea(attrs={"rows": 30, "cols": 90, "dir": "auto"}),
        help_text="Paste it here. Leave an empty line between paragraphs. Markdown: "
        "**bold**, *italic*, [a link](https://example.org), “- ” before each bullet, "
        "“## ” before a heading.",
    )
    looked = forms.CharField(required=False, widget=forms.HiddenInput)
    closing = LineField(max_length=LONGEST_LINE, required=False, help_text="Such as Regards,")
    change = forms.ChoiceField(
        label="This change is",
        choices=[(c.value, c.label) for c in (Change.EDITORIAL, Change.SUBSTANTIVE)],
        widget=forms.RadioSelect,
        required=False,
        help_text="Only when you change the words: what was signed stays as it is, and a new, "
        "numbered Text takes its place.",
    )
    note = forms.CharField(
        label="What changed, and why",
        widget=forms.Textarea(attrs={"rows": 2, "cols": 60}),
        required=False,
        help_text="Signatories read this.",
    )
    seen = SeenField(required=False)
    closes = LocalMomentField(
        required=False, help_text="Local time in the time zone below. Signing ends by itself then."
    )
    time_zone = forms.ChoiceField()

    class Meta:
        model = Letter
        fields = [
            "slug", "language", "sender", "dateline", "about", "contact", "press_contact",
            "running_header", "paper", "accent", "closes", "time_zone", "asks_country",
            "asks_website", "default_group", "contacts_kept_for",
        ]  # fmt: skip
        widgets = {
            "accent": forms.TextInput(attrs={"type": "color"}),
            "about": forms.Textarea(attrs={"rows": 4, "cols": 60, "dir": "auto"}),
        }

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.current = _current_wording(self.instance)
        if self.current is not None:
            for name in WORDS:
                self.fields[name].initial = getattr(self.current, name)
            self.fields["seen"].initial = self.current.sha256
        zones = self.fields["time_zone"]
        assert isinstance(zones, forms.ChoiceField)  # noqa: S101 - for the type checker
        names = {*available_timezones(), self.instance.time_zone}
        zones.choices = [(name, name) for name in sorted(names)]
        zones.initial = self.instance.time_zone
        self.initial["closes"] = local(self.instance.closes, self.instance.time_zone)
        self._fit_to_state()

    def _fit_to_state(self) -> None:
        """What a letter's state leaves to change, and what it leaves to ask."""
        state = self.instance.state
        if "slug" not in self.fields:
            return  # shown to somebody who may only look
        if state == State.DRAFT:
            del self.fields["change"], self.fields["note"]
            self.fields["slug"].required = False
            self.fields[
                "slug"
            ].help_text = (
                "Its address: /letters/…/. Empty: made from the title. Fixed once it opens."
            )
        else:
            self.fields["slug"].disabled = self.fields["language"].disabled = True
        if state == State.ARCHIVED:
            for name in [*WORDS, "change", "note"]:
                self.fields[name].disabled = True
        if "default_group" in self.fields:
            groups = self.fields["default_group"]
            assert isinstance(groups, forms.ModelChoiceField)  # noqa: S101
            groups.queryset = Group.objects.filter(letter=self.instance.pk)
            groups.empty_label = "The last group, from when the letter opens"

    def clean_body(self) -> str:
        body: str = self.cleaned_data["body"]
        refuse_control_characters(body)
        if not body.strip():
            raise ValidationError("Please paste the text of the letter.")
        return body

    def clean_slug(self) -> str:
        """As typed, or made from the title, with a number where that is taken."""
        typed: str = self.cleaned_data["slug"]
        if typed or not self.cleaned_data.get("title", self.data.get("title")):
            return typed
        base = slugify(self.data.get("title", ""))[:50].strip("-") or "letter"
        slug, number = base, 1
        while Letter.objects.filter(slug=slug).exclude(pk=self.instance.pk).exists():
            number += 1
            slug = f"{base}-{number}"
        return slug

    def clean(self) -> dict[str, Any] | None:
        super().clean()
        self._clean_closes()
        if not any(name in self.errors for name in WORDS):
            words = Words(**{name: self.cleaned_data[name] for name in WORDS})
            self.cleaned_data["words"] = words
            if self.words_changed:
                self._ask_about_the_change()
                if "change" in self.fields and not self.errors:
                    self._show_the_change(words)
        return self.cleaned_data

    @property
    def words_changed(self) -> bool:
        return self.has_new(self.cleaned_data["words"])

    def has_new(self, words: Words) -> bool:
        """Whether these are others than the current ones."""
        return self.current is None or words_of(self.current) != words.normalised()

    def _clean_closes(self) -> None:
        zone, closes = self.cleaned_data.get("time_zone"), self.cleaned_data.get("closes")
        if not zone or not closes:
            return
        try:
            moment = in_zone(closes, zone)
        except ValidationError as error:
            self.add_error("closes", error)
            return
        self.cleaned_data["closes"] = moment
        if moment == self.instance.closes:
            return
        if self.instance.opens and moment <= self.instance.opens:
            self.add_error("closes", "The letter opened after this moment.")
        elif moment <= timezone.now():
            self.add_error(
                "closes", "This moment has passed. To close the letter now, use its button."
            )

    def _ask_about_the_change(self) -> None:
        if self.current is not None and self.cleaned_data.get("seen") != self.current.sha256:
            self.add_error(
                None,
                "Somebody else changed the words while you had this form open. Yours are below, "
                "not saved. Compare them with the preview; save again to put yours in their place.",
            )
        if "change" not in self.fields:
            return
        if not self.cleaned_data.get("change"):
            self.add_error(
                "change", "You changed the words. Please say whether their meaning stays the same."
            )
        if not self.cleaned_data.get("note", "").strip():
            self.add_error("note", "Please say what changed, and why: signatories read it.")

    def _show_the_change(self, words: Words) -> None:
        assert self.current is not None  # noqa: S101 - a letter that was opened has words
        look = ToLookAt(
            old=self.current.source,
            new=canonical_source(words.normalised()),
            number=self.current.text.number + 1,
            change=Change(self.cleaned_data["change"]),
            note=self.cleaned_data["note"].strip(),
        )
        if self.cleaned_data.get("looked") != look.digest:
            self.to_look_at = look
            self.add_error(
                None, ValidationError("Nothing is saved yet: please look at the change.", "look")
            )


def _current_wording(letter: Letter) -> Wording | None:
    if letter.current_text is None:
        return None
    wordings = letter.current_text.wordings.select_related("text")
    return wordings.filter(language=letter.language).first()
