"""The scheduled backup: whether it was made, and why not."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse

from campaign import backup
from campaign.admin.mail import ReadOnlyAdmin
from campaign.models import ScheduledBackup


@admin.register(ScheduledBackup)
class ScheduledBackupAdmin(ReadOnlyAdmin[ScheduledBackup]):
    list_display = ["__str__", "made_at", "size", "failures", "failed_at", "problem"]
    list_select_related = []
    readonly_fields = ["file", "made_at", "size", "failures", "failed_at", "problem"]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {**(extra_context or {}), "warning": backup.missing()}
        return super().changelist_view(request, context)

    def has_change_permission(
        self, request: HttpRequest, obj: ScheduledBackup | None = None
    ) -> bool:
        return False
