"""The groups of a letter, edited with it."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.text import slugify

from campaign.admin.typed import BaseInlineFormSet, ModelForm, TabularInline
from campaign.models import Group, Letter


class GroupForm(ModelForm[Group]):
    """A key left empty is made from the title; a position left empty is the last."""

    taken: set[str]
    following: int

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["key"].required = self.fields["position"].required = False
        self.fields["position"].initial = None
        if self.instance.pk is None:
            self.initial.pop("position", None)

    def clean(self) -> dict[str, Any] | None:
        super().clean()
        if not self.errors and self.cleaned_data.get("title"):
            if not self.cleaned_data["key"]:
                self.cleaned_data["key"] = self._key()
            if self.cleaned_data["position"] is None:
                self.cleaned_data["position"] = self.following
        return self.cleaned_data

    def _key(self) -> str:
        base = slugify(self.cleaned_data["title"])[:50].strip("-_") or "group"
        base = base.replace("_", "-")
        key, number = base, 1
        while key in self.taken:
            number += 1
            key = f"{base}-{number}"
        self.taken.add(key)
        return key


class GroupFormSet(BaseInlineFormSet[Group, Letter, ModelForm[Group]]):
    """Knows the keys and the highest position, so that its forms can find free ones."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        present = list(self.get_queryset())
        self._taken = {group.key for group in present}
        self._highest = max((group.position for group in present), default=0)

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        form.taken = self._taken
        form.following = self._highest + 1 + (index or 0)

    def clean(self) -> None:
        super().clean()
        titles: set[str] = set()
        for form in self.forms:
            title = getattr(form, "cleaned_data", {}).get("title", "").strip().casefold()
            if title and title in titles and not form.cleaned_data.get("DELETE"):
                raise ValidationError("Two groups have the same heading.")
            titles.add(title)


class GroupInline(TabularInline[Group, Letter]):
    model = Group
    form = GroupForm
    formset = GroupFormSet
    fields = ["title", "position", "key"]
    verbose_name_plural = "Groups: the headings of the list, in this order"

    def get_extra(self, request: HttpRequest, obj: Letter | None = None, **options: Any) -> int:
        return 1 if obj else 3

    def formfield_for_dbfield(self, db_field: Any, request: Any, **options: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **options)
        if db_field.name == "key" and isinstance(field, forms.CharField):
            field.help_text = "Empty: made from the heading. Used in lists and data files."
        return field
