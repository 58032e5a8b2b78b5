"""What the purge of personal data did, and when it is due again."""

from django.db import models

from campaign.models import Letter


class PurgeRecord(models.Model):
    """That something was purged: when, by what rule, of which letter, how many; never what."""

    at = models.DateTimeField(auto_now_add=True)
    #: The name of a rule of signatories.privacy.rules, or "erasure".
    rule = models.CharField(max_length=40)
    letter = models.ForeignKey(Letter, null=True, on_delete=models.SET_NULL, related_name="+")
    #: Sign-ons, mails, sessions: what the rule goes by.
    count = models.PositiveIntegerField()
    #: Who erased in the admin, for a request; empty for the schedule and the command.
    by = models.ForeignKey("auth.User", null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["-pk"]
        verbose_name = "record of a purge"
        verbose_name_plural = "records of purges"

    def __str__(self) -> str:
        return f"{self.rule} {self.pk}"


class PurgeClock(models.Model):
    """One row: when the purge is next due. Who moves it on has claimed the next run."""

    due_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(models.Value(1), name="purge_clock_once")]

    def __str__(self) -> str:
        return f"due at {self.due_at:%Y-%m-%d %H:%M} UTC"
