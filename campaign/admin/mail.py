"""Outgoing mails and publications: to look at, and to try again."""

from typing import Any, TypeVar

from django.conf import settings
from django.contrib import admin, messages
from django.db.models import F, Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html

from campaign.admin.counted import counted
from campaign.admin.typed import ModelAdmin
from campaign.mail import outbox
from campaign.mail.queue import requeue, send_despite_suppression
from campaign.models import Letter, OutgoingMail, Publication
from campaign.models.mail import MailState, Withheld
from campaign.publication import want

M = TypeVar("M", bound=Model)


class ReadOnlyAdmin(ModelAdmin[M]):
    """Rows that the machinery writes and people only look at."""

    show_full_result_count = False
    list_per_page = 50
    list_select_related = ["letter"]

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Only what the filters offer: no guessing at the keyed hash of an address."""
        offered = {getattr(one, "parameter_name", one) for one in self.list_filter}
        return lookup.split("__")[0] in offered

    def get_fields(self, request: HttpRequest, obj: M | None = None) -> Any:
        return self.get_readonly_fields(request, obj)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        nothing_to_save = {"show_save": False, "show_save_and_continue": False}
        return super().change_view(request, object_id, form_url, nothing_to_save)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return False


class KindFilter(admin.SimpleListFilter):
    title = "what it says"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(settings.MAIL_NAMES.items())

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[OutgoingMail]
    ) -> QuerySet[OutgoingMail]:
        return queryset.filter(kind=self.value()) if self.value() else queryset


class LetterFilter(admin.SimpleListFilter):
    """Mails of the letter from whose card one comes; a list of all letters would say nothing."""

    title = "letter"
    parameter_name = "letter"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        chosen = _chosen(request.GET.get(self.parameter_name))
        return [(str(pk), slug) for pk, slug in chosen.values_list("pk", "slug")]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[OutgoingMail]
    ) -> QuerySet[OutgoingMail]:
        letter = _chosen(self.value()).first()
        return queryset.filter(letter=letter) if letter else queryset


def _chosen(value: str | None) -> QuerySet[Letter]:
    fits = value and value.isascii() and value.isdigit() and len(value) < 19
    return Letter.objects.filter(pk=int(value)) if value and fits else Letter.objects.none()


@admin.register(OutgoingMail)
class OutgoingMailAdmin(ReadOnlyAdmin[OutgoingMail]):
    """No address stands here: the row has none."""

    list_display = [
        "mail", "about", "letter", "state", "why", "created_at", "sent_at", "bounce",
    ]  # fmt: skip
    list_filter = ["state", "withheld_for", "bounce", KindFilter, LetterFilter]
    actions = ["send_again", "send_despite_suppression"]
    readonly_fields = [
        "mail", "about", "letter", "state", "withheld_for", "slow", "attempts", "language",
        "message_id", "not_before", "created_at", "sent_at", "sent_with", "first_failed_at",
        "problem", "provider_id", "bounce", "bounced_at",
    ]  # fmt: skip

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return super().changelist_view(request, {**(extra_context or {}), "outbox": outbox.look()})

    @admin.display(description="Mail", ordering="kind")
    def mail(self, mail: OutgoingMail) -> str:
        return mail.kind_name

    @admin.display(description="About")
    def about(self, mail: OutgoingMail) -> str:
        """A link to its sign-on, where its contact and the other mails are, or an account's id."""
        if "user" in mail.references:
            return f"Account {mail.references['user']}"
        sign_on = mail.references.get("sign_on")
        if sign_on is None:
            return ""
        url = reverse("admin:signatories_signon_change", args=[sign_on])
        return format_html('<a href="{}">Sign-on {}</a>', url, sign_on)

    @admin.display(description="Why, or what went wrong")
    def why(self, mail: OutgoingMail) -> str:
        """Why it is withheld and until when, inside of which mail it went, or the last error."""
        if mail.withheld_for == Withheld.CAP:
            until = f"{mail.not_before:%d %B %Y, %H:%M}"
            return f"{mail.get_withheld_for_display()}, from {until} UTC on"
        if mail.sent_with_id and mail.state == MailState.SENT:
            return f"inside mail {mail.sent_with_id}"
        reasons = [mail.get_withheld_for_display() if mail.withheld_for else "", mail.problem]
        return ": ".join(reason for reason in reasons if reason)

    @admin.action(description="Send again", permissions=["change"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[OutgoingMail]) -> None:
        self._say(
            request,
            chosen=queryset.count(),
            count=requeue(queryset),
            left="sent, being sent or next anyway, or to an address that bounced or complained",
        )

    @admin.action(
        description="Send again, although the address bounced or complained",
        permissions=["change"],
    )
    def send_despite_suppression(
        self, request: HttpRequest, queryset: QuerySet[OutgoingMail]
    ) -> None:
        self._say(
            request,
            chosen=queryset.count(),
            count=send_despite_suppression(queryset),
            left="not withheld for that",
        )

    def _say(self, request: HttpRequest, *, chosen: int, count: int, left: str) -> None:
        if count:
            messages.success(request, f"{counted(count, 'mail')} queued again.")
        if chosen > count:
            messages.warning(request, f"{counted(chosen - count, 'mail')} left alone: {left}.")


@admin.register(Publication)
class PublicationAdmin(ReadOnlyAdmin[Publication]):
    list_display = ["of", "up_to_date", "wanted_at", "failures", "failed_at", "problem"]
    actions = ["publish_again"]
    readonly_fields = [
        "letter", "wanted", "wanted_at", "published", "failures", "failed_at", "problem",
        "lease_owner", "lease_expires_at",
    ]  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Publication]:
        return super().get_queryset(request).order_by(F("letter").desc(nulls_first=True))

    @admin.display(description="Of")
    def of(self, publication: Publication) -> str:
        return str(publication.letter or "The list of letters and the site's own pages")

    @admin.display(description="Up to date", boolean=True)
    def up_to_date(self, publication: Publication) -> bool:
        return publication.published >= publication.wanted

    @admin.action(description="Publish again", permissions=["change"])
    def publish_again(self, request: HttpRequest, queryset: QuerySet[Publication]) -> None:
        for publication in queryset.select_related("letter"):
            want(publication.letter)
        messages.success(request, "They are published again where anything differs.")
