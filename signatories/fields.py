"""The fields of the form by which an organisation signs."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from signatories.countries import country_choices, is_country

LARGEST_TEXT_NUMBER = 2**31 - 1


class LineField(forms.CharField):
    """One typed line, cleaned by `clean_line`, never cut: there is no maxlength in the page.

    A browser shortens what is pasted into a field with a maxlength without a word.
    """

    def __init__(
        self, clean_line: Callable[[str], str], *, autocomplete: str, **options: Any
    ) -> None:
        super().__init__(**options)
        self.clean_line = clean_line
        # clean_line says it in words that name the field.
        self.validators = []
        self.widget.attrs["autocomplete"] = autocomplete

    def clean(self, value: Any) -> str:
        typed: str = super().clean(value)
        return self.clean_line(typed) if typed else typed


class CountryField(forms.ChoiceField):
    """All countries. The usual field would check and copy its 250 choices for every form."""

    def __init__(self, **options: Any) -> None:
        super().__init__(choices=self._offered, **options)

    def __deepcopy__(self, memo: dict[int, Any]) -> "CountryField":
        # Not ChoiceField's, which copies the choices.
        copied: CountryField = forms.Field.__deepcopy__(self, memo)
        return copied

    def valid_value(self, value: str) -> bool:
        return is_country(value)

    @staticmethod
    def _offered() -> list[tuple[str, str]]:
        return [("", "No country chosen"), *country_choices()]


class ShownText(forms.BoundField):
    """The Text's number in the form when it is shown again.

    With errors it stays the one that was on the screen: what has changed since is shown once all
    else is right, and only then does the number become the current one.
    """

    def value(self) -> Any:
        form = self.form
        return form.cleaned_data["text"] if form.is_bound and form.errors else self.initial


class TextNumberField(forms.IntegerField):
    """The Text that was on the signer's screen; 0, never current, where it is unreadable."""

    widget = forms.HiddenInput

    def clean(self, value: Any) -> int:
        try:
            number = super().clean(value)
        except ValidationError:
            return 0
        return number if number and 0 < number <= LARGEST_TEXT_NUMBER else 0

    def get_bound_field(self, form: forms.BaseForm, field_name: str) -> ShownText:
        return ShownText(form, self, field_name)
