"""SignOnsByDay: how many signed on which day, counted in advance for the front page of the desk."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from campaign.models import Letter


class SignOnsByDay(models.Model):
    """One row a letter, whose days are those of the letter's time zone.

    It is made from the sign-ons, and made again when they have changed: nothing is lost with it.
    See signatories.services.statistics.
    """

    letter = models.OneToOneField(Letter, on_delete=models.CASCADE, related_name="by_day")
    #: The first day that counts any; empty while nobody has signed.
    first_day = models.DateField(null=True)
    #: From the first day on, one number for each day until the last that counts any.
    counts = ArrayField(models.PositiveIntegerField(), default=list)
    #: What it was counted from: as long as this is the same, so are the counts.
    counted_from = models.CharField(max_length=200)
    counted_at = models.DateTimeField()

    class Meta:
        verbose_name = "sign-ons by day"
        verbose_name_plural = "sign-ons by day"

    def __str__(self) -> str:
        return f"Sign-ons of letter {self.letter_id} by day"
