"""Bulk: one action on many sign-ons, which a worker does; and what became of each of them."""

import pghistory
from django.db import models
from django.db.models import Q

from campaign.audit import every_change
from campaign.models import Group, Letter
from signatories.models.sign_on import SignOn


class Verb(models.TextChoices):
    APPROVE = "approve", "Approve"
    REJECT = "reject", "Reject"
    WITHDRAW = "withdraw", "Withdraw"
    REGROUP = "regroup", "Move to a group"


class BulkState(models.TextChoices):
    RUNNING = "running", "Running"
    STOPPED = "stopped", "Stopped"
    DONE = "done", "Done"


# What is counted while it runs would be an event a batch; the sign-ons' own events say it all.
@pghistory.track(*every_change(), exclude=["reason", "total", "done", "refused", "ended_at"])
class Bulk(models.Model):
    """What staff asked for, and how far it is. `letter` is empty when it is about several."""

    verb = models.CharField(max_length=8, choices=Verb.choices)
    letter = models.ForeignKey(Letter, null=True, on_delete=models.SET_NULL, related_name="+")
    #: Where they are moved to.
    group = models.ForeignKey(Group, null=True, on_delete=models.SET_NULL, related_name="+")
    #: Why they are rejected or withdrawn: it can name somebody, so it is not in the audit.
    reason = models.CharField(max_length=500, blank=True)
    #: Of a rejection.
    tell = models.BooleanField("contacts are told of a rejection", default=False)
    by = models.ForeignKey("auth.User", null=True, on_delete=models.SET_NULL, related_name="+")
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    state = models.CharField(
        max_length=7, choices=BulkState.choices, default=BulkState.RUNNING, editable=False
    )
    created_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "bulk action"
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["id"], name="bulk_to_do", condition=Q(state="running")),
        ]
        constraints = [
            models.CheckConstraint(
                name="bulk_running_has_no_end",
                condition=Q(state="running", ended_at__isnull=True)
                | (~Q(state="running") & Q(ended_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="bulk_does_no_more_than_all",
                condition=Q(total__gte=models.F("done") + models.F("refused")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_verb_display()} {self.total:,}"

    @property
    def settled(self) -> int:
        return self.done + self.refused

    @property
    def left(self) -> int:
        return self.total - self.settled


class ItemState(models.TextChoices):
    WAITING = "waiting", "Waiting"
    DONE = "done", "Done"
    REFUSED = "refused", "Refused"


class BulkItem(models.Model):
    """One sign-on of a bulk action; `problem` says why it was refused, with its listed name."""

    #: The constraint begins with it.
    bulk = models.ForeignKey(Bulk, on_delete=models.CASCADE, related_name="items", db_index=False)
    sign_on = models.ForeignKey(SignOn, on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=7, choices=ItemState.choices, default=ItemState.WAITING)
    problem = models.CharField(max_length=600, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["bulk", "sign_on"], name="sign_on_once_in_a_bulk"),
        ]
        indexes = [
            models.Index(
                fields=["bulk", "sign_on"], name="bulk_item_waiting", condition=Q(state="waiting")
            ),
            models.Index(
                fields=["bulk", "sign_on"], name="bulk_item_refused", condition=Q(state="refused")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sign_on_id} of bulk action {self.bulk_id}"
