"""Refusal: how often a form was not taken at once, for staff to see what a letter meets."""

from django.db import models

from campaign.models import Letter


class Outcome(models.TextChoices):
    ASKED = "asked", "Asked for a short calculation"
    REFUSED = "refused", "Told to try again later"


class Refusal(models.Model):
    """A row an hour for each letter, limit and network: no row is waited for by all."""

    letter = models.ForeignKey(Letter, on_delete=models.CASCADE, related_name="+")
    #: By its name in campaign.limits.table.
    limit = models.CharField(max_length=20)
    outcome = models.CharField(max_length=7, choices=Outcome.choices)
    #: A keyed hash of the client's surroundings; purged with those of the sign-ons.
    range_key = models.CharField(max_length=43, blank=True)
    hour = models.DateTimeField()
    count = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["-hour"]
        constraints = [
            models.UniqueConstraint(
                fields=["letter", "hour", "limit", "outcome", "range_key"],
                name="refusals_counted_in_one_row",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.count} {self.outcome} at {self.hour:%Y-%m-%d %H}:00"
