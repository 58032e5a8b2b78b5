"""Without EMAIL_URL: mails stay on this machine, one file each, readable at /dev/mail/."""

import os
import re
import time
import uuid
from collections.abc import Sequence
from email.message import Message
from email.parser import BytesParser
from email.policy import default
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

NEWEST = 200  # mails that the mailbox lists


class KeepBackend(BaseEmailBackend):
    """Writes each mail whole, under a name that sorts by time."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        directory = Path(settings.MAIL_DIR)
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        for message in email_messages:
            path = directory / f"{time.time_ns()}-{uuid.uuid4().hex[:8]}.eml"
            draft = path.with_suffix(".part")
            with draft.open("wb") as file:
                file.write(message.message().as_bytes())
                file.flush()
                os.fsync(file.fileno())
            draft.rename(path)
        return len(email_messages)


def kept_mails() -> list[tuple[str, Message]]:
    """The newest kept mails, newest first, each with the name that `kept_mail` takes."""
    names = sorted((p.name for p in Path(settings.MAIL_DIR).glob("*.eml")), reverse=True)[:NEWEST]
    return [(name, kept_mail(name)) for name in names]


def kept_mail(name: str) -> Message:
    """One kept mail. Raises FileNotFoundError, for names that are no mail's as well."""
    if not re.fullmatch(r"[0-9a-f-]+\.eml", name):
        raise FileNotFoundError(name)
    path = Path(settings.MAIL_DIR) / name
    return BytesParser(policy=default).parsebytes(path.read_bytes())
