"""Contact and Evidence: all personal data, kept apart, unknown to the audit, purged in time."""

import pghistory
from django.db import models
from django.db.models import Q

from campaign.audit import every_change
from signatories.models.invitation import Invitation
from signatories.models.sign_on import SignOn


class Contact(models.Model):
    """The person behind a sign-on, or one who is invited to sign and has not yet."""

    sign_on = models.ForeignKey(
        SignOn, null=True, on_delete=models.CASCADE, related_name="contacts"
    )
    #: Until they sign; then it is the sign-on's, so that a person stands here once.
    invitation = models.ForeignKey(
        Invitation, null=True, on_delete=models.CASCADE, related_name="contacts"
    )
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
        constraints = [
            models.CheckConstraint(
                name="contact_of_a_sign_on_or_an_invitation",
                condition=Q(sign_on__isnull=False, invitation__isnull=True)
                | Q(sign_on__isnull=True, invitation__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.title})"


class EvidenceKind(models.TextChoices):
    EMAIL = "email", "E-mail"
    POST = "post", "Post"
    TELEPHONE = "telephone", "Telephone"
    REPLY = "reply", "A “yes” by reply"


class FileType(models.TextChoices):
    """What a file of evidence may be, as its content says; the values are the ends of its name."""

    PDF = "pdf", "PDF"
    PNG = "png", "PNG picture"
    JPEG = "jpg", "JPEG picture"
    TEXT = "txt", "plain text"
    EMAIL = "eml", "saved e-mail"


@pghistory.track(*every_change(), exclude=["note", "file"])
class Evidence(models.Model):
    """How staff know that an organisation signs: what came by e-mail, post or telephone.

    The audit knows that there is some, who added it and of which kind; never what it says.
    """

    sign_on = models.ForeignKey(SignOn, on_delete=models.CASCADE, related_name="evidence")
    # The defaults of the database are for the web process of before an upgrade.
    #: Empty in rows of before there were kinds.
    kind = models.CharField(
        max_length=9, choices=EvidenceKind.choices, blank=True, default="", db_default=""
    )
    note = models.TextField(help_text="Such as: e-mail of 3 May from the director, saying yes.")
    #: Its unguessable name in the private store (signatories.services.evidence_files), if any.
    file = models.CharField(max_length=40, blank=True, default="", db_default="", editable=False)
    file_type = models.CharField(
        max_length=3,
        choices=FileType.choices,
        blank=True,
        default="",
        db_default="",
        editable=False,
    )
    added_by = models.ForeignKey(
        "auth.User", null=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )
    added_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "evidence"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["file"], condition=~Q(file=""), name="evidence_file_of_one_row"
            ),
        ]

    def __str__(self) -> str:
        return f"Evidence {self.pk}"
