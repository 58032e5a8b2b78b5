"""Invitations as they stand: who has signed, declined, not answered; the link, and what it says."""

from typing import Any

from django.db.models import Case, Count, Q, QuerySet, TextChoices, Value, When
from django.urls import reverse

from campaign.models import Letter
from campaign.models.mail import Bounce, MailState, Withheld
from campaign.tokens import make_token
from signatories.models import Invitation, SignOn, SignOnOrganisation
from signatories.models.sign_on import Status

#: What the token of a personal link is for.
INVITE = "invite"
#: Where an organisation counts as having signed.
SIGNED = [Status.PENDING, Status.APPROVED]


class Standing(TextChoices):
    """Where an invitation is; the first that holds."""

    SIGNED = "signed", "Signed"
    DECLINED = "declined", "Declined"
    BOUNCED = "bounced", "Bounced"
    SILENT = "silent", "Silent"
    INVITED = "invited", "Invited"


def link_of(invitation: Invitation) -> str:
    """The path of the personal link. It is a key: it never reaches a log or a message."""
    token = make_token(INVITE, invitation.pk, invitation.epoch)
    return reverse("signatories:invitation", args=[token])


def _signed(letter: Letter) -> Q:
    """By the link, by any other sign-on that is linked to the organisation, or by one of the same
    name that waits for staff, who have not linked it yet.
    """
    links = SignOnOrganisation.objects.filter(letter=letter, sign_on__status__in=SIGNED)
    waiting = SignOn.objects.filter(letter=letter, status=Status.PENDING).order_by()
    return (
        Q(sign_on__status__in=SIGNED)
        | Q(organisation__in=links.values("organisation"))
        | Q(organisation__name_key__in=waiting.values("name_key"))
    )


#: They took it back themselves, or staff rejected it: neither is to be asked once more.
_DECLINED = Q(declined_at__isnull=False) | Q(
    sign_on__status__in=[Status.WITHDRAWN, Status.REJECTED]
)
_BOUNCED = (
    Q(mail__bounce__in=[Bounce.PERMANENT, Bounce.COMPLAINT])
    | Q(mail__state=MailState.FAILED)
    | Q(mail__withheld_for=Withheld.SUPPRESSED)
)


def invitations_of(letter: Letter) -> QuerySet[Any]:
    """Those that were not taken back, each with its `standing`."""
    return Invitation.objects.filter(letter=letter, taken_back_at__isnull=True).annotate(
        standing=Case(
            When(_signed(letter), then=Value(Standing.SIGNED.value)),
            When(_DECLINED, then=Value(Standing.DECLINED.value)),
            When(_BOUNCED, then=Value(Standing.BOUNCED.value)),
            When(reminders__gt=0, then=Value(Standing.SILENT.value)),
            default=Value(Standing.INVITED.value),
        )
    )


def counts_of(letter: Letter) -> dict[Standing, int]:
    """How many there are of each standing, in one statement."""
    found = dict(
        invitations_of(letter).order_by().values_list("standing").annotate(count=Count("*"))
    )
    return {standing: found.get(standing.value, 0) for standing in Standing}


def has_signed(invitation: Invitation) -> SignOn | None:
    """The sign-on by which the organisation has signed the letter, be it by the link or not."""
    by_link = invitation.sign_on
    if by_link is not None and by_link.status in SIGNED:
        return by_link
    link = (
        SignOnOrganisation.objects.filter(
            letter=invitation.letter_id,
            organisation=invitation.organisation_id,
            sign_on__status__in=SIGNED,
        )
        .select_related("sign_on")
        .order_by("sign_on")
        .first()
    )
    return link.sign_on if link else None
