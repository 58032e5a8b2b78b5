"""The form of an organisation."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.html import format_html

from campaign.admin.fields import LinesField
from campaign.admin.typed import ModelForm
from campaign.names import clean_name, name_key
from signatories.admin.sign_on_form import WebsiteField, countries, name_field
from signatories.models import Organisation
from signatories.services import registry
from signatories.services.moving import Refused

FIELDS = ["display_name", "aliases", "sort_as", "website", "country", "parent", "notes"]


def link_to(organisation: Organisation) -> str:
    url = reverse("admin:signatories_organisation_change", args=[organisation.pk])
    return format_html('<a href="{}">{}</a>', url, organisation)


class OrganisationForm(ModelForm[Organisation]):
    display_name = name_field(label="Name")
    aliases = LinesField(
        required=False,
        label="Aliases and acronyms",
        help_text="Other names, one a line: a sign-on under one of them is linked to it when it "
        "is approved.",
    )
    sort_as = name_field(required=False, help_text="Only where the name should stand elsewhere.")
    website = WebsiteField(required=False)
    country = forms.ChoiceField(required=False, choices=countries)
    keep_old_name = forms.BooleanField(
        required=False,
        initial=True,
        label="If you change the name: keep the old one as an alias",
    )

    class Meta:
        model = Organisation
        fields = FIELDS
        widgets = {"notes": forms.Textarea(attrs={"rows": 4, "cols": 60, "dir": "auto"})}
        help_texts = {
            "parent": "The body that it is a chapter or office of. It stays a body of its own, and "
            "may sign beside it.",
            "notes": "For those who may see contacts. Never published.",
        }

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if self.instance.pk is None:
            self.fields.pop("keep_old_name", None)

    def clean_display_name(self) -> str:
        name: str = self.cleaned_data["display_name"]
        same = Organisation.objects.filter(name_key=name_key(name)).exclude(pk=self.instance.pk)
        other = same.select_related("merged_into").first()
        if other is not None and other.merged_into is not None:
            raise ValidationError(format_html("It was merged into {}.", link_to(other.merged_into)))
        if other is not None:
            raise ValidationError(
                format_html("This organisation is in the registry already: {}.", link_to(other))
            )
        return name

    def clean_aliases(self) -> list[str]:
        return [clean_name(alias) for alias in self.cleaned_data["aliases"]]

    def clean_parent(self) -> Organisation | None:
        parent: Organisation | None = self.cleaned_data["parent"]
        try:
            registry.check_parent(self.instance, parent)
        except Refused as refusal:
            raise ValidationError(str(refusal)) from refusal
        return parent
