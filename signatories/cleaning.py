"""What people type, line by line: read, put in order, or refused in words that name the field.

Each reader takes what was typed and returns it as it is kept, or raises ValidationError.
"""

import re
import unicodedata
from collections.abc import Callable
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from email_validator import EmailNotValidError, validate_email

from campaign.names import BIDI_OVERRIDES, INVISIBLE, clean_name

LONGEST_LINE = 200  # characters, of the contact's name and title
LONGEST_EMAIL = 254  # RFC 5321, as the database holds it
LONGEST_WEBSITE = 200

#: Copied along from documents and web pages, at the ends of addresses above all.
STRAY = {*INVISIBLE, "\u200b", "\u200c", "\u200d", "\u200e", "\u200f"}


def clean_organisation(value: str) -> str:
    """campaign.names.clean_name, its message under the name of the field."""
    try:
        return clean_name(value)
    except ValidationError as error:
        message = error.messages[0]
        if message.startswith("The name"):
            message = f"Organisation: the name{message.removeprefix('The name')}"
        raise ValidationError(message) from error


def person_line(what: str) -> Callable[[str], str]:
    """A reader of one line about a person; `what` is how messages call it: "name", "title"."""

    def clean(value: str) -> str:
        for character in value:
            if character in BIDI_OVERRIDES or unicodedata.category(character) in {"Cc", "Cs"}:
                raise ValidationError(
                    f"Your {what} holds a line break or another control character "
                    f"(U+{ord(character):04X}); please type it again on one line."
                )
        shown = "".join(c for c in value if c not in INVISIBLE)
        line = re.sub(r"\s+", " ", unicodedata.normalize("NFC", shown)).strip()
        if not any(unicodedata.category(c)[0] in "LN" for c in line):
            raise ValidationError(f"Please give your {what}, in letters.")
        if len(line) > LONGEST_LINE:
            raise ValidationError(
                f"Your {what} has {len(line)} characters; the longest allowed is {LONGEST_LINE}."
            )
        return line

    return clean


def _without_stray(value: str) -> str:
    return "".join(c for c in value if c not in STRAY).strip()


def clean_email(value: str) -> str:
    """The address with its domain in small letters. The mail itself shows whether it arrives."""
    address = _without_stray(value)
    try:
        # Mail to a local part outside ASCII needs SMTPUTF8, which few relays offer. Names under
        # .test pass for those who try an installation; nothing can be sent there by mistake.
        checked = validate_email(
            address, check_deliverability=False, allow_smtputf8=False, test_environment=True
        )
    except EmailNotValidError as error:
        reason = str(error).replace("email", "e-mail").replace("period", "dot")
        raise ValidationError(
            f"The e-mail address cannot be right: {reason} One looks like name@example.org."
        ) from error
    if len(checked.normalized) > LONGEST_EMAIL:
        raise ValidationError(f"The e-mail address has more than {LONGEST_EMAIL} characters.")
    return checked.normalized


def clean_website(value: str) -> str:
    """An http or https address; "example.org" becomes https://example.org."""
    wrong = "The website's address cannot be right. One looks like www.example.org."
    address = _without_stray(value)
    if any(unicodedata.category(character) == "Cc" for character in address):
        raise ValidationError(wrong)
    scheme, separator, rest = address.partition("://")
    if separator and scheme.lower() not in {"http", "https"}:
        raise ValidationError("The website's address must begin with https:// or http://.")
    address = f"{scheme.lower()}://{rest}" if separator else f"https://{address}"
    try:
        URLValidator(schemes=["http", "https"])(address)
        parts = urlsplit(address)
    except (ValidationError, ValueError) as error:
        raise ValidationError(wrong) from error
    if "@" in parts.netloc:
        raise ValidationError(f"{wrong} This looks like an e-mail address.")
    if "." not in (parts.hostname or ""):
        raise ValidationError(wrong)
    if len(address) > LONGEST_WEBSITE:
        raise ValidationError(
            f"The website's address has {len(address)} characters; "
            f"the longest allowed is {LONGEST_WEBSITE}. The home page is enough."
        )
    return address
