"""Telling a contact: a mail about a sign-on, queued with what it tells of."""

from collections.abc import Iterable
from datetime import timedelta

from campaign.mail.queue import Recipient, queue_mail, queue_mails
from campaign.models import Letter
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


def tell_all(
    kind: str, told: Iterable[tuple[Contact, SignOn]], *, after: timedelta = timedelta(0)
) -> None:
    """Queue such a mail to each of the contacts about its sign-on, in a few statements a letter.

    They are not sent before `after` has passed.
    """
    of_letter: dict[Letter, list[Recipient]] = {}
    for contact, sign_on in told:
        references = {"sign_on": sign_on.pk, "contact": contact.pk}
        recipient = Recipient(contact.email, sign_on.language, references)
        of_letter.setdefault(sign_on.letter, []).append(recipient)
    for letter, recipients in of_letter.items():
        queue_mails(kind, letter=letter, recipients=recipients, after=after)
