"""Contact and Evidence: all personal data, kept apart, unknown to the audit, purged in time."""

from django.db import models

from signatories.models.sign_on import SignOn


class Contact(models.Model):
    """The person behind a sign-on."""

    sign_on = models.ForeignKey(SignOn, on_delete=models.CASCADE, related_name="contacts")
    name = models.CharField(max_length=200)
    title = models.CharField(max_length=200)
    email = models.EmailField(max_length=254)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        permissions = [
            ("answer_for_contact", "Can look up and erase all that is held about an address"),
            ("export_contact", "Can export contacts to a file"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.title})"


class Evidence(models.Model):
    """How staff know that an organisation signs: what came by e-mail, post or telephone."""

    sign_on = models.ForeignKey(SignOn, on_delete=models.CASCADE, related_name="evidence")
    note = models.TextField(help_text="Such as: e-mail of 3 May from the director, saying yes.")
    added_by = models.ForeignKey(
        "auth.User", null=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )
    added_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "evidence"
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"Evidence {self.pk}"
