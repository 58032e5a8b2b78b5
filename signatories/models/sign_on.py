"""SignOn: one signature on one letter under one listed name, and the moves it can make."""

import pghistory
import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Coalesce, Substr

from campaign.audit import every_change
from campaign.models import Group, Letter, Wording
from campaign.tokens import new_epoch
from signatories.matching import keys
from signatories.models.derived import KeysField
from signatories.models.organisation import STANDING, Organisation


class Status(models.TextChoices):
    UNCONFIRMED = "unconfirmed", "Waiting for them: not confirmed yet"
    PENDING = "pending", "Waiting for you"
    APPROVED = "approved", "Approved"
    REJECTED = "rejected", "Rejected"
    WITHDRAWN = "withdrawn", "Withdrawn"
    LAPSED = "lapsed", "Lapsed: never confirmed"


#: Every move a sign-on can make; the database refuses all others.
ALLOWED: dict[Status, set[Status]] = {
    Status.UNCONFIRMED: {Status.PENDING, Status.LAPSED, Status.REJECTED, Status.WITHDRAWN},
    Status.PENDING: {Status.APPROVED, Status.REJECTED, Status.WITHDRAWN},
    Status.APPROVED: {Status.WITHDRAWN},
    # A rejection by mistake goes back into the queue; it is never approved past it.
    Status.REJECTED: {Status.PENDING},
    Status.WITHDRAWN: {Status.PENDING},
    # An expired link offers a new mail.
    Status.LAPSED: {Status.UNCONFIRMED},
}


#: A condition of an index, so whoever asks by it says it as it stands here.
CAME_TO_NOTHING = ["lapsed", "rejected", "withdrawn"]


class Source(models.TextChoices):
    FORM = "form", "Web form"
    LIST = "list", "List of signatories, loaded"
    STAFF = "staff", "Entered by staff"
    INVITED = "invited", "By invitation"


def sources_of(target: Status) -> list[Status]:
    """The states from which a sign-on can move to `target`."""
    return [status for status, targets in ALLOWED.items() if target in targets]


class SignOnQuerySet(models.QuerySet["SignOn"]):
    def public(self) -> "SignOnQuerySet":
        """What is listed: approved, without an open hold."""
        from signatories.models.hold import Hold

        held = Hold.objects.filter(sign_on=OuterRef("pk"), lifted_at__isnull=True)
        return self.filter(~Exists(held), status=Status.APPROVED)

    def waiting(self) -> "SignOnQuerySet":
        """Unconfirmed or pending: what a second posting of the same would double."""
        return self.filter(status__in=[Status.UNCONFIRMED, Status.PENDING])


#: Bytes of a sort key by which an index finds who stands beside whom.
SORTED_BY = 64

#: Personal, or of use for a while only: not in the audit, and purged.
PASSING = ["email_key", "client_key", "range_key", "signals"]


#: The label of an event that says that staff changed a contact, which is not in the audit itself.
CONTACT_CHANGED = "contact"
#: That another sign-on was merged into this one; its id stands in the context, as `merged`.
MERGED = "merged"


@pghistory.track(
    *every_change(),
    pghistory.ManualEvent(CONTACT_CHANGED),
    pghistory.ManualEvent(MERGED),
    exclude=["name_key", "sort_key", "match_keys", *PASSING],
)
class SignOn(models.Model):
    #: `sign_on_by_state` begins with it.
    letter = models.ForeignKey(
        Letter, on_delete=models.PROTECT, related_name="sign_ons", db_index=False
    )
    #: The words that were on the signer's screen.
    wording = models.ForeignKey(Wording, on_delete=models.PROTECT, related_name="sign_ons")
    group = models.ForeignKey(Group, on_delete=models.PROTECT, related_name="sign_ons")
    organisations = models.ManyToManyField(
        Organisation, through="SignOnOrganisation", related_name="sign_ons"
    )
    listed_name = models.CharField(
        max_length=300, help_text="Exactly as it stands, or will stand, in the list."
    )
    name_key = models.CharField(max_length=600, editable=False)
    sort_as = models.CharField(
        max_length=300, blank=True, help_text="Only where the name should stand elsewhere."
    )
    #: Of sort_as or listed_name, by campaign.names.sort_key.
    sort_key = models.BinaryField(editable=False)
    website = models.URLField(blank=True)
    #: Of listed_name and website, by signatories.matching.keys.
    match_keys = KeysField(models.CharField(max_length=60), default=list, db_default=[],
                           editable=False)  # fmt: skip
    country = models.CharField(max_length=2, blank=True)
    status = models.CharField(
        max_length=11, choices=Status.choices, default=Status.UNCONFIRMED, editable=False
    )
    source = models.CharField(
        max_length=10, choices=Source.choices, default=Source.FORM, editable=False
    )
    language = models.CharField(max_length=20, editable=False)
    #: A keyed hash of the contact's address: personal, so it is not in the audit and is purged.
    email_key = models.CharField(max_length=43, blank=True, editable=False)
    #: Keyed hashes of the client's address, and of its surroundings (campaign.limits.judge).
    # Defaults in the database, too: the web process of before an upgrade does not know them.
    client_key = models.CharField(
        max_length=43, blank=True, default="", db_default="", editable=False
    )
    range_key = models.CharField(
        max_length=43, blank=True, default="", db_default="", editable=False
    )
    #: What is worth a look, in words of signatories.services.signals; never a verdict.
    signals = ArrayField(
        models.CharField(max_length=20), default=list, db_default=[], blank=True, editable=False
    )
    epoch = models.PositiveIntegerField(default=new_epoch, editable=False)
    confirm_by = models.DateTimeField(null=True, editable=False)
    reason = models.CharField(
        max_length=500, blank=True, editable=False, help_text="Why it was rejected or withdrawn."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    confirmed_at = models.DateTimeField(null=True, editable=False)
    approved_at = models.DateTimeField(null=True, editable=False)
    rejected_at = models.DateTimeField(null=True, editable=False)
    withdrawn_at = models.DateTimeField(null=True, editable=False)
    lapsed_at = models.DateTimeField(null=True, editable=False)

    objects = SignOnQuerySet.as_manager()

    class Meta:
        verbose_name = "sign-on"
        ordering = ["pk"]
        indexes = [
            models.Index(fields=["letter", "status"], name="sign_on_by_state"),
            models.Index(
                fields=["confirm_by"], name="sign_on_to_lapse", condition=Q(status="unconfirmed")
            ),
            models.Index(
                fields=["range_key", "created_at"],
                name="sign_on_of_network",
                condition=~Q(range_key=""),
            ),
            models.Index(
                fields=["created_at"],
                name="sign_on_to_forget",
                condition=~Q(client_key="") | ~Q(range_key=""),
            ),
            # A sign-on is in it only when it came to nothing, not from the start.
            models.Index(
                fields=["created_at"],
                name="sign_on_came_to_nothing",
                condition=Q(status__in=CAME_TO_NOTHING),
            ),
            # The queue of the staff, the longest waiting first.
            models.Index(
                Coalesce("confirmed_at", "created_at"),
                name="sign_on_waiting",
                condition=Q(status="pending"),
            ),
            # Its neighbours in the list. A whole sort key may be longer than an index takes.
            models.Index(
                F("group"),
                Substr("sort_key", 1, SORTED_BY, output_field=models.BinaryField()),
                name="sign_on_in_its_place",
                condition=Q(status="approved"),
            ),
            GinIndex(name="sign_on_like", fields=["name_key"], opclasses=["gin_trgm_ops"]),
            GinIndex(name="sign_on_keys", fields=["match_keys"], fastupdate=False),
            models.Index(fields=["id"], name="sign_on_unkeyed", condition=Q(match_keys=[])),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["letter", "email_key", "name_key"],
                condition=Q(status__in=["unconfirmed", "pending"]) & ~Q(email_key=""),
                name="sign_on_once_while_waiting",
            ),
            # Each state with its moment, so that no half move can stand in the table.
            models.CheckConstraint(
                name="sign_on_approved_has_a_time",
                condition=~Q(status="approved") | Q(approved_at__isnull=False),
            ),
            models.CheckConstraint(
                name="sign_on_rejected_has_a_time",
                condition=~Q(status="rejected") | Q(rejected_at__isnull=False),
            ),
            models.CheckConstraint(
                name="sign_on_withdrawn_has_a_time",
                condition=~Q(status="withdrawn") | Q(withdrawn_at__isnull=False),
            ),
            models.CheckConstraint(
                name="sign_on_lapsed_has_a_time",
                condition=~Q(status="lapsed") | Q(lapsed_at__isnull=False),
            ),
            models.CheckConstraint(
                name="sign_on_from_the_form_is_confirmed_first",
                condition=~Q(source="form", status__in=["pending", "approved"])
                | Q(confirmed_at__isnull=False),
            ),
        ]
        triggers = [
            pgtrigger.FSM(
                name="sign_on_moves",
                field="status",
                transitions=sorted((str(a), str(b)) for a, bs in ALLOWED.items() for b in bs),
            ),
            pgtrigger.Trigger(
                name="sign_on_links_follow",
                when=pgtrigger.After,
                operation=pgtrigger.UpdateOf("status"),
                func="""
                    UPDATE signatories_signonorganisation
                    SET approved = (NEW.status = 'approved')
                    WHERE sign_on_id = NEW.id AND approved <> (NEW.status = 'approved');
                    RETURN NULL;
                """,
            ),
            pgtrigger.Trigger(
                name="sign_on_keys_follow",
                when=pgtrigger.Before,
                operation=pgtrigger.UpdateOf("name_key", "website"),
                func="""
                    IF (OLD.name_key, OLD.website) IS DISTINCT FROM (NEW.name_key, NEW.website)
                        AND NEW.match_keys = OLD.match_keys THEN
                        NEW.match_keys = '{}';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return self.listed_name

    def make_match_keys(self) -> list[str]:
        return keys.kept([self.listed_name], self.website)


@pghistory.track(*every_change())
class SignOnOrganisation(models.Model):
    """The link of a sign-on to one body; a joint entry has several.

    `letter` and `approved` repeat the sign-on's, kept by triggers, so that the database can
    promise: an organisation stands once among the approved of a letter. A new link to one that was
    merged into another is to that other.
    """

    sign_on = models.ForeignKey(SignOn, on_delete=models.CASCADE, related_name="links")
    organisation = models.ForeignKey(
        Organisation,
        on_delete=models.PROTECT,
        related_name="links",
        limit_choices_to=STANDING,
    )
    letter = models.ForeignKey(
        Letter, on_delete=models.CASCADE, related_name="+", editable=False, null=True
    )
    approved = models.BooleanField(default=False, editable=False)

    class Meta:
        verbose_name = "organisation"
        constraints = [
            models.UniqueConstraint(
                fields=["letter", "organisation"],
                condition=Q(approved=True),
                name="organisation_approved_once_in_a_letter",
            ),
            models.UniqueConstraint(
                fields=["sign_on", "organisation"], name="organisation_linked_once"
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="link_follows_its_sign_on",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("sign_on_id"),
                # To an organisation that is merged meanwhile nobody links: a merge waits for the
                # lock, or is waited for.
                func="""
                    SELECT coalesce(merged_into_id, id) INTO NEW.organisation_id
                    FROM signatories_organisation WHERE id = NEW.organisation_id FOR KEY SHARE;
                    SELECT letter_id, status = 'approved' INTO NEW.letter_id, NEW.approved
                    FROM signatories_signon WHERE id = NEW.sign_on_id;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return str(self.organisation)
