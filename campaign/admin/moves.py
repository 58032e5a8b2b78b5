"""Moves: the buttons of a change page. Each states its effect and calls one verb, by POST."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse

from campaign.admin.typed import ModelAdmin

M = TypeVar("M", bound=Model)


class MoveForm(forms.Form):
    """What a move needs to be told; it stands beside the button."""

    def __init__(self, data: Any = None, *, about: Any) -> None:
        super().__init__(data, auto_id=f"id_{type(self).__name__.lower()}_%s")
        self.about = about


@dataclass(frozen=True)
class Move(Generic[M]):
    """`run` takes the object, and the cleaned data of `form` with `user`; it says what happened."""

    name: str
    button: Callable[[M], str]
    offered: Callable[[M], bool]
    run: Callable[[M, dict[str, Any]], str]
    form: type[MoveForm] | None = None
    #: Takes something away: shown apart, and never as the first choice.
    cautious: bool = False


@dataclass(frozen=True)
class OfferedMove:
    """A move as the page shows it."""

    name: str
    button: str
    url: str
    form: MoveForm | None
    cautious: bool
    #: What usually comes next.
    likely: bool = False


class MovesAdmin(ModelAdmin[M]):
    """A ModelAdmin whose change page has buttons for `moves`."""

    moves: Sequence[Move[M]] = ()
    #: What a verb raises when it refuses; becomes a message.
    refusals: tuple[type[Exception], ...] = ()

    def offered_moves(self, request: HttpRequest, obj: M) -> list[OfferedMove]:
        if not self.has_change_permission(request, obj):
            return []
        return [
            OfferedMove(
                name=move.name,
                button=move.button(obj),
                url=reverse(self._url_name("move"), args=[obj.pk, move.name]),
                form=move.form(about=obj) if move.form else None,
                cautious=move.cautious,
            )
            for move in self.moves
            if move.offered(obj)
        ]

    def get_urls(self) -> list[URLPattern]:
        opts = self.model._meta
        move = path(
            "<int:pk>/move/<slug:name>/",
            self.admin_site.admin_view(self.move_view),
            name=f"{opts.app_label}_{opts.model_name}_move",
        )
        return [move, *super().get_urls()]

    def move_view(self, request: HttpRequest, pk: int, name: str) -> HttpResponse:
        """Make the move and go back to where it was made; a refusal becomes a message."""
        obj = self.get_object(request, str(pk))
        move = next((move for move in self.moves if move.name == name), None)
        if obj is None or move is None:
            raise Http404
        if not self.has_change_permission(request, obj):
            raise PermissionDenied
        if request.method == "POST":
            self.make_move(request, obj, move)
        return self.back_from_move(request, obj)

    def make_move(self, request: HttpRequest, obj: M, move: Move[M]) -> None:
        form = move.form(request.POST, about=obj) if move.form else None
        if form is not None and not form.is_valid():
            for problems in form.errors.values():
                for problem in problems:
                    messages.error(request, str(problem))
            return
        try:
            data = {**(form.cleaned_data if form else {}), "user": request.user}
            messages.success(request, move.run(obj, data))
        except self.refusals as refusal:
            messages.warning(request, str(refusal))

    def back_from_move(self, request: HttpRequest, obj: M) -> HttpResponse:
        if request.GET.get("back") == "list":
            query = request.GET.get("_changelist_filters", "")
            return HttpResponseRedirect(f"{reverse(self._url_name('changelist'))}?{query}")
        return HttpResponseRedirect(reverse(self._url_name("change"), args=[obj.pk]))

    def _url_name(self, view: str) -> str:
        opts = self.model._meta
        return f"admin:{opts.app_label}_{opts.model_name}_{view}"
