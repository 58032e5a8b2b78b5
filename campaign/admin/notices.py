"""What staff should know first, on the front page of the desk."""

from dataclasses import dataclass
from datetime import timedelta

from django.contrib.auth.models import AnonymousUser, User
from django.urls import reverse
from django.utils import timezone

from campaign import backup
from campaign.admin.counted import counted
from campaign.mail import outbox
from campaign.models import Letter, OutgoingMail, Publication, ScheduledBackup
from campaign.models.mail import MailState

#: A mail that failed is told of for so long; it stays in the list of mails.
FAILED_OF_LATE = timedelta(days=7)


@dataclass(frozen=True)
class Notice:
    text: str
    url: str


def notices(user: User | AnonymousUser) -> list[Notice]:
    """What is paused, or broken and not yet mended, of what this person may see."""
    found = []
    if user.has_perm("campaign.view_letter"):
        found += _paused()
    if user.has_perm("campaign.view_outgoingmail"):
        found += _mails()
    if user.has_perm("campaign.view_publication"):
        found += _publications()
    if user.has_perm("campaign.view_scheduledbackup"):
        found += _backups()
    return found


def _paused() -> list[Notice]:
    return [
        Notice(
            f"{letter} is paused: who signs is mailed once you press Go on.",
            reverse("admin:campaign_letter_change", args=[letter.pk]),
        )
        for letter in Letter.objects.filter(paused_at__isnull=False).order_by("paused_at")
    ]


def _mails() -> list[Notice]:
    mails = reverse("admin:campaign_outgoingmail_changelist")
    found = []
    resting = outbox.look()
    if resting.rests:
        found.append(Notice(f"No mail goes out at the moment: {resting.problem}.", mails))
    failed = OutgoingMail.objects.filter(
        state=MailState.FAILED, not_before__gte=timezone.now() - FAILED_OF_LATE
    ).count()
    if failed:
        found.append(
            Notice(
                f"{counted(failed, 'mail')} of this week failed for good.",
                f"{mails}?state__exact={MailState.FAILED}",
            )
        )
    return found


def _publications() -> list[Notice]:
    wanting = Publication.objects.exclude(problem="").select_related("letter")
    return [
        Notice(
            f"{row.letter or 'The list of letters'}: "
            f"{'it cannot be published: ' if row.failures else ''}{row.problem}",
            reverse("admin:campaign_publication_changelist"),
        )
        for row in wanting.order_by("pk")
    ]


def _backups() -> list[Notice]:
    problems = [backup.missing()]
    if backup.backup_is_asked_for():
        failed = ScheduledBackup.objects.filter(failures__gt=0)
        problems += [f"The last backup could not be made: {row.problem}" for row in failed]
    backups = reverse("admin:campaign_scheduledbackup_changelist")
    return [Notice(problem, backups) for problem in problems if problem]
