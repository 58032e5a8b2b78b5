"""Django's classes for the desk as generics, which they are in django-stubs only."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.core import paginator

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin, TabularInline
    from django.core.paginator import Page, Paginator
    from django.forms import BaseInlineFormSet, ModelForm
else:

    class _Generic:
        def __class_getitem__(cls, _: Any) -> Any:
            return cls

    class ModelAdmin(_Generic, admin.ModelAdmin):
        pass

    class TabularInline(_Generic, admin.TabularInline):
        pass

    class ModelForm(_Generic, forms.ModelForm):
        pass

    class BaseInlineFormSet(_Generic, forms.BaseInlineFormSet):
        pass

    class Page(_Generic, paginator.Page):
        pass

    class Paginator(_Generic, paginator.Paginator):
        pass


__all__ = [
    "BaseInlineFormSet",
    "ModelAdmin",
    "ModelForm",
    "Page",
    "Paginator",
    "TabularInline",
]
