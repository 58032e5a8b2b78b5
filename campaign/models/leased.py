"""Leased: the columns of a row whose work one process does at a time."""

from django.db import models


class Leased(models.Model):
    """Whoever holds the lease does the work; campaign.lease says when it is to be had."""

    lease_owner = models.CharField(max_length=100, blank=True)
    lease_expires_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)
    #: One line for staff on what went wrong last; empty when all is well.
    problem = models.CharField(max_length=500, blank=True)

    class Meta:
        abstract = True
