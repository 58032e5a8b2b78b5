"""The desk for letters: /admin/campaign/letter/."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html

from campaign import letters
from campaign.admin.groups import GroupInline
from campaign.admin.letter_file import letter_from_file
from campaign.admin.letter_form import WORDS, LetterForm, ToLookAt
from campaign.admin.letter_moves import MOVES, likely_first
from campaign.admin.letter_status import status_of
from campaign.admin.moments import said
from campaign.admin.moves import MovesAdmin, OfferedMove
from campaign.admin.offers import OFFERS
from campaign.admin.pauses import pauses_in
from campaign.admin.text_steps import texts_in
from campaign.admin.trail import trail_of
from campaign.letters import LetterError
from campaign.markup.words import difference_html
from campaign.models import Letter
from campaign.models.letter import State
from campaign.models.text import Change
from campaign.publication import gathered, want
from campaign.texts import set_words

SIGN_ONS = "admin:signatories_signon_changelist"
UNPROCESSABLE = 422
#: What is told of the body after saving; the preview tells all.
MOST_NOTES = 3


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

    class Media:
        js = ["js/letter_editor.js", "js/letter_groups.js"]

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
        letters = Letter.objects.titled().select_related("current_text", "publication")
        return letters.order_by(*self.get_ordering(request))

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
        context = {**(extra_context or {}), "typed_url": self._typed_url(request, letter)}
        if letter is not None:
            context.update(
                title=self.letter_title(letter),
                subtitle=None,
                show_save_and_add_another=False,
                status=status_of(letter),
                moves=self.offered_moves(request, letter),
                standing=OFFERS.standing(request, letter),
                trail=trail_of(letter, also=[*pauses_in(letter), *texts_in(letter)]),
            )
        response = super().changeform_view(request, object_id, form_url, context)
        if isinstance(response, TemplateResponse) and request.method == "POST":
            _explain(response, letter)
        return response

    def _typed_url(self, request: HttpRequest, letter: Letter | None) -> str:
        """Where the preview of what is typed is made; empty for who may not write."""
        if letter is None:
            return reverse("admin:letter-typed-new") if self.has_add_permission(request) else ""
        if letter.state == State.ARCHIVED or not self.has_change_permission(request, letter):
            return ""
        return reverse("admin:letter-typed", args=[letter.pk])

    def offered_moves(self, request: HttpRequest, obj: Letter) -> list[OfferedMove]:
        return likely_first(obj, super().offered_moves(request, obj))

    def save_model(self, request: HttpRequest, obj: Letter, form: Any, change: Any) -> None:
        # Publishing is asked for last: a new Text waits for sign-ons that may wait for that.
        with gathered():
            if change:
                fields = set(form.changed_data) & set(LetterForm.Meta.fields)
                if "time_zone" in fields:
                    fields.add("closes")
                if fields:
                    letters.change_settings(obj, fields=fields)
            else:
                obj.save()
            if obj.state != State.ARCHIVED:
                self._save_words(request, obj, form)
        obj.refresh_from_db()

    def _save_words(self, request: HttpRequest, letter: Letter, form: LetterForm) -> None:
        change = Change(form.cleaned_data.get("change") or Change.EDITORIAL)
        note = form.cleaned_data.get("note", "").strip()
        # Afterwards they have been asked already.
        whom = OFFERS.whom_it_asks(letter, change) if form.cleaned_data.get("looked") else ""
        text = set_words(letter, form.cleaned_data["words"], change=change, note=note)
        if text is None:
            return
        if letter.state != State.DRAFT:
            messages.info(request, f"{text} is current now. {whom}")
        for said_of_body in OFFERS.body_notes(form.cleaned_data["body"])[:MOST_NOTES]:
            messages.warning(request, str(said_of_body))

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
        """“Save and open” opens what was just saved, so that nothing typed is left behind.

        Who fixed a Text comes back to the letter, which says whom that has asked.
        """
        if "_open" in request.POST:
            self.make_move(request, obj, next(move for move in MOVES if move.name == "open"))
        if "_open" in request.POST or "looked" in request.POST:
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


def _explain(response: TemplateResponse, letter: Letter | None) -> None:
    """What was posted comes back: with what is wrong in it, or to look at the change first."""
    context = response.context_data or {}
    form = context["adminform"].form
    look: ToLookAt | None = getattr(form, "to_look_at", None)
    errors = sum(len(found) for found in form.errors.values())
    errors += sum(bool(one.formset.total_error_count()) for one in context["inline_admin_formsets"])
    if look is None or letter is None or errors > 1:
        response.status_code = UNPROCESSABLE if errors else response.status_code
        return
    context.update(
        errors=None,
        look=look,
        look_html=difference_html(look.old, look.new),
        whom_it_asks=OFFERS.whom_it_asks(letter, look.change),
    )
