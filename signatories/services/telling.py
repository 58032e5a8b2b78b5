"""Telling a contact: a mail about a sign-on, queued with what it tells of."""

from campaign.mail.queue import queue_mail
from signatories.models import Contact, SignOn


def tell(contact: Contact, sign_on: SignOn, kind: str) -> None:
    """Queue a mail of this kind (settings.MAIL_KINDS) to one contact of the sign-on."""
    queue_mail(
        kind,
        letter=sign_on.letter,
        address=contact.email,
        language=sign_on.language,
        sign_on=sign_on.pk,
        contact=contact.pk,
    )
