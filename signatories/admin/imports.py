"""Importing at the desk: a file, what would become of each row, and the way back."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from campaign.admin.counted import counted
from campaign.admin.mail import ReadOnlyAdmin
from signatories.admin.import_form import ChoicesForm, FileForm, chosen
from signatories.admin.verbs import where
from signatories.imports import running, undo, work
from signatories.imports.columns import COLUMNS
from signatories.imports.table import FileError
from signatories.imports.verdicts import SHOWN, Row, Verdict
from signatories.models import Import
from signatories.models.importing import UNDOABLE_FOR, Kind, Stage, Wish
from signatories.services.moving import Refused

ROWS_ON_A_PAGE = 50
#: What an import does, one has to be allowed to do by hand.
RIGHTS = {
    Kind.ORGANISATIONS: ["signatories.add_organisation", "signatories.change_organisation"],
    Kind.SIGN_ONS: [
        "signatories.add_signon",
        "signatories.change_signon",
        "signatories.add_evidence",
        "signatories.add_contact",
        "signatories.view_contact",
    ],
}
NOUNS = {Kind.ORGANISATIONS: "organisation", Kind.SIGN_ONS: "sign-on"}


def may_import(user: User | AnonymousUser, kind: Kind) -> bool:
    return user.has_perm("signatories.add_import") and user.has_perms(RIGHTS[kind])


@admin.register(Import)
class ImportAdmin(ReadOnlyAdmin[Import]):
    list_display = ["__str__", "what", "file_name", "stands", "rows_of", "by", "made_at"]
    list_filter = ["kind"]
    list_select_related = ["letter", "by"]
    readonly_fields = ["kind", "letter", "file_name", "by", "made_at", "confirmed_at", "undone_at"]
    change_list_template = "admin/signatories/import/change_list.html"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return any(may_import(request.user, kind) for kind in Kind)

    def get_queryset(self, request: HttpRequest) -> Any:
        # The file itself is megabytes; a list needs to know only whether it is there.
        there = Q(rows__isnull=False)
        return super().get_queryset(request).defer("rows").annotate(has_rows=there)

    def get_urls(self) -> list[URLPattern]:
        undo_url = path(
            "<int:pk>/undo/",
            self.admin_site.admin_view(never_cache(self.undo_view)),
            name="signatories_import_undo",
        )
        return [undo_url, *super().get_urls()]

    # The list

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return super().changelist_view(request, {"title": "Imports", **(extra_context or {})})

    @admin.display(description="What")
    def what(self, imported: Import) -> str:
        return f"Sign-ons of {imported.letter}" if imported.letter else "Organisations"

    @admin.display(description="State")
    def stands(self, imported: Import) -> str:
        return imported.stage.label

    @admin.display(description="Rows")
    def rows_of(self, imported: Import) -> str:
        return ", ".join(
            f"{imported.counts[verdict]} {label.lower()}"
            for verdict, label in SHOWN.items()
            if imported.counts.get(verdict)
        )

    # A new file

    @method_decorator([never_cache, sensitive_post_parameters()])
    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        kinds = [kind for kind in Kind if may_import(request.user, kind)]
        if not kinds:
            raise PermissionDenied
        form = FileForm(
            request.POST or None,
            request.FILES or None,
            kinds=kinds,
            initial={"what": chosen(request.GET)},
        )
        if request.method == "POST" and form.is_valid():
            file = form.cleaned_data["file"]
            assert isinstance(request.user, User)  # noqa: S101 - the admin has checked
            try:
                imported = running.begin(
                    kind=form.kind,
                    letter=form.letter,
                    file_name=file.name,
                    content=file.read(),
                    by=request.user,
                )
            except (FileError, Refused) as problem:
                form.add_error("file", str(problem))
            else:
                return HttpResponseRedirect(self._page(imported))
        context = {
            **self.admin_site.each_context(request),
            "title": "Import from a file",
            "opts": self.opts,
            "form": form,
            "columns": {NOUNS[kind]: list(COLUMNS[kind]) for kind in kinds},
        }
        return TemplateResponse(
            request,
            "admin/signatories/import/add.html",
            context,
            status=422 if request.method == "POST" else 200,
        )

    # One import

    @method_decorator([never_cache, sensitive_post_parameters()])
    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Before it is imported the preview and its buttons, afterwards what it did."""
        imported = self._imported(request, object_id)
        if imported.stage in {Stage.RUNNING, Stage.UNDOING} and request.method != "POST":
            return self._running_page(request, imported)
        if imported.stage != Stage.WAITING:
            if request.method == "POST":
                messages.warning(request, "This file is not waiting any more.")
                return HttpResponseRedirect(self._page(imported))
            return self._done_page(request, imported)
        if not may_import(request.user, Kind(imported.kind)):
            raise PermissionDenied
        try:
            preview = running.look(imported)
        except (FileError, Refused) as problem:
            messages.error(request, str(problem))
            return HttpResponseRedirect(reverse("admin:signatories_import_changelist"))
        data = request.POST if request.method == "POST" else None
        form = ChoicesForm(data, imported=imported, preview=preview)
        if request.method == "POST" and form.is_valid():
            answer = self._act(request, imported, form)
            if answer is not None:
                return answer
        return self._preview_page(request, imported, preview, form)

    def _imported(self, request: HttpRequest, object_id: str) -> Import:
        imported = self.get_object(request, object_id)
        if imported is None:
            raise Http404
        if not self.has_view_permission(request, imported):
            raise PermissionDenied
        return imported

    def _act(
        self, request: HttpRequest, imported: Import, form: ChoicesForm
    ) -> HttpResponse | None:
        """What the pressed button says; None where that is refused, and said in the form."""
        pressed = request.POST.get("do")
        try:
            if pressed == "discard":
                running.discard(imported=imported)
                messages.success(request, "The file is forgotten. Nothing was imported.")
                return HttpResponseRedirect(self._another(imported))
            approves = pressed == "approve"
            running.choose(imported=imported, approves=approves, **form.choices)
            if pressed in {"import", "approve"}:
                return self._import(request, imported, form.cleaned_data["seen"])
        except (FileError, Refused) as refusal:
            form.add_error("note" if "note who" in str(refusal) else None, str(refusal))
            return None
        if pressed == "look":
            rows = f"?{request.GET.urlencode()}#rows" if request.GET else ""
            return HttpResponseRedirect(f"{self._page(imported)}{rows}")
        form.add_error(None, "Please press one of the buttons.")
        return None

    def _import(self, request: HttpRequest, imported: Import, seen: str) -> HttpResponse:
        assert isinstance(request.user, User)  # noqa: S101 - the admin has checked
        try:
            done_now = work.wish(imported=imported, what=Wish.IMPORT, by=request.user, seen=seen)
        except running.NotAsSeen as refusal:
            messages.warning(request, str(refusal))
            done_now = False
        if not done_now:
            return HttpResponseRedirect(self._page(imported))
        imported.refresh_from_db()
        found = imported.counts
        noun = NOUNS[Kind(imported.kind)]
        done = f"{counted(found[Verdict.NEW], noun)} imported"
        if found[Verdict.CHANGED]:
            done += f", {found[Verdict.CHANGED]} changed"
        letter = imported.letter
        if letter is not None:
            done += f": {where(letter)}" if imported.approves else ": waiting for your approval"
        messages.success(request, f"{done}.")
        return HttpResponseRedirect(self._page(imported))

    def _preview_page(
        self, request: HttpRequest, imported: Import, preview: running.Preview, form: ChoicesForm
    ) -> HttpResponse:
        shown = request.GET.get("show", "")
        if shown not in set(Verdict):
            shown = next((v for v in SHOWN if preview.counts[v]), Verdict.NEW)
        rows: list[Row] = [row for row in preview.rows if row.verdict == shown]
        page = Paginator(rows, ROWS_ON_A_PAGE).get_page(request.GET.get("page"))
        running.point_out_alike(imported, list(page.object_list))
        noun, letter = NOUNS[Kind(imported.kind)], imported.letter
        stopped = (preview.wrong and not imported.leaves_out_wrong) or preview.unknown
        context = {
            **self.admin_site.each_context(request),
            "title": f"Import of {noun}s: before it is done",
            "opts": self.opts,
            "imported": imported,
            "preview": preview,
            "form": form,
            "tabs": [(v, label, preview.counts[v]) for v, label in SHOWN.items()],
            "shown": shown,
            "page": page,
            "noun": noun,
            "stopped": stopped,
            "takes": preview.takes,
            "where": where(letter) if letter else "",
        }
        return TemplateResponse(
            request,
            "admin/signatories/import/preview.html",
            context,
            status=422 if form.errors else 200,
        )

    def _running_page(self, request: HttpRequest, imported: Import) -> HttpResponse:
        """A worker is at it."""
        context = {
            **self.admin_site.each_context(request),
            "title": f"{imported}: {imported.stage.label.lower()}",
            "opts": self.opts,
            "imported": imported,
        }
        return TemplateResponse(request, "admin/signatories/import/running.html", context)

    def _done_page(self, request: HttpRequest, imported: Import) -> HttpResponse:
        rows = imported.done.select_related("organisation", "sign_on")
        page = Paginator(rows, ROWS_ON_A_PAGE).get_page(request.GET.get("page"))
        context = {
            **self.admin_site.each_context(request),
            "title": f"{imported}: {imported.stage.label.lower()}",
            "opts": self.opts,
            "imported": imported,
            "tabs": [(label, imported.counts.get(v, 0)) for v, label in SHOWN.items()],
            "page": page,
            "may_undo": imported.undoable and may_import(request.user, Kind(imported.kind)),
            "undoable_for": UNDOABLE_FOR.days,
        }
        return TemplateResponse(request, "admin/signatories/import/done.html", context)

    def undo_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """GET says what it would do and asks; POST does it."""
        imported = self._imported(request, str(pk))
        if not may_import(request.user, Kind(imported.kind)):
            raise PermissionDenied
        if not imported.undoable:
            messages.warning(request, "It is undone already, or was imported too long ago.")
            return HttpResponseRedirect(self._page(imported))
        if request.method == "POST":
            assert isinstance(request.user, User)  # noqa: S101 - the admin has checked
            try:
                what = Wish.WITHDRAW if "withdraws" in request.POST else Wish.UNDO
                done_now = work.wish(imported=imported, what=what, by=request.user)
            except Refused as refusal:
                messages.warning(request, str(refusal))
                done_now = False
            if done_now:
                imported.refresh_from_db()
                found = imported.undone_counts
                messages.success(
                    request,
                    f"Undone: {found['removed']} removed, {found['withdrawn']} withdrawn, "
                    f"{found['restored']} put back as before, {found['left']} left as they are.",
                )
            return HttpResponseRedirect(self._page(imported))
        context = {
            **self.admin_site.each_context(request),
            "title": f"Undo {str(imported).lower()}",
            "opts": self.opts,
            "imported": imported,
            "approved": undo.approved(imported),
            "noun": NOUNS[Kind(imported.kind)],
        }
        return TemplateResponse(request, "admin/signatories/import/undo.html", context)

    def _another(self, imported: Import) -> str:
        """Where a corrected file is chosen in place of this one."""
        query = {"letter": imported.letter_id} if imported.letter_id else {"kind": imported.kind}
        return f"{reverse('admin:signatories_import_add')}?{urlencode(query)}"

    def _page(self, imported: Import) -> str:
        return reverse("admin:signatories_import_change", args=[imported.pk])
