"""Text and Wording: the letter's words, numbered, and unchangeable once fixed."""

import pghistory
import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models

from campaign.audit import every_change
from campaign.models.letter import Letter


class Change(models.TextChoices):
    FIRST = "first", "First text"
    EDITORIAL = "editorial", "Editorial: the meaning is the same"
    SUBSTANTIVE = "substantive", "Substantive: signatories are asked again"


@pghistory.track(*every_change())
class Text(models.Model):
    """A numbered version of the letter's words. Before the letter opens, Text 1 may change."""

    letter = models.ForeignKey(Letter, on_delete=models.CASCADE, related_name="texts")
    number = models.PositiveIntegerField()
    change = models.CharField(max_length=12, choices=Change.choices, default=Change.FIRST)
    note = models.TextField(blank=True, help_text="What changed and why; shown to signatories.")
    fixed_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["letter", "number"]
        constraints = [
            models.UniqueConstraint(fields=["letter", "number"], name="text_number_once"),
        ]
        triggers = [
            pgtrigger.Protect(
                name="fixed_text_stays",
                operation=pgtrigger.Update | pgtrigger.Delete,
                condition=pgtrigger.Q(old__fixed_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"Text {self.number}"

    def wording_in(self, language: str) -> "Wording":
        """The words in this language. Raises Wording.DoesNotExist."""
        return self.wordings.get(language=language)


# The source follows from the other columns.
@pghistory.track(*every_change(), exclude=["source"])
class Wording(models.Model):
    """The words of a Text in one language, with the canonical source that is published."""

    text = models.ForeignKey(Text, on_delete=models.CASCADE, related_name="wordings")
    language = models.CharField(max_length=20)
    title = models.CharField(max_length=300)
    addressee = ArrayField(models.CharField(max_length=300), default=list, blank=True)
    cc = ArrayField(models.CharField(max_length=300), default=list, blank=True)
    salutation = models.CharField(max_length=300, blank=True)
    body = models.TextField()
    closing = models.CharField(max_length=300, blank=True)
    source = models.TextField(editable=False)
    sha256 = models.CharField(max_length=64, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["text", "language"], name="wording_once_in_a_language"),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="fixed_wording_stays",
                when=pgtrigger.Before,
                operation=pgtrigger.Update | pgtrigger.Delete,
                func="""
                    IF EXISTS (
                        SELECT 1 FROM campaign_text
                        WHERE id = OLD.text_id AND fixed_at IS NOT NULL
                    ) THEN
                        RAISE EXCEPTION 'the words of a fixed Text cannot change';
                    END IF;
                    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} ({self.language})"
