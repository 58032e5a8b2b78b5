"""Letter and Group: what is sent to an addressee, and the headings of its signatories."""

import secrets
import zoneinfo
from datetime import datetime
from typing import Any

import pghistory
import pgtrigger
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils import timezone

from campaign.audit import every_change


class State(models.TextChoices):
    DRAFT = "draft", "Draft"
    OPEN = "open", "Open for signatures"
    CLOSED = "closed", "Closed"
    ARCHIVED = "archived", "Archived"


#: Every move a letter can make; the database refuses all others.
ALLOWED: dict[State, set[State]] = {
    State.DRAFT: {State.OPEN},
    State.OPEN: {State.CLOSED},
    State.CLOSED: {State.OPEN, State.ARCHIVED},
    State.ARCHIVED: set(),
}


class Paper(models.TextChoices):
    A4 = "a4", "A4"
    US_LETTER = "us-letter", "US Letter"


#: Regions that write on US Letter (Unicode CLDR, territory information, paperSize).
US_LETTER_REGIONS = {
    "BZ",
    "CA",
    "CL",
    "CO",
    "CR",
    "GT",
    "MX",
    "NI",
    "PA",
    "PH",
    "PR",
    "SV",
    "US",
    "VE",
}


def usual_paper(language: str) -> Paper:
    """The paper of the region that a language tag names, as in en-US; A4 without one."""
    regions = {part.upper() for part in language.split("-")[1:]}
    return Paper.US_LETTER if regions & US_LETTER_REGIONS else Paper.A4


#: Months for which a letter's contacts can be kept.
LONGEST_KEPT = 60


def unguessable_key() -> str:
    """128 random bits for the path of an unlisted letter."""
    return secrets.token_urlsafe(16)


def check_time_zone(name: str) -> None:
    if name not in zoneinfo.available_timezones():
        raise ValidationError(f"{name} is not a time zone; one looks like Europe/Paris.")


slug_format = RegexValidator(
    r"^[a-z0-9]+(-[a-z0-9]+)*\Z",
    "Use small letters, digits and single hyphens only, as in us-landmine-policy.",
)
accent_format = RegexValidator(r"^#[0-9a-fA-F]{6}\Z", "Use six digits after a #, as in #1f4e79.")


class LetterQuerySet(models.QuerySet["Letter"]):
    def public(self) -> "LetterQuerySet":
        """Letters that anybody may see listed, at this moment."""
        return self.filter(public_at__lte=timezone.now())

    def titled(self) -> "LetterQuerySet":
        """With the `title` of each, in its own language, by which `str` then calls it."""
        wordings = self._wordings().filter(
            text=models.OuterRef("current_text"), language=models.OuterRef("language")
        )
        return self.annotate(title=models.Subquery(wordings.values("title")[:1]))

    @staticmethod
    def _wordings() -> models.QuerySet[Any]:
        from campaign.models.text import Wording  # which imports this module

        return Wording.objects.order_by()


@pghistory.track(*every_change(), exclude=["unlisted_key", "contact", "press_contact"])
class Letter(models.Model):
    """A letter with its settings, which may change at any time; its words are in Texts."""

    slug = models.CharField(
        max_length=60, unique=True, validators=[slug_format], help_text="Its address: /letters/…/"
    )
    state = models.CharField(
        max_length=8, choices=State.choices, default=State.DRAFT, editable=False
    )
    public_at = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text="Empty: unlisted, to be seen by those who have the link.",
    )
    unlisted_key = models.CharField(
        max_length=32, unique=True, default=unguessable_key, editable=False
    )
    language = models.CharField(
        max_length=20,
        default="en-GB",
        help_text="The language of the letter as a BCP 47 tag, such as en-US or ar.",
    )
    sender = models.CharField(
        max_length=300, help_text="The coalition, as in the letterhead and in mails."
    )
    dateline = models.CharField(max_length=100, blank=True, help_text="Such as January 31, 2022.")
    running_header = models.CharField(
        max_length=100, blank=True, help_text="At the head of each following page of the PDF."
    )
    about = models.TextField(
        "closing note", blank=True, help_text="Who the coalition is; stands after the signatories."
    )
    contact = models.EmailField(
        blank=True, help_text="Who reads replies. Shown on the page and used in every mail."
    )
    press_contact = models.EmailField(blank=True)
    opens = models.DateTimeField(null=True, blank=True, editable=False)
    closes = models.DateTimeField(
        null=True,
        blank=True,
        help_text="Signing ends by itself at this moment, in the letter's time zone.",
    )
    time_zone = models.CharField(max_length=50, default="UTC", validators=[check_time_zone])
    paper = models.CharField(max_length=10, choices=Paper.choices, default=Paper.A4)
    accent = models.CharField(
        "accent colour", max_length=7, default="#1f4e79", validators=[accent_format]
    )
    asks_country = models.BooleanField("ask for the country", default=True)
    asks_website = models.BooleanField("ask for the website", default=True)
    default_group = models.ForeignKey(
        "Group",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="Where a sign-on from the web form goes.",
    )
    current_text = models.ForeignKey(
        "Text", null=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )
    delivered_at = models.DateTimeField(null=True, blank=True, editable=False)
    #: When it last closed; empty while it is a draft or open.
    closed_at = models.DateTimeField(null=True, editable=False)
    contacts_kept_for = models.PositiveSmallIntegerField(
        "keep contacts for",
        default=6,
        validators=[MinValueValidator(1), MaxValueValidator(LONGEST_KEPT)],
        help_text="Months after the delivery, or after closing where it is never delivered. Then "
        "the contacts and the evidence are deleted for good; the list of signatories stays.",
    )
    #: Since when new sign-ons are taken, but their mails held back, for staff to look at first.
    paused_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = LetterQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        triggers = [
            pgtrigger.FSM(
                name="letter_moves",
                field="state",
                transitions=sorted((str(a), str(b)) for a, bs in ALLOWED.items() for b in bs),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                name="letter_open_has_text",
                condition=models.Q(state=State.DRAFT) | models.Q(current_text__isnull=False),
            ),
            models.CheckConstraint(
                name="letter_keeps_contacts_for_a_time",
                condition=models.Q(contacts_kept_for__range=(1, LONGEST_KEPT)),
            ),
            models.CheckConstraint(
                name="letter_closes_after_it_opens",
                condition=models.Q(closes__isnull=True)
                | models.Q(opens__isnull=True)
                | models.Q(closes__gt=models.F("opens")),
            ),
        ]

    def __str__(self) -> str:
        return getattr(self, "title", None) or self.slug

    @property
    def public(self) -> bool:
        return self.public_at is not None and self.public_at <= timezone.now()

    @property
    def path(self) -> str:
        """Where its page is: the public address, or the unguessable one."""
        return f"/letters/{self.slug}/" if self.public else self.unlisted_path

    @property
    def unlisted_path(self) -> str:
        return f"/unlisted/{self.unlisted_key}/"

    def accepts_sign_ons(self, now: datetime | None = None) -> bool:
        """Whether the form is open at this moment."""
        now = now or timezone.now()
        return (
            self.state == State.OPEN
            and (self.opens is None or self.opens <= now)
            and (self.closes is None or now < self.closes)
        )


@pghistory.track(*every_change())
class Group(models.Model):
    """A heading under which signatories are listed, in the house order."""

    letter = models.ForeignKey(Letter, on_delete=models.CASCADE, related_name="groups")
    key = models.CharField(max_length=60, validators=[slug_format])
    title = models.CharField(max_length=300)
    position = models.PositiveIntegerField(default=0, help_text="Lower numbers stand first.")

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["letter", "key"], name="group_key_once_in_a_letter"),
        ]

    def __str__(self) -> str:
        return self.title
