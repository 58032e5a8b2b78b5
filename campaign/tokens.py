"""Tokens for links in mails, and keyed hashes of addresses: derived, never stored."""

import base64
import hashlib
import hmac
import secrets
import unicodedata

from django.conf import settings

from campaign.mailboxes import mailbox_of


def _mac(message: str) -> str:
    digest = hmac.new(settings.TOKEN_KEY.encode(), message.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def new_epoch() -> int:
    """A random epoch, for a new row and whenever its links are to end; fits a positive integer.

    Not one more than the last: a database that was restored from a backup gives out ids, and
    counts epochs on, from where they stood then. A link that was mailed between the backup and
    the loss would be right again, and for somebody else's row.
    """
    return secrets.randbelow(2**31)


def make_token(purpose: str, pk: int, epoch: int) -> str:
    """The token `<id>-<mac>` of a link; another epoch makes older ones invalid."""
    return f"{pk}-{_mac(f'{purpose}:{pk}:{epoch}')}"


def token_id(token: str) -> int | None:
    """The id that a token claims to be for, before anything is proven; None if malformed."""
    pk, _, mac = token.partition("-")
    if not mac or not pk.isascii() or not pk.isdigit() or len(pk) > 18:
        return None
    return int(pk)


def token_matches(token: str, purpose: str, pk: int, epoch: int) -> bool:
    """Whether the token is the right one, compared in constant time."""
    return hmac.compare_digest(token.encode(), make_token(purpose, pk, epoch).encode())


def keyed_hash(purpose: str, value: str) -> str:
    """43 characters that tell only whether two values of one purpose are equal."""
    return _mac(f"{purpose}:{value}")


def address_key(address: str) -> str:
    """A keyed hash of an e-mail address, equal whatever the case of its letters.

    The domain is compared without case; so is the local part, which in practice no provider
    distinguishes (RFC 5321 section 2.4 would allow it).
    """
    return _mac(f"address:{_compared(address)}")


def mailbox_key(address: str) -> str:
    """A keyed hash of the mailbox that an address probably reaches (campaign.mailboxes).

    For counting only: what must be about one person and nobody else goes by `address_key`. Of an
    address that is its mailbox's plain spelling the two are equal.
    """
    return _mac(f"address:{mailbox_of(_compared(address))}")


def _compared(address: str) -> str:
    return unicodedata.normalize("NFKC", address).strip().casefold()
