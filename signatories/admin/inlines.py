"""What belongs to a sign-on and is edited with it: contacts, evidence, organisations."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html

from campaign.admin.typed import BaseInlineFormSet, ModelForm, TabularInline
from signatories.admin.evidence import EvidenceForm
from signatories.cleaning import clean_email, person_line
from signatories.models import Contact, Evidence, SignOn, SignOnOrganisation
from signatories.models.sign_on import Status
from signatories.services.correcting import PAST_CONFIRMING, past_confirming


class ContactForm(ModelForm[Contact]):
    class Meta:
        model = Contact
        fields = ["name", "title", "email"]
        labels = {"email": "E-mail"}

    def clean_name(self) -> str:
        return person_line("name")(self.cleaned_data["name"])

    def clean_title(self) -> str:
        return person_line("title")(self.cleaned_data["title"])

    def clean_email(self) -> str:
        return clean_email(self.cleaned_data["email"])


class Labelled:
    """For a formset in a table: what is only the heading of a column is said with each field."""

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)  # type: ignore[misc]
        for name, field in form.fields.items():
            if not field.widget.is_hidden:
                label = field.label or name.replace("_", " ").capitalize()
                field.widget.attrs.setdefault("aria-label", str(label))


class ContactFormSet(Labelled, BaseInlineFormSet[Contact, SignOn, ModelForm[Contact]]):
    """Says beside the field what the verb would refuse, so that what was typed stays."""

    def clean(self) -> None:
        super().clean()
        if any(self.errors) or not past_confirming(self.instance):
            return
        for form in self.forms:
            if "email" in form.changed_data and not form.cleaned_data.get("DELETE"):
                form.add_error("email", PAST_CONFIRMING)


class ContactInline(TabularInline[Contact, SignOn]):
    """Shown to those who may see contacts, and only to them."""

    model = Contact
    form = ContactForm
    formset = ContactFormSet
    verbose_name_plural = "Contacts: for the coordinators only, never published"

    def get_extra(self, request: HttpRequest, obj: SignOn | None = None, **options: Any) -> int:
        return 0 if obj and obj.contacts.exists() else 1


class EvidenceFormSet(Labelled, BaseInlineFormSet[Evidence, SignOn, ModelForm[Evidence]]):
    pass


class EvidenceInline(TabularInline[Evidence, SignOn]):
    """Added, never changed. It names people: who may not see contacts does not see it either."""

    model = Evidence
    form = EvidenceForm
    formset = EvidenceFormSet
    fields = ["kind", "note", "upload", "added"]
    readonly_fields = ["added"]
    extra = 1
    verbose_name_plural = "Evidence that the organisation signs"

    @admin.display(description="Added", empty_value="")
    def added(self, evidence: Evidence) -> str:
        if not evidence.added_at:
            return ""
        who = evidence.added_by.username if evidence.added_by else "nobody who is known"
        return f"{date_format(evidence.added_at, 'j F Y')} by {who}"

    @admin.display(description="File", empty_value="")
    def upload(self, evidence: Evidence) -> str:
        """Of what is there already, a link that saves it."""
        if not evidence.file:
            return ""
        url = reverse("admin:signatories_signon_evidence", args=[evidence.sign_on_id, evidence.pk])
        return format_html('<a href="{}">Save the {}</a>', url, evidence.get_file_type_display())

    def get_queryset(self, request: HttpRequest) -> QuerySet[Evidence]:
        return super().get_queryset(request).select_related("added_by")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        may_see = request.user.has_perm("signatories.view_contact")
        return may_see and super().has_view_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class LinkFormSet(
    Labelled, BaseInlineFormSet[SignOnOrganisation, SignOn, ModelForm[SignOnOrganisation]]
):
    """Says beside the field what the database would refuse."""

    def clean(self) -> None:
        super().clean()
        if self.instance.status != Status.APPROVED or any(self.errors):
            return
        kept = [
            form
            for form in self.forms
            if form.cleaned_data.get("organisation") and not form.cleaned_data.get("DELETE")
        ]
        if not kept:
            raise ValidationError("An approved sign-on keeps at least one organisation.")
        for form in kept:
            organisation = form.cleaned_data["organisation"]
            other = (
                SignOnOrganisation.objects.filter(
                    letter=self.instance.letter_id, organisation=organisation, approved=True
                )
                .exclude(sign_on=self.instance.pk)
                .select_related("sign_on")
                .first()
            )
            if other is not None:
                form.add_error(
                    "organisation", f"On this letter already, listed as “{other.sign_on}”."
                )


class LinkInline(TabularInline[SignOnOrganisation, SignOn]):
    model = SignOnOrganisation
    formset = LinkFormSet
    autocomplete_fields = ["organisation"]
    extra = 0
    verbose_name_plural = "Organisations: several for a joint entry; none: made on approval"
