"""The forms of an import: which file for what, and how it is to be imported."""

from typing import Any

from django import forms

from campaign.admin.fields import called
from campaign.models import Letter
from campaign.models.letter import State
from signatories.admin.sign_on_queue import number
from signatories.imports.reading import LARGEST_FILE
from signatories.imports.running import Preview
from signatories.imports.verdicts import as_seen
from signatories.models import Import
from signatories.models.importing import Kind

#: So many unknown columns are offered to be left out, each by a tick.
MOST_OFFERED = 50


class FileForm(forms.Form):
    """`what` is the registry, or a letter by its id."""

    what = forms.ChoiceField(label="What is in the file")
    file = forms.FileField(
        label="File",
        help_text="CSV or .xlsx, with the headings in the first row: up to 10,000 rows and 3.5 MB.",
        error_messages={
            "required": "Please choose the file.",
            "empty": "The file is empty.",
        },
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.tsv,.txt,.xlsx"}),
    )

    def __init__(self, *args: Any, kinds: list[Kind], **options: Any) -> None:
        super().__init__(*args, **options)
        self.letters = {
            str(letter.pk): letter
            for letter in Letter.objects.titled()
            .filter(state__in=[State.OPEN, State.CLOSED], delivered_at__isnull=True)
            .order_by("slug")
            if Kind.SIGN_ONS in kinds
        }
        offered = [
            (pk, f"Sign-ons of the letter “{called(letter)}”")
            for pk, letter in self.letters.items()
        ]
        if Kind.ORGANISATIONS in kinds:
            offered.insert(0, (Kind.ORGANISATIONS.value, "Organisations, into the registry"))
        what = self.fields["what"]
        assert isinstance(what, forms.ChoiceField)  # noqa: S101 - for the type checker
        what.choices = offered if len(offered) == 1 else [("", "---------"), *offered]

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > LARGEST_FILE:
            raise forms.ValidationError(
                "The file is larger than 3.5 MB. Please import it in several parts."
            )
        return file

    @property
    def kind(self) -> Kind:
        registry = self.cleaned_data["what"] == Kind.ORGANISATIONS
        return Kind.ORGANISATIONS if registry else Kind.SIGN_ONS

    @property
    def letter(self) -> Letter | None:
        return self.letters.get(self.cleaned_data["what"])


def chosen(query: Any) -> str:
    """What a link to the form says is in the file."""
    letter = number(query.get("letter"))
    return str(letter) if letter else str(query.get("kind", ""))


class ChoicesForm(forms.Form):
    """How a file is to be imported, of which the preview is known."""

    note = forms.CharField(
        label="Who sent the list, and when",
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2, "cols": 60}),
        help_text="Such as: list of its members from the network, e-mail of 3 May. Kept with each "
        "sign-on as evidence; for the coordinators only.",
    )
    changes = forms.BooleanField(required=False)
    leaves_out_wrong = forms.BooleanField(required=False)
    ignored = forms.MultipleChoiceField(
        label="Leave out these columns",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="They are none that an import knows. If one should be read, rename it in the "
        "file and upload it again.",
    )
    #: The counts that were on the screen.
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, imported: Import, preview: Preview) -> None:
        initial = {
            "note": imported.note,
            "changes": imported.changes,
            "leaves_out_wrong": imported.leaves_out_wrong,
            "ignored": imported.ignored,
            "seen": as_seen(preview.counts),
        }
        super().__init__(data, initial=initial, label_suffix="")
        registry = imported.kind == Kind.ORGANISATIONS
        there = "organisations in the registry" if registry else "sign-ons on the letter"
        self.fields["changes"].label = f"Change {there} to what the file says"
        self.fields["changes"].help_text = (
            "Aliases are added. Empty cells and names change nothing."
            if registry
            else "Group, country, website and sort name; also of those that are listed. Empty "
            "cells and names change nothing."
        )
        self.fields["leaves_out_wrong"].label = "Leave out the wrong rows"
        if registry:
            del self.fields["note"]
        if not preview.wrong and not imported.leaves_out_wrong:
            del self.fields["leaves_out_wrong"]
        self._offer([*preview.unknown, *imported.ignored])

    def _offer(self, columns: list[str]) -> None:
        if not columns:
            del self.fields["ignored"]
            return
        ignored = self.fields["ignored"]
        assert isinstance(ignored, forms.MultipleChoiceField)  # noqa: S101
        ignored.choices = [(column, column) for column in dict.fromkeys(columns)][:MOST_OFFERED]

    @property
    def choices(self) -> dict[str, Any]:
        """For `running.choose`."""
        data = self.cleaned_data
        return {
            "note": data.get("note", ""),
            "changes": data["changes"],
            "leaves_out_wrong": data.get("leaves_out_wrong", False),
            "ignored": data.get("ignored", []),
        }
