"""Telling a contact: a mail about a sign-on, queued with what it tells of."""

from campaign.mail.queue import queue_mail
from signatories.models import Contact, SignOn


def tell(
    contact: Contact,
    sign_on: SignOn,
    kind: str,
    *,
    slow: bool = False,
    hold: bool = False,
    **references: int,
) -> None:
    """Queue a mail of this kind (settings.MAIL_KINDS) to one contact of the sign-on.

    `slow` and `hold` are those of `queue_mail`; `references` what else its renderer needs.
    """
    queue_mail(
        kind,
        letter=sign_on.letter,
        address=contact.email,
        language=sign_on.language,
        slow=slow,
        hold=hold,
        sign_on=sign_on.pk,
        contact=contact.pk,
        **references,
    )
