"""The form of a sign-on: how it is listed."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from campaign.admin.typed import ModelForm
from campaign.models import Group
from campaign.names import clean_name, name_key
from signatories.cleaning import clean_website
from signatories.countries import country_choices
from signatories.models import SignOn
from signatories.models.sign_on import Status


def countries() -> list[tuple[str, str]]:
    return [("", "No country chosen"), *country_choices()]


class NameField(forms.CharField):
    """A name in its stored form; see campaign.names.clean_name."""

    def clean(self, value: Any) -> str:
        typed: str = super().clean(value)
        return clean_name(typed) if typed else typed


class WebsiteField(forms.CharField):
    def clean(self, value: Any) -> str:
        typed: str = super().clean(value)
        return clean_website(typed) if typed else typed


def name_field(**options: Any) -> NameField:
    return NameField(widget=forms.TextInput(attrs={"size": 80, "dir": "auto"}), **options)


class SignOnForm(ModelForm[SignOn]):
    listed_name = name_field(
        help_text="Exactly as it stands, or will stand, in the list. Its contact is told of a "
        "change once it is listed."
    )
    sort_as = name_field(
        required=False, help_text="Only where the name should stand elsewhere in its group."
    )
    website = WebsiteField(required=False)
    country = forms.ChoiceField(required=False, choices=countries)

    class Meta:
        model = SignOn
        fields = ["listed_name", "group", "sort_as", "website", "country"]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if "group" in self.fields:
            groups = self.fields["group"]
            assert isinstance(groups, forms.ModelChoiceField)  # noqa: S101 - for the type checker
            groups.queryset = Group.objects.filter(letter=self.instance.letter_id)
            groups.empty_label = None

    def clean_listed_name(self) -> str:
        """Refuses the name under which the same contact's sign-on is waiting already."""
        name: str = self.cleaned_data["listed_name"]
        sign_on = self.instance
        if sign_on.email_key and sign_on.status in {Status.UNCONFIRMED, Status.PENDING}:
            same = SignOn.objects.waiting().filter(
                letter=sign_on.letter_id, email_key=sign_on.email_key, name_key=name_key(name)
            )
            if same.exclude(pk=sign_on.pk).exists():
                raise ValidationError(
                    "A sign-on of this contact under this name is waiting already. "
                    "Reject one of the two."
                )
        return name
