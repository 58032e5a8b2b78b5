"""Outgoing mail: a mail as a row, rendered only when it is sent."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.fields.json import KeyTransform

from campaign.models.letter import Letter


class MailState(models.TextChoices):
    QUEUED = "queued", "Queued"
    SENDING = "sending", "Being sent"
    SENT = "sent", "Sent"
    FAILED = "failed", "Failed"
    WITHHELD = "withheld", "Withheld"


class Withheld(models.TextChoices):
    #: Goes out by itself once the cap allows it.
    CAP = "cap", "Many to this address: goes out later by itself"
    #: Goes out when the letter's pause ends.
    PAUSE = "pause", "The letter is paused"
    SUPPRESSED = "suppressed", "The address bounced or complained"
    GONE = "gone", "There is nothing to tell any more"


class Bounce(models.TextChoices):
    """What came back after a mail was sent. Their order is that of weight."""

    SOFT = "soft", "Delayed or refused for a time"
    PERMANENT = "permanent", "Refused for good"
    COMPLAINT = "complaint", "Reported as unwanted"


#: Known by an address, as a keyed hash; by none any more; or by the hash that an erasure left.
#: They are conditions of indexes, so what the purge asks by them says them as they stand here.
KNOWN = ~Q(recipient_key="") | ~Q(address_key="")
FORGOTTEN = Q(recipient_key="", address_key="")
ERASED = Q(address_key="") & (~Q(recipient_key="") | Q(references={}))


#: How the kinds of mails to staff begin, which need not be about one letter.
FOR_STAFF = "desk."


class OutgoingMail(models.Model):
    """Kind, references, language, Message-ID and state: never a body, an address or a token."""

    kind = models.CharField(max_length=40)
    #: Empty for a mail to staff, about several or none. `mail_about_sign_on` begins with it.
    letter = models.ForeignKey(
        Letter, null=True, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    #: Ids of what the mail is about, such as {"sign_on": 12, "contact": 9}.
    references = models.JSONField(default=dict)
    #: Of the mailbox (campaign.tokens.mailbox_key), for counting: the cap and nothing else.
    recipient_key = models.CharField(max_length=43)
    #: Of the exact address (campaign.tokens.address_key): what is joined, suppressed and erased.
    #: Empty when that is forgotten, and in a mail that the release before this column queued.
    address_key = models.CharField(max_length=43, default="", db_default="")
    language = models.CharField(max_length=20)
    message_id = models.CharField(max_length=200, unique=True)
    state = models.CharField(max_length=8, choices=MailState.choices, default=MailState.QUEUED)
    # Defaults in the database, too: the web process of before an upgrade does not know them.
    withheld_for = models.CharField(
        max_length=10, choices=Withheld.choices, blank=True, default="", db_default=""
    )
    #: In the letter's slow lane (campaign.mail.slow).
    slow = models.BooleanField(default=False, db_default=False)
    attempts = models.PositiveIntegerField(default=0)
    not_before = models.DateTimeField()
    #: While sending: after this moment another worker may take it over.
    claimed_until = models.DateTimeField(null=True)
    #: The server may have it already: it goes again exactly as it was, under its Message-ID.
    unsure = models.BooleanField(default=False, db_default=False)
    #: How often the server had the whole mail, and did not say whether it takes it.
    unanswered = models.PositiveSmallIntegerField(default=0, db_default=0)
    first_failed_at = models.DateTimeField(null=True)
    #: Why it waits, failed or is withheld: an error's class and code, never an address.
    problem = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True)
    #: The mail to the same address that this one goes out, or went out, inside of.
    sent_with = models.ForeignKey(
        "self", null=True, on_delete=models.SET_NULL, related_name="joined", db_index=False
    )
    #: What the mail provider calls it; empty with SMTP.
    provider_id = models.CharField(max_length=200, blank=True, default="", db_default="")
    bounce = models.CharField(
        max_length=9, choices=Bounce.choices, blank=True, default="", db_default=""
    )
    bounced_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "outgoing mail"
        verbose_name_plural = "outgoing mails"
        indexes = [
            models.Index(
                fields=["not_before"],
                name="mail_due",
                condition=Q(state__in=["queued", "sending"]) | Q(withheld_for="cap"),
            ),
            models.Index(fields=["recipient_key", "sent_at"], name="mail_to_address"),
            models.Index(
                fields=["letter", "not_before"], name="mail_in_slow_lane", condition=Q(slow=True)
            ),
            models.Index(
                fields=["sent_with"], name="mail_inside", condition=Q(sent_with__isnull=False)
            ),
            models.Index(
                fields=["letter"], name="mail_held_by_pause", condition=Q(withheld_for="pause")
            ),
            models.Index(
                fields=["provider_id"], name="mail_of_provider", condition=~Q(provider_id="")
            ),
            models.Index(
                "letter", KeyTransform("sign_on", "references"), name="mail_about_sign_on"
            ),
            # A mail is in the first for a month, then in the second; in the third hardly ever.
            models.Index(fields=["created_at"], name="mail_to_forget", condition=KNOWN),
            models.Index(fields=["created_at"], name="mail_forgotten", condition=FORGOTTEN),
            models.Index(fields=["created_at"], name="mail_erased", condition=ERASED),
            # What staff look for. A mail that is queued and sent as usual is never in it.
            models.Index(
                fields=["created_at"],
                name="mail_worth_a_look",
                condition=Q(slow=True)
                | ~Q(withheld_for="")
                | ~Q(bounce="")
                | Q(state__in=["failed", "withheld"]),
            ),
        ]
        constraints = [
            # Whoever is told of a sign-on is told for its letter, by which such mails are found.
            models.CheckConstraint(
                name="mail_of_no_letter_is_for_staff",
                condition=Q(letter__isnull=False) | Q(kind__startswith=FOR_STAFF),
            ),
            models.CheckConstraint(
                name="mail_sent_has_a_time",
                condition=Q(state="sent", sent_at__isnull=False)
                | (~Q(state="sent") & Q(sent_at__isnull=True)),
            ),
            models.CheckConstraint(
                name="mail_sending_has_a_claim",
                condition=Q(state="sending", claimed_until__isnull=False)
                | (~Q(state="sending") & Q(claimed_until__isnull=True)),
            ),
            models.CheckConstraint(
                name="mail_withheld_has_a_reason",
                condition=Q(state="withheld", withheld_for__in=Withheld.values)
                | (~Q(state="withheld") & Q(withheld_for="")),
            ),
            models.CheckConstraint(
                name="mail_bounce_has_a_time",
                condition=Q(bounce="", bounced_at__isnull=True)
                | (~Q(bounce="") & Q(bounced_at__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind_name} ({self.pk})"

    @property
    def kind_name(self) -> str:
        """What the mail says, in a few words for staff."""
        return settings.MAIL_NAMES.get(self.kind, self.kind)

    @property
    def suppression_key(self) -> str:
        """What a suppression knows its address by; see `to_suppressed`."""
        return self.address_key or self.recipient_key


def to_suppressed() -> Q:
    """Mails to addresses that are mailed no more.

    One without the key of its address goes by its mailbox: mostly that is the address.
    """
    keys = Suppression.objects.values("address_key")
    return Q(address_key__in=keys) | Q(address_key="", recipient_key__in=keys)


class Suppression(models.Model):
    """An address that is mailed no more, as a keyed hash: it bounced for good or complained."""

    #: Of the exact address: a stranger can make up a label that bounces. The column has the name
    #: that the release before knows, which goes on working while this one starts.
    address_key = models.CharField(max_length=43, unique=True, db_column="recipient_key")
    reason = models.CharField(max_length=9, choices=Bounce.choices)
    since = models.DateTimeField(auto_now_add=True)
    #: The mail that came back.
    mail = models.ForeignKey(OutgoingMail, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="suppression_has_a_key_and_a_reason",
                condition=~Q(address_key="") & Q(reason__in=["permanent", "complaint"]),
            ),
        ]

    def __str__(self) -> str:
        return f"Suppression {self.pk}"


class Outbox(models.Model):
    """One row, the first: whether sending rests, as the server is away or throttles us.

    It is written when a rest begins and when one ends, never while all is well.
    """

    #: Nothing is sent before; then one mail finds out whether the server is back.
    rests_until = models.DateTimeField(null=True)
    #: How many rests there were in a row, without a mail sent between them.
    rests = models.PositiveIntegerField(default=0)
    #: What the last try met: an error's class and code.
    problem = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name_plural = "outbox"
        constraints = [
            models.CheckConstraint(name="outbox_once", condition=Q(pk=1)),
            models.CheckConstraint(
                name="outbox_rest_has_an_end",
                condition=Q(rests=0, rests_until__isnull=True)
                | Q(rests__gt=0, rests_until__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return "Outbox"
