"""Attempts to sign in: to look at, for administrators."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse

from campaign.admin.mail import ReadOnlyAdmin
from campaign.models import SignInAttempt

#: Characters of a network's hash: so many tell networks apart, and no address from it.
SHOWN = 6


@admin.register(SignInAttempt)
class SignInAttemptAdmin(ReadOnlyAdmin[SignInAttempt]):
    list_display = ["at", "who", "outcome", "network", "count"]
    list_filter = ["outcome", "account"]
    list_select_related = ["account"]
    readonly_fields = ["at", "who", "outcome", "network", "count"]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {"title": "Attempts to sign in", **(extra_context or {})}
        return super().changelist_view(request, context)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Just what the filters ask, so that nobody guesses at a password's hash."""
        return lookup in {"outcome__exact", "account__id__exact", "account__isnull"}

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_active and request.user.is_superuser)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    @admin.display(description="Account", empty_value="no such account")
    def who(self, attempt: SignInAttempt) -> str | None:
        return attempt.account.get_username() if attempt.account else None

    @admin.display(description="Network", empty_value="—")
    def network(self, attempt: SignInAttempt) -> str | None:
        """A word that stands for it: equal words are equal networks."""
        return attempt.network_key[:SHOWN] or None
