"""The small forms beside that of a sign-on: what it is asked, and into which it is merged."""

from typing import Any

from django import forms

from campaign.admin.fields import refuse_control_characters
from signatories.services.questions import LONGEST_QUESTION


class QuestionForm(forms.Form):
    text = forms.CharField(
        label="Your question",
        max_length=LONGEST_QUESTION,
        widget=forms.Textarea(attrs={"rows": 4, "cols": 60}),
        error_messages={"required": "Please write the question."},
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, auto_id="id_question_%s")

    def clean_text(self) -> str:
        text: str = self.cleaned_data["text"]
        refuse_control_characters(text)
        return text


class ChosenForm(forms.Form):
    """The sign-on or organisation that a button names."""

    pk = forms.IntegerField(min_value=1, max_value=2**63 - 1)
