"""The registry of organisations."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.urls import URLPattern

from campaign.admin.fields import LinesField
from campaign.admin.typed import ModelAdmin, ModelForm
from campaign.names import clean_name, name_key
from signatories.admin import exports
from signatories.admin.sign_on_form import WebsiteField, countries, name_field
from signatories.models import Organisation, SignOnOrganisation


class OrganisationForm(ModelForm[Organisation]):
    display_name = name_field()
    aliases = LinesField(
        required=False, help_text="Other names, one a line: a sign-on under one of them is linked."
    )
    sort_as = name_field(required=False, help_text="Only where the name should stand elsewhere.")
    website = WebsiteField(required=False)
    country = forms.ChoiceField(required=False, choices=countries)

    class Meta:
        model = Organisation
        fields = ["display_name", "aliases", "sort_as", "website", "country", "parent"]

    def clean_display_name(self) -> str:
        name: str = self.cleaned_data["display_name"]
        same = Organisation.objects.filter(name_key=name_key(name)).exclude(pk=self.instance.pk)
        if same.exists():
            raise ValidationError("This organisation is in the registry already.")
        return name

    def clean_aliases(self) -> list[str]:
        return [clean_name(alias) for alias in self.cleaned_data["aliases"]]

    def clean(self) -> dict[str, Any] | None:
        super().clean()
        parent = self.cleaned_data.get("parent")
        if parent is not None and parent.pk == self.instance.pk:
            self.add_error("parent", "An organisation is no chapter of itself.")
        return self.cleaned_data


@admin.register(Organisation)
class OrganisationAdmin(ModelAdmin[Organisation]):
    form = OrganisationForm
    list_display = ["display_name", "also", "country", "parent", "signed"]
    list_select_related = ["parent"]
    ordering = ["name_key"]
    list_per_page = 50
    show_full_result_count = False
    search_fields = ["display_name", "aliases"]
    search_help_text = "Searches names and aliases."
    autocomplete_fields = ["parent"]

    change_list_template = "admin/signatories/organisation/change_list.html"

    def get_urls(self) -> list[URLPattern]:
        return [*exports.ORGANISATION_URLS, *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Organisation]:
        # Counted for the rows of a page alone. Joined, all would be, and sorted, for each page.
        links = SignOnOrganisation.objects.filter(organisation=OuterRef("pk")).order_by()
        counts = links.values("organisation").annotate(count=Count("*")).values("count")
        return super().get_queryset(request).annotate(sign_ons_count=Coalesce(Subquery(counts), 0))

    @admin.display(description="Also known as")
    def also(self, organisation: Organisation) -> str:
        return ", ".join(organisation.aliases)

    @admin.display(description="Sign-ons")
    def signed(self, organisation: Any) -> int:
        return int(organisation.sign_ons_count)
