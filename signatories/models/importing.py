"""Import: a file that staff brought in, and what it did; ContactExport: who took contacts out."""

from datetime import timedelta

import pghistory
import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from campaign.audit import every_change
from campaign.models import Letter
from signatories.models.organisation import Organisation
from signatories.models.sign_on import SignOn

#: Then what it did is forgotten (signatories.privacy.import_rules).
UNDOABLE_FOR = timedelta(days=90)


class Kind(models.TextChoices):
    ORGANISATIONS = "organisations", "Organisations"
    SIGN_ONS = "sign_ons", "Sign-ons"


class Wish(models.TextChoices):
    """What a worker is asked to do with a large file."""

    IMPORT = "import", "Import it"
    UNDO = "undo", "Undo it"
    WITHDRAW = "withdraw", "Undo it, and withdraw what is approved"


class Stage(models.TextChoices):
    RUNNING = "running", "Being imported"
    UNDOING = "undoing", "Being undone"
    WAITING = "waiting", "Not imported yet"
    FORGOTTEN = "forgotten", "Never imported; the file is gone"
    DONE = "done", "Imported"
    UNDONE = "undone", "Undone"


@pghistory.track(
    *every_change(),
    exclude=["file_name", "rows", "note", "wish", "wished_at", "wished_by", "seen", "problem"],
)
class Import(models.Model):
    """One file. Its rows are kept until it is imported, or for a day: they hold contacts."""

    kind = models.CharField(max_length=13, choices=Kind.choices, editable=False)
    #: Of sign-ons.
    letter = models.ForeignKey(
        Letter, null=True, on_delete=models.CASCADE, related_name="+", editable=False
    )
    file_name = models.CharField("file", max_length=255, blank=True, editable=False)
    #: What was read, as signatories.imports.table.Table has it.
    rows = models.JSONField(null=True, editable=False)
    #: Who sent the list, and when: the evidence of each sign-on, where it is kept from then on.
    note = models.TextField(blank=True, editable=False)
    #: Headings of the file that staff said are not to be read.
    ignored = ArrayField(models.CharField(max_length=300), default=list, editable=False)
    #: Sign-ons come in as approved.
    approves = models.BooleanField(default=False, editable=False)
    #: What is there already is changed to what the file says.
    changes = models.BooleanField(default=False, editable=False)
    leaves_out_wrong = models.BooleanField(default=False, editable=False)
    by = models.ForeignKey(
        "auth.User", null=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )
    made_at = models.DateTimeField("uploaded", auto_now_add=True)
    confirmed_at = models.DateTimeField("imported", null=True, editable=False)
    #: For the worker (signatories.imports.work); who wished it, and under which counts.
    wish = models.CharField(max_length=8, choices=Wish.choices, blank=True, editable=False)
    wished_at = models.DateTimeField(null=True, editable=False)
    wished_by = models.ForeignKey(
        "auth.User", null=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )
    seen = models.CharField(max_length=100, blank=True, editable=False)
    #: Why the last wish was not fulfilled, in words for staff.
    problem = models.CharField(max_length=500, blank=True, editable=False)
    #: How many rows were of each verdict (signatories.imports.verdicts).
    counts = models.JSONField(default=dict, editable=False)
    undone_at = models.DateTimeField("undone", null=True, editable=False)
    undone_by = models.ForeignKey(
        "auth.User", null=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )
    #: How many were removed, withdrawn, restored and left.
    undone_counts = models.JSONField(default=dict, editable=False)

    class Meta:
        ordering = ["-pk"]
        default_permissions = ("add", "view")
        constraints = [
            models.CheckConstraint(
                name="import_forgets_its_file_once_done",
                condition=models.Q(confirmed_at__isnull=True)
                | models.Q(rows__isnull=True, note=""),
            ),
            models.CheckConstraint(
                name="import_of_sign_ons_has_a_letter",
                condition=models.Q(kind="organisations") | models.Q(letter__isnull=False),
            ),
            models.CheckConstraint(
                name="import_is_undone_after_it_is_done",
                condition=models.Q(undone_at__isnull=True) | models.Q(confirmed_at__isnull=False),
            ),
        ]
        indexes = [
            # What the workers ask for again and again.
            models.Index(fields=["wished_at"], name="import_wished", condition=~models.Q(wish="")),
            models.Index(
                fields=["made_at"], name="import_waiting", condition=models.Q(rows__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"Import {self.pk}"

    @property
    def stage(self) -> Stage:
        if self.undone_at:
            return Stage.UNDONE
        if self.confirmed_at:
            return Stage.UNDOING if self.wish else Stage.DONE
        if self.wish:
            return Stage.RUNNING
        # The desk's list asks the database, and does not fetch them.
        there = getattr(self, "has_rows", None)
        there = self.rows is not None if there is None else there
        return Stage.WAITING if there else Stage.FORGOTTEN

    @property
    def undoable(self) -> bool:
        done = self.confirmed_at if not self.undone_at else None
        return done is not None and timezone.now() - done <= UNDOABLE_FOR


class Action(models.TextChoices):
    MADE = "made", "New"
    CHANGED = "changed", "Changed"


class ImportedRow(models.Model):
    """What one row of a file made or changed, for as long as the import can be undone."""

    imported = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="done")
    #: As a spreadsheet numbers it; the headings are row 1.
    number = models.PositiveIntegerField()
    action = models.CharField(max_length=7, choices=Action.choices)
    organisation = models.ForeignKey(
        Organisation, null=True, on_delete=models.CASCADE, related_name="+"
    )
    sign_on = models.ForeignKey(SignOn, null=True, on_delete=models.CASCADE, related_name="+")
    #: What a change put in place of what: columns of the organisation or the sign-on.
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    #: Why an undo left it as it is; empty before, and where it did not.
    left = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["number", "pk"]
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                name="imported_row_is_about_one_thing",
                condition=models.Q(organisation__isnull=True, sign_on__isnull=False)
                | models.Q(organisation__isnull=False, sign_on__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"Row {self.number} of import {self.imported_id}"


class ContactExport(models.Model):
    """That somebody took contacts out: who, when, of which letter, how many; never whom."""

    at = models.DateTimeField(auto_now_add=True)
    by = models.ForeignKey("auth.User", null=True, on_delete=models.SET_NULL, related_name="+")
    #: Empty where those of several letters were asked for.
    letter = models.ForeignKey(Letter, null=True, on_delete=models.SET_NULL, related_name="+")
    count = models.PositiveIntegerField("contacts")
    file_format = models.CharField("format", max_length=4)

    class Meta:
        ordering = ["-pk"]
        default_permissions = ("view",)
        verbose_name = "export of contacts"
        verbose_name_plural = "exports of contacts"
        triggers = [
            pgtrigger.Protect(
                name="contact_export_stays",
                operation=pgtrigger.UpdateOf("at", "count", "file_format") | pgtrigger.Delete,
            ),
        ]

    def __str__(self) -> str:
        return f"Export {self.pk}"
