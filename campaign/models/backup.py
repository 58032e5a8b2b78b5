"""ScheduledBackup: when the last one was made, who is at it, and what went wrong."""

from django.db import models

from campaign.models.leased import Leased


class ScheduledBackup(Leased):
    """One row; the lease sees to it that two schedulers make one backup."""

    made_at = models.DateTimeField(null=True)
    #: Its name in BACKUP_DIR, and its size in bytes.
    file = models.CharField(max_length=100, blank=True)
    size = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(models.Value(1), name="scheduled_backup_once")]

    def __str__(self) -> str:
        return self.file or "none yet"
