"""The letter and what belongs to it; signatories are the other package's."""

from campaign.models.backup import ScheduledBackup
from campaign.models.counted import Counted, Spent
from campaign.models.digest import Digest, DigestDay
from campaign.models.letter import Group, Letter
from campaign.models.mail import Outbox, OutgoingMail, Suppression
from campaign.models.people import (
    Account,
    Outcome,
    RightGiven,
    RoleGiven,
    SecondFactor,
    SignInAttempt,
)
from campaign.models.publication import Publication
from campaign.models.text import Text, Wording

__all__ = [
    "Account",
    "Counted",
    "Digest",
    "DigestDay",
    "Group",
    "Letter",
    "Outbox",
    "Outcome",
    "OutgoingMail",
    "Publication",
    "RightGiven",
    "RoleGiven",
    "ScheduledBackup",
    "SecondFactor",
    "SignInAttempt",
    "Spent",
    "Suppression",
    "Text",
    "Wording",
]
