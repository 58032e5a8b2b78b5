"""Telling a contact: a mail about a sign-on, queued with what it tells of."""

from collections.abc import Iterable
from datetime import timedelta

from campaign.mail.queue import ToQueue, queue_mail, queue_mails
from signatories.models import Contact, SignOn


def tell(
    contact: Contact, sign_on: SignOn, kind: str, *, slow: bool = False, hold: bool = False
) -> None:
    """Queue a mail of this kind (settings.MAIL_KINDS) to one contact of the sign-on.

    `slow` and `hold` are those of `queue_mail`.
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
    )


def tell_all(
    kind: str, told: Iterable[tuple[Contact, SignOn]], *, after: timedelta = timedelta(0)
) -> None:
    """Queue such a mail to each of the contacts about its sign-on, in a few statements.

    They are not sent before `after` has passed.
    """
    queue_mails(
        kind,
        [
            ToQueue(
                letter=sign_on.letter,
                address=contact.email,
                language=sign_on.language,
                references={"sign_on": sign_on.pk, "contact": contact.pk},
            )
            for contact, sign_on in told
        ],
        after=after,
    )
