"""Reading what mail servers send back: delivery reports (RFC 3464) and complaints (RFC 5965)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from email.policy import compat32

from flufl.bounce import all_failures

from campaign.models.mail import Bounce

#: A Message-ID as campaign.mail.queue makes it.
OURS = re.compile(rb"<[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}@[^<>\s]{1,255}>")
#: Feedback types of RFC 5965 section 7.3 that mean that the mail was not wanted.
UNWANTED = {"abuse", "fraud", "opt-out", "opt-out-list"}


class Unreadable(Exception):
    """It is no report that can be understood; the message says in one line what is missing."""


@dataclass(frozen=True)
class Report:
    message_id: str
    #: None for good news: delivered, relayed, not spam.
    bounce: Bounce | None


def read_report(raw: bytes) -> Report:
    """What a report says, and of which mail: that of the Message-ID in the returned headers.

    Raises Unreadable.
    """
    message = message_from_bytes(raw, policy=compat32)
    bounce = _complaint(message) if _kind(message) == "feedback-report" else _delivery(message)
    return Report(_returned_message_id(message, raw), bounce)


def _kind(message: Message) -> str:
    return str(message.get_param("report-type", "")).lower()


def _complaint(message: Message) -> Bounce | None:
    for fields in _fields(message, "message/feedback-report"):
        if "Feedback-Type" in fields:
            return Bounce.COMPLAINT if _value(fields, "Feedback-Type") in UNWANTED else None
    raise Unreadable("this complaint has no part that says what is complained of")


def _delivery(message: Message) -> Bounce | None:
    """The worst that is said of any recipient; our mails have one."""
    actions = [
        (_value(fields, "Action"), _value(fields, "Status"))
        for fields in _fields(message, "message/delivery-status")
        if "Action" in fields
    ]
    if not actions:
        return _odd(message)
    bounces = [_of_action(*said) for said in actions]
    return next((each for each in (Bounce.PERMANENT, Bounce.SOFT) if each in bounces), None)


def _of_action(action: str, status: str) -> Bounce | None:
    """Action and Status of RFC 3464 sections 2.3.3 and 2.3.4."""
    if action == "failed":
        # The server gave up, which a 4.x.x status says was for a time only: a full mailbox.
        return Bounce.SOFT if status.startswith("4") else Bounce.PERMANENT
    return Bounce.SOFT if action == "delayed" else None


def _odd(message: Message) -> Bounce:
    """Formats of before the standard, which flufl.bounce knows."""
    try:
        passing, permanent = all_failures(message)
    except Exception:  # it trusts what it reads in many ways, and raises whatever comes of it
        passing = permanent = frozenset()
    if not passing and not permanent:
        raise Unreadable("this is neither a delivery report nor a complaint")
    return Bounce.PERMANENT if permanent else Bounce.SOFT


def _returned_message_id(message: Message, raw: bytes) -> str:
    for part in message.walk():
        if part is not message and (found := OURS.search(_quoted(part))):
            return found.group().decode()
    if not message.is_multipart() and (found := OURS.search(_body(raw))):
        return found.group().decode()
    raise Unreadable("the report does not return the headers of a mail of ours")


def _quoted(part: Message) -> bytes:
    """The Message-ID of a returned mail, or the text that may quote one."""
    header = str(part.get("Message-ID", "")).encode("utf-8", "replace")
    if part.get_content_type() in {"text/rfc822-headers", "text/plain"}:
        return header + b"\n" + bytes(part.get_payload(decode=True) or b"")
    return header


def _body(raw: bytes) -> bytes:
    """What comes after the report's own headers, which anybody could write."""
    return re.split(rb"\r?\n\r?\n", raw, maxsplit=1)[-1]


def _fields(message: Message, kind: str) -> Iterator[Message]:
    """The groups of fields in the report's parts of this kind."""
    for part in message.walk():
        if part.get_content_type() != kind:
            continue
        payload = part.get_payload()
        if isinstance(payload, list):
            yield from (group for group in payload if isinstance(group, Message))
        else:
            yield message_from_bytes(bytes(part.get_payload(decode=True) or b""))


def _value(fields: Message, name: str) -> str:
    """A field's value, without comments and case."""
    return re.sub(r"\(.*?\)", "", str(fields.get(name, ""))).strip().lower()
