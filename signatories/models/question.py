"""Question: what staff asked the contact of a sign-on by mail, while it waits."""

import pghistory
from django.db import models

from campaign.audit import every_change
from signatories.models.sign_on import SignOn


@pghistory.track(*every_change(), exclude=["text"])
class Question(models.Model):
    """The mail is rendered from this row. The text can name people: it is purged with them."""

    sign_on = models.ForeignKey(SignOn, on_delete=models.CASCADE, related_name="questions")
    text = models.TextField(blank=True)
    asked_by = models.ForeignKey(
        "auth.User", null=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )
    asked_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"Question {self.pk}"
