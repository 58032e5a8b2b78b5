"""Outgoing mail: a mail as a row, rendered only when it is sent."""

from django.db import models

from campaign.models.letter import Letter


class MailState(models.TextChoices):
    QUEUED = "queued", "Queued"
    SENDING = "sending", "Being sent"
    SENT = "sent", "Sent"
    FAILED = "failed", "Failed"
    WITHHELD = "withheld", "Withheld"


class OutgoingMail(models.Model):
    """Kind, references, language, Message-ID and state: never a body, an address or a token."""

    kind = models.CharField(max_length=40)
    letter = models.ForeignKey(Letter, on_delete=models.CASCADE, related_name="+")
    #: Ids of what the mail is about, such as {"sign_on": 12, "contact": 9}.
    references = models.JSONField(default=dict)
    #: A keyed hash of the address (campaign.tokens.address_key), for the cap per address.
    recipient_key = models.CharField(max_length=43)
    language = models.CharField(max_length=20)
    message_id = models.CharField(max_length=200, unique=True)
    state = models.CharField(max_length=8, choices=MailState.choices, default=MailState.QUEUED)
    attempts = models.PositiveIntegerField(default=0)
    not_before = models.DateTimeField()
    #: While sending: after this moment another worker may take it over.
    claimed_until = models.DateTimeField(null=True)
    #: Why it waits, failed or is withheld: an error's class and code, never an address.
    problem = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "outgoing mail"
        verbose_name_plural = "outgoing mails"
        indexes = [
            models.Index(
                fields=["not_before"],
                name="mail_due",
                condition=models.Q(state__in=["queued", "sending"]),
            ),
            models.Index(fields=["recipient_key", "sent_at"], name="mail_to_address"),
        ]
        constraints = [
            models.CheckConstraint(
                name="mail_sent_has_a_time",
                condition=models.Q(state="sent", sent_at__isnull=False)
                | (~models.Q(state="sent") & models.Q(sent_at__isnull=True)),
            ),
            models.CheckConstraint(
                name="mail_sending_has_a_claim",
                condition=models.Q(state="sending", claimed_until__isnull=False)
                | (~models.Q(state="sending") & models.Q(claimed_until__isnull=True)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
