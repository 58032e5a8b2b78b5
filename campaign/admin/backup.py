"""The scheduled backup: whether it was made, and why not."""

from django.contrib import admin
from django.http import HttpRequest

from campaign.admin.mail import ReadOnlyAdmin
from campaign.models import ScheduledBackup


@admin.register(ScheduledBackup)
class ScheduledBackupAdmin(ReadOnlyAdmin[ScheduledBackup]):
    list_display = ["__str__", "made_at", "size", "failures", "failed_at", "problem"]
    list_select_related = []
    readonly_fields = ["file", "made_at", "size", "failures", "failed_at", "problem"]

    def has_change_permission(
        self, request: HttpRequest, obj: ScheduledBackup | None = None
    ) -> bool:
        return False
