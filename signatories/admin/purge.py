"""What was purged: to look at, for those who answer for it."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from campaign.admin.mail import ReadOnlyAdmin
from signatories.models import PurgeRecord
from signatories.privacy.rules import RULES
from signatories.privacy.subject import ERASURE

SAYS = {rule.name: rule.says for rule in RULES} | {ERASURE: "A person asked for it"}


@admin.register(PurgeRecord)
class PurgeRecordAdmin(ReadOnlyAdmin[PurgeRecord]):
    list_display = ["at", "rule", "letter", "count", "by"]
    list_filter = ["rule"]
    list_select_related = ["letter", "by"]
    readonly_fields = ["at", "rule", "means", "letter", "count", "by"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description="In words")
    def means(self, record: PurgeRecord) -> str:
        return SAYS.get(record.rule, "A rule of an earlier version")
