"""Invitation: a personal link by which one organisation is asked to sign one letter."""

import pghistory
from django.db import models
from django.db.models import Q

from campaign.audit import every_change
from campaign.models import Group, Letter, OutgoingMail
from campaign.tokens import new_epoch
from signatories.models.organisation import Organisation
from signatories.models.sign_on import CONTACT_CHANGED, SignOn

#: Characters of what staff or the invited say in words of their own.
LONGEST_WORDS = 500
LONGEST_MESSAGE = 4000
#: The label of an event that says that staff were shown a personal link.
LINK_SHOWN = "link"


@pghistory.track(*every_change(), exclude=["message"])
class InvitationBatch(models.Model):
    """What was sent in one go, with the coordinator's own words; `message` is purged in time."""

    letter = models.ForeignKey(Letter, on_delete=models.CASCADE, related_name="+")
    message = models.TextField(max_length=LONGEST_MESSAGE, blank=True)
    created_by = models.ForeignKey(
        "auth.User", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "invitation batches"

    def __str__(self) -> str:
        return f"Batch {self.pk}"


@pghistory.track(
    *every_change(),
    pghistory.ManualEvent(CONTACT_CHANGED),
    pghistory.ManualEvent(LINK_SHOWN),
    exclude=["authority", "decline_reason", "mail"],
)
class Invitation(models.Model):
    """Who is invited stands in Contact, until they sign: then the contact is the sign-on's.

    Its link is derived from `epoch` (campaign.tokens), and ends when that changes.
    """

    #: `invitation_of_letter` begins with it.
    letter = models.ForeignKey(
        Letter, on_delete=models.CASCADE, related_name="invitations", db_index=False
    )
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="invitations"
    )
    batch = models.ForeignKey(InvitationBatch, on_delete=models.CASCADE, related_name="invitations")
    #: Empty: the letter's default group.
    group = models.ForeignKey(Group, null=True, on_delete=models.SET_NULL, related_name="+")
    invited_by = models.ForeignKey(
        "auth.User", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    #: What they sign under their own name is listed at once.
    pre_approved = models.BooleanField(default=False)
    #: Why whoever answers may sign, in the words of staff.
    authority = models.CharField(max_length=LONGEST_WORDS, blank=True)
    epoch = models.PositiveIntegerField(default=new_epoch, editable=False)
    invited_at = models.DateTimeField()
    reminders = models.PositiveSmallIntegerField(default=0)
    reminded_at = models.DateTimeField(null=True)
    #: How often it was passed on by its link, and when last.
    passed_on = models.PositiveSmallIntegerField(default=0)
    passed_on_at = models.DateTimeField(null=True)
    #: How many other addresses its link has named, to pass it on or to sign: each has us mail one.
    other_addresses = models.PositiveSmallIntegerField(default=0)
    declined_at = models.DateTimeField(null=True)
    decline_reason = models.CharField(max_length=LONGEST_WORDS, blank=True)
    #: By its link; also while it still has to be confirmed.
    sign_on = models.ForeignKey(
        SignOn, null=True, on_delete=models.SET_NULL, related_name="invitations"
    )
    signed_at = models.DateTimeField(null=True)
    taken_back_at = models.DateTimeField(null=True)
    #: The newest that asks. Mails are purged without asking here: it may be gone.
    mail = models.ForeignKey(
        OutgoingMail,
        null=True,
        on_delete=models.DO_NOTHING,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["letter", "id"], name="invitation_of_letter")]
        constraints = [
            models.UniqueConstraint(
                fields=["letter", "organisation"],
                condition=Q(taken_back_at__isnull=True),
                name="organisation_invited_once_to_a_letter",
            ),
            models.CheckConstraint(
                name="invitation_reminded_has_a_time",
                condition=Q(reminders=0, reminded_at__isnull=True)
                | Q(reminders__gt=0, reminded_at__isnull=False),
            ),
            models.CheckConstraint(
                name="invitation_passed_on_has_a_time",
                condition=Q(passed_on=0, passed_on_at__isnull=True)
                | Q(passed_on__gt=0, passed_on_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"Invitation {self.pk}"
