"""The desk of the staff, at /admin/: letters, their mails and publications."""

from campaign.admin.backup import ScheduledBackupAdmin
from campaign.admin.letter import LetterAdmin
from campaign.admin.mail import OutgoingMailAdmin, PublicationAdmin
from campaign.admin.sign_in_attempts import SignInAttemptAdmin

__all__ = [
    "LetterAdmin",
    "OutgoingMailAdmin",
    "PublicationAdmin",
    "ScheduledBackupAdmin",
    "SignInAttemptAdmin",
]
