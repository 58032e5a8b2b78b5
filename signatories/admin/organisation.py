"""The registry of organisations: /admin/signatories/organisation/."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html

from campaign.admin.typed import ModelAdmin
from signatories.admin import exports
from signatories.admin import organisation_merge as merging
from signatories.admin.invite import invite_selected, may_invite
from signatories.admin.organisation_form import FIELDS, OrganisationForm, link_to
from signatories.admin.organisation_list import (
    AlikeFilter,
    CountryFilter,
    MergedFilter,
    NeverSignedFilter,
    OrganisationList,
    ParentFilter,
    found_by,
    paginator,
)
from signatories.admin.organisation_listed import listed_names
from signatories.admin.organisation_page import page_context
from signatories.admin.sign_on_columns import lines
from signatories.countries import country_name
from signatories.models import Organisation
from signatories.services import registry
from signatories.services.moving import Refused
from signatories.services.similar import similar_to


@admin.register(Organisation)
class OrganisationAdmin(ModelAdmin[Organisation]):
    form = OrganisationForm
    list_display = ["name", "country_named", "part_of", "signed"]
    list_select_related = ["parent", "alike_to", "merged_into"]
    list_filter = [AlikeFilter, ParentFilter, NeverSignedFilter, MergedFilter, CountryFilter]
    ordering = ["name_key"]
    list_per_page = 50
    list_max_show_all = 0
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    search_fields = ["display_name", "aliases"]
    search_help_text = "Searches names, aliases and acronyms."
    autocomplete_fields = ["parent"]
    actions = [invite_selected]
    change_form_template = "admin/signatories/organisation/change_form.html"

    change_list_template = "admin/signatories/organisation/change_list.html"

    def has_invite_permission(self, request: HttpRequest) -> bool:
        """Who may use the action `invite_selected`."""
        return may_invite(request)

    # The list

    def get_changelist(self, request: HttpRequest, **options: Any) -> type[OrganisationList]:
        return OrganisationList

    def get_paginator(self, request: HttpRequest, queryset: Any, *args: Any, **options: Any) -> Any:
        # Django also pages through the history of one organisation with it.
        if queryset.model is Organisation:
            return paginator(request, queryset, args[0])
        return super().get_paginator(request, queryset, *args, **options)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        title = {"title": "Organisations", **(extra_context or {})}
        return super().changelist_view(request, title)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Organisation], search_term: str
    ) -> tuple[QuerySet[Organisation], bool]:
        return found_by(queryset, search_term), False

    @admin.display(description="Name", ordering="name_key")
    def name(self, organisation: Organisation) -> str:
        alike, merged = organisation.alike_to, organisation.merged_into
        return format_html(
            "{}{}{}{}",
            organisation.display_name,
            lines([f"Also: {', '.join(organisation.aliases)}"] if organisation.aliases else []),
            format_html('<span class="alike">Looks like {}</span>', alike) if alike else "",
            lines([f"Merged into “{merged}”"] if merged else []),
        )

    @admin.display(description="Country")
    def country_named(self, organisation: Organisation) -> str:
        return country_name(organisation.country) if organisation.country else ""

    @admin.display(description="Parent")
    def part_of(self, organisation: Organisation) -> str:
        return str(organisation.parent or "")

    @admin.display(description="Sign-ons")
    def signed(self, organisation: Any) -> int:
        return int(organisation.sign_ons_count)

    # One organisation

    def get_urls(self) -> list[URLPattern]:
        pages: list[tuple[str, Callable[..., HttpResponse], str]] = [
            ("<int:pk>/merge/", merging.choose, "merge_choose"),
            ("<int:pk>/merge/<int:other>/", merging.merge, "merge"),
            ("<int:pk>/take-apart/", merging.take_apart, "take_apart"),
            ("<int:pk>/listed-names/", listed_names, "listed_names"),
        ]
        own = [
            path(at, self.admin_site.admin_view(view), name=f"signatories_organisation_{name}")
            for at, view, name in pages
        ]
        return [*own, *exports.ORGANISATION_URLS, *super().get_urls()]

    def get_fields(self, request: HttpRequest, obj: Organisation | None = None) -> Any:
        """Notes can name people: who may not see contacts does not see them either."""
        fields = list(FIELDS)
        if not request.user.has_perm("signatories.view_contact"):
            fields.remove("notes")
        if obj is not None and self.has_change_permission(request, obj):
            fields.insert(1, "keep_old_name")
        return fields

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        organisation = self.get_object(request, object_id)
        context: dict[str, Any] = {"subtitle": None}
        if organisation is not None and self.has_view_permission(request, organisation):
            if organisation.merged_into_id is not None:
                return merging.merged_page(request, organisation)
            context |= page_context(organisation) | {"title": str(organisation)}
        try:
            return super().change_view(request, object_id, form_url, context)
        except (Refused, ValidationError) as refusal:
            # What the form's checks let through, because somebody else was at it at the moment.
            said = refusal.messages[0] if isinstance(refusal, ValidationError) else str(refusal)
            messages.error(request, f"{said} Nothing was saved; please look again.")
            return HttpResponseRedirect(request.get_full_path())

    def save_model(self, request: HttpRequest, obj: Organisation, form: Any, change: Any) -> None:
        said = form.cleaned_data
        registry.write(
            organisation=obj,
            **{name: said[name] for name in FIELDS if name in said},
            keep_old_name=said.get("keep_old_name", True),
        )
        obj.renamed = change and "display_name" in form.changed_data  # type: ignore[attr-defined]
        self.point_out(request, obj, added=not change)

    def point_out(self, request: HttpRequest, obj: Organisation, *, added: bool) -> None:
        """What somebody should look at; nothing is refused for it."""
        same = registry.others_named(obj)
        for name, other in same:
            text = "“{}” is also a name of {}: a sign-on under it is linked to one of the two."
            messages.warning(request, format_html(text, name, link_to(other)))
        if added:
            known = {other.pk for _, other in same}
            for likeness in similar_to(obj):
                if likeness.organisation.pk not in known:
                    text = "It looks like {}: {}."
                    link = link_to(likeness.organisation)
                    messages.warning(request, format_html(text, link, likeness.why))

    def response_change(self, request: HttpRequest, obj: Organisation) -> HttpResponse:
        """After a renaming: which listed names should follow."""
        answer = super().response_change(request, obj)
        renamed = getattr(obj, "renamed", False) and "_continue" not in request.POST
        if renamed and request.user.has_perm("signatories.change_signon"):
            if registry.listed_otherwise(obj):
                url = reverse("admin:signatories_organisation_listed_names", args=[obj.pk])
                return HttpResponseRedirect(url)
            messages.info(request, "Nothing is listed under another name.")
        return answer

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Asked about only for one that never signed."""
        organisation = self.get_object(request, object_id)
        may = organisation is not None and self.has_delete_permission(request, organisation)
        if organisation is not None and may:
            refusal = registry.why_kept(organisation)
            if refusal:
                messages.error(request, refusal)
                return merging.page_of(organisation)
        try:
            return super().delete_view(request, object_id, extra_context)
        except Refused as refusal:  # linked at this moment
            messages.error(request, str(refusal))
            return HttpResponseRedirect(request.get_full_path())

    def delete_model(self, request: HttpRequest, obj: Organisation) -> None:
        registry.remove(organisation=obj)
