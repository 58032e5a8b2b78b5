"""What each mail is about, by its kind: settings.MAIL_ABOUT."""

from collections.abc import Sequence
from typing import Any

from campaign.models import OutgoingMail
from signatories import mails, sample_mails


def about(rows: Sequence[OutgoingMail]) -> dict[int, Any]:
    """By the mail's id, as its renderer takes it, or Gone. A fixed number of queries."""
    tests = [mail for mail in rows if mail.kind == sample_mails.KIND]
    others = [mail for mail in rows if mail.kind != sample_mails.KIND]
    return {**mails.about(others), **sample_mails.about(tests)}
