"""Bulk actions at the desk: how far each is, what was refused and why; stop, go on, try again."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html

from campaign.admin.counted import counted
from campaign.admin.moves import Move, MovesAdmin
from campaign.admin.trail import trail_of
from signatories.models import Bulk, BulkItem
from signatories.models.bulk import BulkState, ItemState, Verb
from signatories.services import bulks
from signatories.services.moving import Refused

#: Refusals that its page names; the list of sign-ons has them all.
MOST_REFUSALS = 100


def how_far(bulk: Bulk) -> str:
    refused = f", {bulk.refused:,} refused" if bulk.refused else ""
    left = f", {bulk.left:,} left" if bulk.left else ""
    return f"{bulk.done:,} of {bulk.total:,} done{refused}{left}"


def said(bulk: Bulk) -> str:
    """Such as “Approve 1,234 sign-ons”."""
    number = counted(bulk.total, "sign-on")
    if bulk.verb == Verb.REGROUP:
        where = f"“{bulk.group.title}”" if bulk.group else "a group that was deleted since"
        return f"Move {number} to {where}"
    return f"{bulk.get_verb_display()} {number}"


def _move(verb: Callable[..., None], told: str) -> Callable[[Bulk, dict[str, Any]], str]:
    def run(bulk: Bulk, data: dict[str, Any]) -> str:
        verb(bulk=bulk)
        return told

    return run


def _has(bulk: Bulk, state: ItemState) -> bool:
    return BulkItem.objects.filter(bulk=bulk, state=state).exists()


MOVES: list[Move[Bulk]] = [
    Move(
        "go-on",
        lambda bulk: f"Go on with the {counted(bulk.left, 'sign-on')} left",
        lambda bulk: bulk.state == BulkState.STOPPED and _has(bulk, ItemState.WAITING),
        _move(bulks.go_on, "It goes on."),
    ),
    Move(
        "again",
        lambda bulk: (
            "Try these again" if bulk.refused == 1 else f"Try these {bulk.refused:,} again"
        ),
        lambda bulk: bulk.state != BulkState.RUNNING and _has(bulk, ItemState.REFUSED),
        _move(bulks.try_again, "Those that were refused are tried again."),
    ),
    Move(
        "stop",
        lambda bulk: "Stop: what is done stays done",
        lambda bulk: bulk.state == BulkState.RUNNING,
        _move(bulks.stop, "It is stopped. What was done stays done."),
        cautious=True,
    ),
]


@admin.register(Bulk)
class BulkAdmin(MovesAdmin[Bulk]):
    moves = MOVES
    refusals = (Refused,)
    list_display = ["what", "progress", "letter", "asked_by", "created_at"]
    list_display_links = ["what"]
    list_select_related = ["letter", "group", "by"]
    list_per_page = 50
    show_full_result_count = False
    change_form_template = "admin/signatories/bulk/change_form.html"

    def get_readonly_fields(self, request: HttpRequest, obj: Bulk | None = None) -> Any:
        return [field.name for field in Bulk._meta.fields]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Bulk | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Bulk, form: Any, change: Any) -> None:
        """There is nothing to save, and a worker may be at it: the row as it was read is old."""

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return super().changelist_view(request, {"title": "Bulk actions", **(extra_context or {})})

    @admin.display(description="What")
    def what(self, bulk: Bulk) -> str:
        return said(bulk)

    @admin.display(description="By", empty_value="an account deleted since")
    def asked_by(self, bulk: Bulk) -> str | None:
        return bulk.by.get_username() if bulk.by else None

    @admin.display(description="How far")
    def progress(self, bulk: Bulk) -> str:
        return format_html('{}<span class="sub">{}</span>', bulk.get_state_display(), how_far(bulk))

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        bulk = self.get_object(request, object_id)
        context: dict[str, Any] = {"subtitle": None, "show_save": False}
        if bulk is not None:
            refused = BulkItem.objects.filter(bulk=bulk, state=ItemState.REFUSED)
            context |= {
                "title": said(bulk),
                "bulk": bulk,
                "how_far": how_far(bulk),
                "running": bulk.state == BulkState.RUNNING,
                "refusals": refused.select_related("sign_on").order_by("sign_on")[:MOST_REFUSALS],
                "more_refusals": max(bulk.refused - MOST_REFUSALS, 0),
                "moves": self.offered_moves(request, bulk),
                "trail": trail_of(bulk),
            }
        return super().change_view(request, object_id, form_url, context)
