"""The desk for letters: /admin/campaign/letter/."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html

from campaign import letters
from campaign.admin.groups import GroupInline
from campaign.admin.letter_file import letter_from_file
from campaign.admin.letter_form import WORDS, LetterForm
from campaign.admin.letter_moves import MOVES
from campaign.admin.letter_status import status_of
from campaign.admin.moments import said
from campaign.admin.moves import MovesAdmin
from campaign.admin.pauses import pauses_in
from campaign.admin.trail import trail_of
from campaign.letters import LetterError
from campaign.models import Letter, Wording
from campaign.models.letter import State
from campaign.models.text import Change
from campaign.publication import want
from campaign.texts import set_words

SIGN_ONS = "admin:signatories_signon_changelist"


@admin.register(Letter)
class LetterAdmin(MovesAdmin[Letter]):
    form = LetterForm
    inlines = [GroupInline]
    moves = MOVES
    refusals = (LetterError,)
    #: Views on a letter that other packages offer, each at <pk>/… and named in `status`.
    extra_urls: list[URLPattern] = []

    list_display = ["letter_title", "stands", "visibility", "waiting", "listed", "closes_at"]
    list_filter = ["state"]
    search_fields = ["slug", "current_text__wordings__title"]
    list_per_page = 50
    actions = None
    save_on_top = True
    change_form_template = "admin/campaign/letter/change_form.html"
    change_list_template = "admin/campaign/letter/change_list.html"

    def get_fieldsets(self, request: HttpRequest, obj: Letter | None = None) -> Any:
        # Words are no fields of Letter: who may only look reads them in the preview.
        words = [*WORDS, "seen"] if self.has_change_permission(request, obj) or not obj else []
        change = ["change", "note"] if words and obj and obj.state != State.DRAFT else []
        group = ["default_group"] if obj else []
        return [
            ("The letter", {"fields": ["sender", "dateline", *words, *change]}),
            ("After the signatories", {"fields": ["about", "contact", "press_contact"]}),
            (
                "Signing",
                {"fields": ["closes", "time_zone", *group, "asks_country", "asks_website"]},
            ),
            ("Privacy", {"fields": ["contacts_kept_for"]}),
            (
                "Address, language and look",
                {"fields": ["slug", "language", "running_header", "paper", "accent"]},
            ),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Letter]:
        title = Wording.objects.filter(
            text=OuterRef("current_text"), language=OuterRef("language")
        ).values("title")[:1]
        return (
            super()
            .get_queryset(request)
            .select_related("current_text", "publication")
            .annotate(title=Subquery(title))
        )

    # The list

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return super().changelist_view(request, {"title": "Letters", **(extra_context or {})})

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changelist = super().get_changelist_instance(request)
        rows = list(changelist.result_list)
        # By letter and state, as they are in an index, which alone is then read.
        of_state = Letter.objects.filter(
            pk__in=[row.pk for row in rows], sign_ons__status__in=["pending", "approved"]
        ).order_by()
        counts = {
            (pk, state): count
            for pk, state, count in of_state.values_list("pk", "sign_ons__status").annotate(
                count=Count("*")
            )
        }
        for row in rows:
            row.counts = [counts.get((row.pk, state), 0) for state in ("pending", "approved")]
        changelist.result_list = rows
        return changelist

    @admin.display(description="Letter", ordering="slug")
    def letter_title(self, letter: Any) -> str:
        return str(letter.title or letter.slug)

    @admin.display(description="State", ordering="state")
    def stands(self, letter: Letter) -> str:
        return f"{letter.get_state_display()}{', paused' if letter.paused_at else ''}"

    @admin.display(description="Visibility", ordering="public_at")
    def visibility(self, letter: Letter) -> str:
        if letter.public:
            return "Public"
        if letter.public_at:
            return f"Public on {said(letter.public_at, letter.time_zone)}"
        return "Unlisted"

    @admin.display(description="Waiting for you")
    def waiting(self, letter: Any) -> str:
        url = f"{reverse(SIGN_ONS)}?letter={letter.pk}&status__exact=pending"
        return format_html('<a href="{}">{}</a>', url, letter.counts[0])

    @admin.display(description="Approved")
    def listed(self, letter: Any) -> str:
        url = f"{reverse(SIGN_ONS)}?letter={letter.pk}&status__exact=approved"
        return format_html('<a href="{}">{}</a>', url, letter.counts[1])

    @admin.display(description="Closes", ordering="closes", empty_value="—")
    def closes_at(self, letter: Letter) -> str | None:
        return said(letter.closes, letter.time_zone) or None

    # One letter

    def get_urls(self) -> list[URLPattern]:
        from_file = path(
            "from-file/", self.admin_site.admin_view(letter_from_file), name="letter-from-file"
        )
        return [from_file, *self.extra_urls, *super().get_urls()]

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        letter = self.get_object(request, object_id) if object_id else None
        context = dict(extra_context or {})
        if letter is not None:
            context.update(
                title=self.letter_title(letter),
                subtitle=None,
                show_save_and_add_another=False,
                status=status_of(letter),
                moves=self.offered_moves(request, letter),
                trail=trail_of(letter, also=pauses_in(letter)),
            )
        return super().changeform_view(request, object_id, form_url, context)

    def save_model(self, request: HttpRequest, obj: Letter, form: Any, change: Any) -> None:
        if change:
            fields = set(form.changed_data) & set(LetterForm.Meta.fields)
            if "time_zone" in fields:
                fields.add("closes")
            if fields:
                letters.change_settings(obj, fields=fields)
        else:
            obj.save()
        if obj.state == State.ARCHIVED:
            return
        text = set_words(
            obj,
            form.cleaned_data["words"],
            change=Change(form.cleaned_data.get("change") or Change.EDITORIAL),
            note=form.cleaned_data.get("note", "").strip(),
        )
        if text is not None and obj.state != State.DRAFT:
            messages.info(request, f"{text} is current now; what was signed before stays as it is.")
        obj.refresh_from_db()

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: Any) -> None:
        super().save_related(request, form, formsets, change)
        if any(formset.has_changed() for formset in formsets):
            want(form.instance)

    def response_add(
        self, request: HttpRequest, obj: Letter, post_url_continue: str | None = None
    ) -> HttpResponse:
        messages.success(
            request, "The letter is here, as a draft. Look at the preview, then open it."
        )
        return self.back_from_move(request, obj)

    def response_change(self, request: HttpRequest, obj: Letter) -> HttpResponse:
        """“Save and open” opens what was just saved, so that nothing typed is left behind."""
        if "_open" in request.POST:
            self.make_move(request, obj, next(move for move in MOVES if move.name == "open"))
            return self.back_from_move(request, obj)
        return super().response_change(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Letter | None = None) -> bool:
        """Only a draft that nobody has signed is ever deleted."""
        may = super().has_delete_permission(request, obj)
        return may and (obj is None or (obj.state == State.DRAFT and not obj.sign_ons.exists()))

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Nobody may delete a draft's publication by itself; with the draft it goes."""
        shown, counts, _, protected = super().get_deleted_objects(objs, request)
        return shown, counts, set(), protected
