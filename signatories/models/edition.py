"""Edition: a numbered snapshot, stored as its frozen input document before it is built."""

import pgtrigger
from django.db import models

from campaign.models import Letter


class Edition(models.Model):
    """`letter` is empty for the site edition. The document never changes; only stamps do."""

    letter = models.ForeignKey(Letter, null=True, on_delete=models.CASCADE, related_name="editions")
    number = models.PositiveIntegerField()
    #: Canonical JSON, see signatories.editions.schema.
    document = models.TextField()
    #: SHA-256 of the document.
    digest = models.CharField(max_length=64)
    #: SHA-256 of the document without number, time and predecessor: equal means unchanged.
    content_digest = models.CharField(max_length=64)
    frozen_at = models.DateTimeField()
    live_at = models.DateTimeField(null=True)
    #: When its PDF stood beside the page.
    complete_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["letter", "number"], name="edition_number_once", nulls_distinct=False
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="edition_stays",
                operation=pgtrigger.UpdateOf("document", "number", "digest", "letter_id"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.letter or 'site'}, edition {self.number}"
