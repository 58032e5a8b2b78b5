"""The second factor: an app that shows codes (TOTP, RFC 6238), and recovery codes on paper.

Kept by django-otp. A key is derived until its first code has proven that the app has it, and only
then kept; a recovery code is kept as a keyed hash.
"""

import base64
import io
import re
import secrets
import time

import pghistory
import segno
from django.contrib.auth.models import User
from django.db import transaction
from django.utils.safestring import SafeString, mark_safe
from django_otp import verify_token
from django_otp.models import Device
from django_otp.oath import TOTP
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from campaign.models import Account
from campaign.models.people import CODES_MADE
from campaign.people import sessions
from campaign.tokens import keyed_hash

#: Recovery codes that are made at once, and their length: 50 bits.
CODES = 10
LENGTH = 10
#: Without those that are taken for another.
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
KEY_LENGTH = 20  # bytes: RFC 4226 section 4, requirement 6
#: Characters of a keyed hash that django-otp's column holds: 96 bits.
HASH_LENGTH = 16


class WrongCodeError(Exception):
    """A code that is not right, or was used already."""


def has(account: User) -> bool:
    return bool(TOTPDevice.objects.filter(user=account.pk, confirmed=True).exists())


def codes_left(account: User) -> int:
    return int(StaticToken.objects.filter(device__user=account.pk).count())


def offered_key(account: User, session_key: str | None) -> bytes:
    """The key of an app that is to be set up in this session: the same until one is."""
    latest = TOTPDevice.objects.filter(user=account.pk).order_by("-pk").first()
    made = keyed_hash("second factor", f"{account.pk}:{session_key}:{latest.pk if latest else 0}")
    return base64.urlsafe_b64decode(f"{made}=")[:KEY_LENGTH]


def address(account: User, key: bytes) -> str:
    """What the QR code holds: an otpauth: address, with account and site above the code."""
    return str(TOTPDevice(user=account, key=key.hex()).config_url)


def drawn(text: str) -> SafeString:
    """A QR code as an SVG element, dark on light in any theme, without a style."""
    file = io.BytesIO()
    segno.make(text, error="m", micro=False).save(
        file, kind="svg", xmldecl=False, svgns=False, omitsize=True, border=4,
        dark="#000", light="#fff", svgclass="qr", lineclass=None,
    )  # fmt: skip
    return mark_safe(file.getvalue().decode())  # noqa: S308 - made of squares only


def typed_key(key: bytes) -> str:
    """The key for those who type it, in groups of four."""
    text = base64.b32encode(key).decode()
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))


@transaction.atomic
def set_up(
    *, account: User, key: bytes, code: str, but: str | None = None
) -> tuple[Device, list[str]]:
    """Take the app that showed this code, in place of an earlier one, and make recovery codes.

    All sessions of the account end, but for that of one key. Raises WrongCodeError.
    """
    User.objects.select_for_update().get(pk=account.pk)
    totp = TOTP(key)
    totp.time = time.time()
    code = _plain(code)
    if not _is_of_the_app(code) or not totp.verify(int(code), tolerance=1):
        raise WrongCodeError
    TOTPDevice.objects.filter(user=account.pk).delete()
    # This code, too, is used up.
    device = TOTPDevice.objects.create(
        user=account, name="app", key=key.hex(), last_t=totp.t(), drift=totp.drift
    )
    sessions.end(account.pk, but=but)
    return device, new_codes(account=account)


def verify(*, account: User, code: str) -> Device | None:
    """What accepted the code, which counts once: the app, or the recovery codes."""
    code = _plain(code)
    if _is_of_the_app(code):
        devices = TOTPDevice.objects.filter(user=account.pk, confirmed=True)
    else:
        devices = StaticDevice.objects.filter(user=account.pk, confirmed=True)
        code = _kept(account, code)
    for device in devices:
        verified: Device | None = verify_token(account, device.persistent_id, code)
        if verified:
            return verified
    return None


@transaction.atomic
def new_codes(*, account: User) -> list[str]:
    """Recovery codes, in place of all earlier ones; they are shown now or never."""
    User.objects.select_for_update().get(pk=account.pk)
    device, _ = StaticDevice.objects.get_or_create(user=account, name="recovery codes")
    device.token_set.all().delete()
    codes = ["".join(secrets.choice(LETTERS) for _ in range(LENGTH)) for _ in range(CODES)]
    StaticToken.objects.bulk_create(
        [StaticToken(device=device, token=_kept(account, code)) for code in codes]
    )
    pghistory.create_event(Account.objects.get(pk=account.pk), label=CODES_MADE)
    return [f"{code[: LENGTH // 2]}-{code[LENGTH // 2 :]}" for code in codes]


@transaction.atomic
def remove(*, account: User, but: str | None = None) -> bool:
    """Take the app and the recovery codes away, and end the sessions but for one.

    Returns whether there was anything.
    """
    removed, _ = TOTPDevice.objects.filter(user=account.pk).delete()
    StaticDevice.objects.filter(user=account.pk).delete()
    if removed:
        sessions.end(account.pk, but=but)
    return bool(removed)


def _plain(code: str) -> str:
    """As it was shown, whatever people put between and in whatever case."""
    return re.sub(r"[\s\-–]", "", code).lower()


def _is_of_the_app(code: str) -> bool:
    return re.fullmatch(r"[0-9]{6}", code) is not None


def _kept(account: User, code: str) -> str:
    return keyed_hash("recovery", f"{account.pk}:{code}")[:HASH_LENGTH]
