"""Organisation: the registry's entry for one body, made or linked by staff only."""

import pghistory
import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from campaign.audit import every_change
from campaign.names import clean_name, name_key
from signatories.matching import keys
from signatories.matching.fold import folded
from signatories.models.derived import KeysField, SearchKeyField

#: Notes can name people, so the audit has no column for them: an event says that they changed.
NOTES_CHANGED = "notes"
#: Made from the others, and of no interest to people.
DERIVED = ["search_key", "match_keys", "alike_to", "compared"]


#: Those that can be chosen and matched: not merged into another.
STANDING = Q(merged_into__isnull=True)


class OrganisationQuerySet(models.QuerySet["Organisation"]):
    def standing(self) -> "OrganisationQuerySet":
        return self.filter(STANDING)


@pghistory.track(*every_change(), pghistory.ManualEvent(NOTES_CHANGED), exclude=["notes", *DERIVED])
class Organisation(models.Model):
    display_name = models.CharField(max_length=300)
    name_key = models.CharField(max_length=600, unique=True, editable=False)
    sort_as = models.CharField(
        max_length=300, blank=True, help_text="Only where the name should stand elsewhere."
    )
    aliases = ArrayField(models.CharField(max_length=300), default=list, blank=True)
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="chapters",
        limit_choices_to=STANDING,
    )  # fmt: skip
    website = models.URLField(blank=True)
    country = models.CharField(max_length=2, blank=True)
    notes = models.TextField(blank=True, default="", db_default="")
    #: The one that it turned out to be. Then it is kept for its history alone.
    merged_into = models.ForeignKey(
        "self", null=True, editable=False, on_delete=models.PROTECT, related_name="merged"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    search_key = SearchKeyField(default="", db_default="", editable=False)
    match_keys = KeysField(models.CharField(max_length=60), default=list, db_default=[],
                           editable=False)  # fmt: skip
    #: The one that it looks most like, if any, as of when it was last `compared` with all others.
    alike_to = models.ForeignKey(
        "self", null=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )
    compared = models.BooleanField(default=False, db_default=False, editable=False)

    objects = OrganisationQuerySet.as_manager()

    class Meta:
        ordering = ["name_key"]
        indexes = [
            GinIndex(name="organisation_like", fields=["name_key"], opclasses=["gin_trgm_ops"]),
            GinIndex(name="organisation_alias", fields=["aliases"]),
            GinIndex(name="organisation_search", fields=["search_key"], opclasses=["gin_trgm_ops"]),
            # Without a list of what is to be sorted in: it is read for each key, and put PostgreSQL
            # off the index altogether.
            GinIndex(name="organisation_keys", fields=["match_keys"], fastupdate=False),
            models.Index(fields=["country", "name_key"], name="organisation_of_country"),
            models.Index(
                fields=["name_key"],
                name="organisation_with_parent",
                condition=Q(parent__isnull=False),
            ),
            models.Index(
                fields=["name_key"],
                name="organisation_alike",
                condition=Q(alike_to__isnull=False),
            ),
            models.Index(fields=["id"], name="organisation_unkeyed", condition=Q(match_keys=[])),
            models.Index(
                fields=["id"], name="organisation_to_compare", condition=Q(compared=False)
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="organisation_keys_follow",
                when=pgtrigger.Before,
                operation=pgtrigger.UpdateOf("name_key", "aliases", "website", "parent_id"),
                func="""
                    IF (OLD.name_key, OLD.aliases, OLD.website)
                            IS DISTINCT FROM (NEW.name_key, NEW.aliases, NEW.website)
                        AND (NEW.match_keys, NEW.search_key) = (OLD.match_keys, OLD.search_key)
                    THEN
                        NEW.match_keys = '{}';
                    END IF;
                    IF (OLD.name_key, OLD.aliases, OLD.website, OLD.parent_id) IS DISTINCT FROM
                            (NEW.name_key, NEW.aliases, NEW.website, NEW.parent_id) THEN
                        NEW.compared = false;
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return self.display_name

    @property
    def names(self) -> list[str]:
        """Its name, and its aliases."""
        return [self.display_name, *self.aliases]

    def clean(self) -> None:
        """Brings the name into its stored form. Raises ValidationError."""
        try:
            self.display_name = clean_name(self.display_name)
        except ValidationError as error:
            raise ValidationError({"display_name": error.messages}) from error
        self.name_key = name_key(self.display_name)

    def make_search_key(self) -> str:
        return "\n".join(dict.fromkeys(folded(name) for name in self.names))

    def make_match_keys(self) -> list[str]:
        return keys.kept(self.names, self.website)


@pghistory.track(*every_change())
class Merger(models.Model):
    """What a merge moved, so that it can be taken apart again while nothing of it changed since."""

    merged = models.OneToOneField(Organisation, on_delete=models.CASCADE, related_name="merger")
    kept = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    merged_at = models.DateTimeField(auto_now_add=True)
    #: Ids of the links to sign-ons that moved; of the sign-ons that were linked to both.
    links = ArrayField(models.BigIntegerField())
    doubled = ArrayField(models.BigIntegerField())
    #: Ids of its chapters, now the other's.
    chapters = ArrayField(models.BigIntegerField())
    #: The aliases that the other got by it, and the columns that it had empty.
    aliases = ArrayField(models.CharField(max_length=300))
    filled = ArrayField(models.CharField(max_length=20))
    #: The parent that the one which is kept had before.
    parent = models.ForeignKey(Organisation, null=True, on_delete=models.SET_NULL, related_name="+")

    def __str__(self) -> str:
        return f"{self.merged} into {self.kept}"
