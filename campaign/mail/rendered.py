"""A mail at the moment it is sent: rendered from its row, and then forgotten."""

from dataclasses import dataclass
from email.utils import formataddr, parseaddr

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

from campaign.models import OutgoingMail


class NothingToSend(Exception):
    """What the mail was about is gone or has moved on; the message says which, without names."""


@dataclass(frozen=True)
class RenderedMail:
    to: str
    subject: str
    text: str
    html: str
    sender: str = ""
    reply_to: str = ""

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
            },
        )
        message.attach_alternative(self.html, "text/html")
        return message


def render_mail(
    template: str, context: dict[str, object], *, to: str, subject: str, sender: str, reply_to: str
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
    )
