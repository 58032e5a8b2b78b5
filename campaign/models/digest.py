"""Digest: which member of staff wants a mail on how the letters stand, when, and on which days it
went out.
"""

import pghistory
from django.core.validators import MaxValueValidator
from django.db import models

from campaign.audit import every_change
from campaign.models.letter import check_time_zone
from campaign.tokens import new_epoch


class Wanted(models.TextChoices):
    NONE = "none", "No digest"
    WAITING = "waiting", "Daily, when something waits for us"
    DAILY = "daily", "Daily, whatever there is"


@pghistory.track(*every_change(), exclude=["epoch", "next_at"])
class Digest(models.Model):
    """What one account wants. Without a row it wants nothing."""

    user = models.OneToOneField("auth.User", on_delete=models.CASCADE, related_name="digest")
    wanted = models.CharField(max_length=7, choices=Wanted.choices, default=Wanted.NONE)
    #: Local time, in `time_zone`.
    hour = models.PositiveSmallIntegerField(default=8, validators=[MaxValueValidator(23)])
    time_zone = models.CharField(max_length=50, default="UTC", validators=[check_time_zone])
    #: When it is due; empty for those who want none.
    next_at = models.DateTimeField(null=True, editable=False)
    #: Of the link that stops it.
    epoch = models.PositiveIntegerField(default=new_epoch, editable=False)

    class Meta:
        indexes = [
            models.Index(
                fields=["next_at"],
                name="digest_due",
                condition=models.Q(next_at__isnull=False),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                name="digest_is_due_when_it_is_wanted",
                condition=models.Q(wanted="none", next_at__isnull=True)
                | (~models.Q(wanted="none") & models.Q(next_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="digest_at_an_hour_of_the_day", condition=models.Q(hour__lte=23)
            ),
        ]

    def __str__(self) -> str:
        return f"Digest {self.pk}"


class DigestDay(models.Model):
    """That a digest was queued for an account on a day of its own calendar: never twice."""

    user = models.ForeignKey("auth.User", on_delete=models.CASCADE, related_name="+")
    day = models.DateField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "day"], name="digest_once_a_day"),
        ]

    def __str__(self) -> str:
        return f"Digest of {self.day}"
