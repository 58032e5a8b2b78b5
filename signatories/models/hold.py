"""Hold: a dated reason why an approved sign-on is not listed."""

import pghistory
from django.db import models

from campaign.audit import every_change
from signatories.models.sign_on import SignOn


class HoldKind(models.TextChoices):
    BOARD = "board", "Waiting for their board"
    REAFFIRM = "reaffirm", "Asked to re-affirm"
    CHALLENGE = "challenge", "Challenged"
    PAUSE = "pause", "Paused"


@pghistory.track(*every_change())
class Hold(models.Model):
    sign_on = models.ForeignKey(SignOn, on_delete=models.CASCADE, related_name="holds")
    kind = models.CharField(max_length=10, choices=HoldKind.choices, default=HoldKind.PAUSE)
    reason = models.CharField(max_length=300, blank=True)
    placed_at = models.DateTimeField(auto_now_add=True)
    lifted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["sign_on", "kind"],
                condition=models.Q(lifted_at__isnull=True),
                name="hold_open_once_a_kind",
            ),
        ]

    def __str__(self) -> str:
        return self.get_kind_display()
