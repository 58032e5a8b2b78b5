"""Publication: what the public should see against what it sees, and who is building."""

from django.db import models

from campaign.models.leased import Leased
from campaign.models.letter import Letter


class Publication(Leased):
    """One row a letter, and one without a letter for the site edition.

    `wanted` grows with every public change; one publisher at a time, the holder of the lease,
    builds until `published` equals it. `fence` grows with each lease, so that a publisher that
    was paused beyond its lease cannot report what it built. A `problem` without `failures` is that
    of a PDF: the page stands without it.
    """

    letter = models.OneToOneField(
        Letter, null=True, on_delete=models.CASCADE, related_name="publication"
    )
    wanted = models.PositiveBigIntegerField(default=0)
    wanted_at = models.DateTimeField(null=True)
    published = models.PositiveBigIntegerField(default=0)
    fence = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                models.Value(1),
                condition=models.Q(letter__isnull=True),
                name="publication_of_the_site_once",
            ),
            models.CheckConstraint(
                condition=models.Q(published__lte=models.F("wanted")),
                name="publication_never_ahead",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.letter or 'site'}: {self.published} of {self.wanted}"
