"""What the page that confirms shows of a sign-on, in short: so that only that is confirmed."""

import hashlib
import json

from signatories.models import Contact, SignOn


def shown_of(sign_on: SignOn, contact: Contact | None) -> str:
    """SHA-256, in hexadecimal, of all that the form's fields say; not of what staff decide."""
    person = [contact.name, contact.title] if contact else []
    shown = [sign_on.listed_name, sign_on.website, sign_on.country, *person]
    return hashlib.sha256(json.dumps(shown).encode()).hexdigest()
