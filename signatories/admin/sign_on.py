"""The desk for sign-ons: /admin/signatories/signon/."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.views.main import ORDER_VAR
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path

from campaign.admin.moves import MovesAdmin
from signatories.admin import exports, personal_data
from signatories.admin.bulk_begin import begin
from signatories.admin.chosen import AT_ONCE, chosen_of, only
from signatories.admin.enter import enter
from signatories.admin.hold_filter import HoldFilter
from signatories.admin.inlines import ContactInline, EvidenceInline, LinkInline
from signatories.admin.reasons import ASKS, REGROUP, REJECT, WITHDRAW
from signatories.admin.sign_on_acts import SignOnActs
from signatories.admin.sign_on_columns import SignOnColumns
from signatories.admin.sign_on_form import SignOnForm
from signatories.admin.sign_on_list import (
    BulkFilter,
    GroupFilter,
    HeldFilter,
    LetterFilter,
    NetworkFilter,
    OrderFilter,
    PartFilter,
    SignalFilter,
    SignOnList,
)
from signatories.admin.sign_on_moves import MOVES
from signatories.admin.sign_on_page import page_context
from signatories.admin.sign_on_queue import queue_of
from signatories.admin.sign_on_search import found_by
from signatories.admin.verbs import approve_all, warn_of_missing_glyphs
from signatories.models import Contact, Evidence, SignOn
from signatories.models.bulk import Verb
from signatories.services import correcting
from signatories.services.moving import Refused


@admin.register(SignOn)
class SignOnAdmin(SignOnColumns, SignOnActs, MovesAdmin[SignOn]):
    form = SignOnForm
    inlines = [LinkInline, ContactInline, EvidenceInline]
    moves = MOVES
    refusals = (Refused,)
    actions = ["approve", "reject", "withdraw", "regroup"]
    list_display = ["name", "standing", "buttons", "place", "age", "contact"]
    list_filter = [
        PartFilter, OrderFilter, LetterFilter, GroupFilter, "status", "source", SignalFilter,
        HoldFilter, HeldFilter, NetworkFilter, BulkFilter,
    ]  # fmt: skip
    list_select_related = ["letter", "group"]
    list_per_page = list_max_show_all = AT_ONCE
    ordering = ["-pk"]
    show_full_result_count = False
    change_list_template = "admin/signatories/signon/change_list.html"
    change_form_template = "admin/signatories/signon/change_form.html"
    # How it stands is said above the form.
    fieldsets = [("How it is listed", {"fields": [*SignOnForm.Meta.fields]})]

    def get_queryset(self, request: HttpRequest) -> QuerySet[SignOn]:
        return super().get_queryset(request).select_related("letter", "group", "wording__text")

    def has_delete_permission(self, request: HttpRequest, obj: SignOn | None = None) -> bool:
        """Sign-ons are withdrawn, not deleted: who was listed stays known."""
        return False

    # The list

    def get_changelist(self, request: HttpRequest, **options: Any) -> type[SignOnList]:
        return SignOnList

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if request.POST.get("select_across") == "1" and ACTION_CHECKBOX_NAME not in request.POST:
            # Django wants a row to be ticked even where all that match are meant.
            posted = request.POST.copy()
            posted[ACTION_CHECKBOX_NAME] = "0"
            request.POST = posted  # type: ignore[assignment]
        return super().changelist_view(request, {"title": "Sign-ons", **(extra_context or {})})

    def get_search_fields(self, request: HttpRequest) -> list[str]:
        fields = ["listed_name", "organisations__display_name"]
        if request.user.has_perm("signatories.view_contact"):
            fields += ["contacts__name", "contacts__email"]
        return fields

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[SignOn], search_term: str
    ) -> tuple[QuerySet[SignOn], bool]:
        contacts = request.user.has_perm("signatories.view_contact")
        return found_by(queryset, search_term, contacts=contacts), False

    def get_paginator(self, request: HttpRequest, queryset: Any, *args: Any, **options: Any) -> Any:
        # Django also pages through the history of one sign-on with it.
        if queryset.model is not SignOn or request.GET.get(ORDER_VAR):
            return self.paginator(queryset, *args, **options)
        return queue_of(request).paginator(queryset, *args, **options)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Only what the filters offer: `?email_key__startswith=…` would tell of contacts."""
        offered = {getattr(one, "parameter_name", one) for one in self.list_filter}
        return lookup.split("__")[0] in offered

    def get_list_display(self, request: HttpRequest) -> Any:
        hidden = set()
        if not request.user.has_perm("signatories.view_contact"):
            hidden.add("contact")
        if queue_of(request).of_one_status:
            hidden.add("standing")
        return [column for column in self.list_display if column not in hidden]

    # Actions

    @admin.action(description="Approve selected: public now", permissions=["change"])
    def approve(self, request: HttpRequest, queryset: QuerySet[SignOn]) -> HttpResponse | None:
        chosen = chosen_of(request, queryset)
        if chosen.many:
            return begin(request, Verb.APPROVE, chosen)
        approve_all(request, chosen.first)
        return None

    @admin.action(description="Reject selected…", permissions=["change"])
    def reject(self, request: HttpRequest, queryset: QuerySet[SignOn]) -> HttpResponse | None:
        chosen = chosen_of(request, queryset)
        return REJECT.answer(request, chosen, asked="reason" in request.POST)

    @admin.action(description="Withdraw selected, off the list now…", permissions=["change"])
    def withdraw(self, request: HttpRequest, queryset: QuerySet[SignOn]) -> HttpResponse | None:
        # From the page of the list it asks; what posts the bare action needs no reason.
        asked = "reason" in request.POST or not {"index", "as_of"} & request.POST.keys()
        return WITHDRAW.answer(request, chosen_of(request, queryset), asked=asked)

    @admin.action(description="Move selected to a group…", permissions=["change"])
    def regroup(self, request: HttpRequest, queryset: QuerySet[SignOn]) -> HttpResponse | None:
        chosen = chosen_of(request, queryset)
        letters = chosen.sign_ons.order_by().values_list("letter", flat=True).distinct()[:2]
        if len(letters) > 1:
            messages.warning(
                request, "These are of several letters, and each has groups of its own. Please "
                "choose one letter first."
            )  # fmt: skip
        elif letters:
            return REGROUP.answer(request, chosen, asked="group" in request.POST)
        return None

    # One sign-on

    def get_urls(self) -> list[URLPattern]:
        ask = path(
            "<int:pk>/ask/<slug:name>/",
            self.admin_site.admin_view(self.ask_view),
            name="signatories_signon_ask",
        )
        return [ask, *exports.SIGN_ON_URLS, *personal_data.URLS, *super().get_urls()]

    def ask_view(self, request: HttpRequest, pk: int, name: str) -> HttpResponse:
        """GET asks for the reason; POST acts and goes back."""
        sign_on, ask = self.get_object(request, str(pk)), ASKS.get(name)
        if sign_on is None or ask is None:
            raise Http404
        if not self.has_change_permission(request, sign_on):
            raise PermissionDenied
        asked = request.method == "POST"
        answer = ask.answer(request, only(sign_on), asked=asked, of_action=False)
        return answer or self.back_from_move(request, sign_on)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        return enter(request)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        sign_on = self.get_object(request, object_id)
        context: dict[str, Any] = {
            "title": str(sign_on),
            "subtitle": None,
            "show_save_and_add_another": False,
        }
        if sign_on is not None:
            context |= page_context(request, sign_on)
            context |= {"moves": self.offered_moves(request, sign_on)}
        try:
            return super().change_view(request, object_id, form_url, context)
        except (Refused, ValidationError, IntegrityError) as refusal:
            # What the form's checks let through, because somebody else was at it at the moment.
            said = refusal.messages[0] if isinstance(refusal, ValidationError) else str(refusal)
            if isinstance(refusal, IntegrityError):
                said = "Somebody changed this sign-on at the same moment."
            messages.error(request, f"{said} Nothing was saved; please look again.")
            return HttpResponseRedirect(request.get_full_path())

    def save_model(self, request: HttpRequest, obj: SignOn, form: Any, change: Any) -> None:
        if form.changed_data:
            names = SignOnForm.Meta.fields
            correcting.edit(sign_on=obj, **{name: form.cleaned_data[name] for name in names})
            if "listed_name" in form.changed_data:
                warn_of_missing_glyphs(request, obj.listed_name)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: Any) -> None:
        if formset.model is Evidence:
            formset.save(commit=False)  # none is changed, or removed
            self.add_evidence(request, form.instance, formset)
            return
        if formset.model is Contact and formset.has_changed():
            # The sign-on first, as all do who change both.
            correcting.note_contact(sign_on=form.instance)
        formset.save()
        if formset.model is Contact and contact_replaced(formset):
            correcting.contact_changed(sign_on=form.instance)

    def response_change(self, request: HttpRequest, obj: SignOn) -> HttpResponse:
        """Approves or links what was just saved, so that no correction is left behind."""
        if "_approve" in request.POST:
            self.make_move(request, obj, next(move for move in MOVES if move.name == "approve"))
            return self.back_from_move(request, obj)
        if "_link" in request.POST or "_link_new" in request.POST:
            self.make_link(request, obj)
            return self.stay(obj)
        return super().response_change(request, obj)

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> Any:
        """Names fields, never what is in them: Django's log would keep contacts for ever."""
        changed = [str(form.fields[name].label or name) for name in form.changed_data]
        changed += [
            str(formset.model._meta.verbose_name_plural)
            for formset in formsets
            if formset.has_changed()
        ]
        return [{"changed": {"fields": changed}}] if changed else []


def contact_replaced(formset: Any) -> bool:
    """Whether its mails go to somebody else from now on."""
    corrected = any("email" in fields for _, fields in formset.changed_objects)
    first = formset.new_objects and not formset.instance.email_key
    return bool(corrected or formset.deleted_objects or first)
