"""A mail at the moment it is sent: rendered from its row, and then forgotten."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from email.utils import formataddr, parseaddr
from functools import cache
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils.module_loading import import_string

from campaign.models import OutgoingMail
from campaign.models.mail import Withheld


@dataclass(frozen=True)
class Gone:
    """What a mail was about is gone or has moved on; the reason says which, without names.

    Or it is not to be told now: then `withheld_for` says until when.
    """

    reason: str
    withheld_for: Withheld = Withheld.GONE


@dataclass(frozen=True)
class RenderedMail:
    to: str
    subject: str
    text: str
    html: str
    sender: str = ""
    reply_to: str = ""
    #: Beside those that every mail has.
    headers: Mapping[str, str] = field(default_factory=dict)

    def message(self, mail: OutgoingMail) -> EmailMultiAlternatives:
        """The message, with the Message-ID of its row, so that a repetition can be recognised."""
        message = EmailMultiAlternatives(
            subject=" ".join(self.subject.split()),
            body=self.text,
            from_email=formataddr((self.sender, parseaddr(settings.DEFAULT_FROM_EMAIL)[1])),
            to=[self.to],
            reply_to=[self.reply_to] if self.reply_to else None,
            headers={
                "Message-ID": mail.message_id,
                # RFC 3834: so that holiday replies do not come back.
                "Auto-Submitted": "auto-generated",
                **self.headers,
            },
        )
        message.attach_alternative(self.html, "text/html")
        return message


class Renderer:
    """Renders mails of which it has read, in a fixed number of queries, what they are about."""

    def __init__(self) -> None:
        self._abouts: Mapping[int, Any] = {}

    def read(self, mails: Sequence[OutgoingMail]) -> None:
        abouts: dict[int, Any] = {}
        for subject, path in settings.MAIL_ABOUT.items():
            theirs = [mail for mail in mails if mail.kind.partition(".")[0] == subject]
            if theirs:
                abouts |= _function(path)(theirs)
        self._abouts = abouts

    def about(self, mail: OutgoingMail) -> Any:
        """What a mail is about, as its renderer takes it, or Gone."""
        return self._abouts.get(mail.pk)  # of an unknown kind there is nothing

    def message(self, mails: Sequence[OutgoingMail]) -> EmailMultiAlternatives:
        """One message of the first mail and those that go out inside it. Raises KeyError for an
        unknown kind.
        """
        first = mails[0]
        abouts = [self.about(mail) for mail in mails]
        if len(mails) == 1:
            rendered = _function(settings.MAIL_KINDS[first.kind])(abouts[0])
        else:
            rendered = _function(settings.MAIL_JOINS[first.kind])(abouts)
        message: EmailMultiAlternatives = rendered.message(first)
        return message


@cache
def _function(path: str) -> Callable[..., Any]:
    return import_string(path)  # type: ignore[no-any-return]


def render_mail(
    template: str,
    context: dict[str, object],
    *,
    to: str,
    subject: str,
    sender: str,
    reply_to: str = "",
    headers: Mapping[str, str] | None = None,
) -> RenderedMail:
    """Render `emails/TEMPLATE.txt` and `.html` with the same context.

    The mail comes from the installation's address under the name of `sender`, the coalition.
    """
    return RenderedMail(
        to=to,
        subject=subject,
        text=render_to_string(f"emails/{template}.txt", context),
        html=render_to_string(f"emails/{template}.html", context),
        sender=sender,
        reply_to=reply_to,
        headers=headers or {},
    )
