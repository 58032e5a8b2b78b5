"""Sending a letter's mails to the member of staff who wants to see them."""

from datetime import timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from campaign.letters import LetterError
from campaign.mail.queue import Recipient, queue_mails
from campaign.models import Letter, OutgoingMail
from campaign.tokens import mailbox_key
from signatories.sample_mails import KIND, SAMPLES

#: Sets of test mails to one address in an hour.
MOST_SETS = 4
HOUR = timedelta(hours=1)


@transaction.atomic
def send_test_mails(*, letter: Letter, user: User) -> int:
    """Queue one mail of each kind to the account's own address; returns how many.

    Raises LetterError without an address or words, or after MOST_SETS in an hour.
    """
    if not user.email:
        raise LetterError("Your account has no e-mail address.")
    if letter.current_text_id is None:
        raise LetterError(f"“{letter.slug}” has no text yet.")
    lately = OutgoingMail.objects.filter(  # by the hash, which has an index
        recipient_key=mailbox_key(user.email), kind=KIND, created_at__gte=timezone.now() - HOUR
    )
    if lately.count() > (MOST_SETS - 1) * len(SAMPLES):
        raise LetterError(f"You had {MOST_SETS} sets within the hour. Please wait a little.")
    recipients = [
        Recipient(user.email, letter.language, {"user": user.pk, "sample": sample})
        for sample in SAMPLES
    ]
    return len(queue_mails(KIND, letter=letter, recipients=recipients))


def keep_address(*, user: User, email: str) -> None:
    """For an account that has none: where its test mails go."""
    User.objects.filter(pk=user.pk, email="").update(email=email)
    user.refresh_from_db(fields=["email"])
