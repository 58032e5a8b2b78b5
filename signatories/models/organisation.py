"""Organisation: the registry's entry for one body, made or linked by staff only."""

import pghistory
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.core.exceptions import ValidationError
from django.db import models

from campaign.audit import every_change
from campaign.names import clean_name, name_key


@pghistory.track(*every_change())
class Organisation(models.Model):
    display_name = models.CharField(max_length=300)
    name_key = models.CharField(max_length=600, unique=True, editable=False)
    sort_as = models.CharField(
        max_length=300, blank=True, help_text="Only where the name should stand elsewhere."
    )
    aliases = ArrayField(models.CharField(max_length=300), default=list, blank=True)
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="chapters"
    )
    website = models.URLField(blank=True)
    country = models.CharField(max_length=2, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name_key"]
        indexes = [
            GinIndex(name="organisation_like", fields=["name_key"], opclasses=["gin_trgm_ops"]),
            GinIndex(name="organisation_alias", fields=["aliases"]),
        ]

    def __str__(self) -> str:
        return self.display_name

    def clean(self) -> None:
        """Brings the name into its stored form. Raises ValidationError."""
        try:
            self.display_name = clean_name(self.display_name)
        except ValidationError as error:
            raise ValidationError({"display_name": error.messages}) from error
        self.name_key = name_key(self.display_name)
