"""Sessions of the desk: how they begin, what they have proven, and how they end.

Each ends after half a day without a request, SESSION_LONGEST after it began (campaign/staff.py),
with the password, with the account, and when somebody says so. There are as many as people at work,
so the table is read whole to end those of one.
"""

import time

import django_otp
from django.conf import settings
from django.contrib import auth
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django_otp.models import Device

from campaign.staff import BEGAN

#: Seconds between password and code.
CODE_WITHIN = 10 * 60
WAITS = "waits_for_code"


def account_of(request: HttpRequest) -> User:
    """Who is signed in. Raises PermissionDenied for nobody."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def begin(request: HttpRequest, account: User, device: Device | None = None) -> None:
    """Sign in, after the password and, where there is one, the code that `device` accepted."""
    request.session.pop(WAITS, None)
    auth.login(request, account, backend=settings.AUTHENTICATION_BACKENDS[0])
    if device is not None:
        django_otp.login(request, device)
    # Whatever the session was before, its key is nobody's but this browser's.
    request.session.cycle_key()
    request.session[BEGAN] = int(time.time())


def has_passed(request: HttpRequest) -> bool:
    """Whether all that is required of a session has been shown in it.

    A session that was begun without a code keeps its right only while none is required: setting up
    a second factor ends all others of the account.
    """
    return django_otp.DEVICE_ID_SESSION_KEY in request.session or not settings.REQUIRE_SECOND_FACTOR


def ask_for_code(request: HttpRequest, account: User) -> None:
    """The password was right: remember for CODE_WITHIN whose, without signing in."""
    request.session.cycle_key()
    request.session[WAITS] = {
        "account": account.pk,
        "password": account.get_session_auth_hash(),
        "until": int(time.time()) + CODE_WITHIN,
    }


def waiting_for_code(request: HttpRequest) -> User | None:
    """Who has given their password in this session, and no code yet."""
    waits = request.session.get(WAITS)
    if waits and time.time() < waits["until"]:
        account = User.objects.filter(pk=waits["account"], is_active=True, is_staff=True).first()
        if account and constant_time_compare(account.get_session_auth_hash(), waits["password"]):
            return account
    user = request.user
    # A session that was begun before codes were required.
    if isinstance(user, User) and user.is_active and user.is_staff and not has_passed(request):
        return user
    return None


def end(account: int, *, but: str | None = None) -> int:
    """End all sessions of the account of this id, at once, but for that of one key; how many."""
    theirs = [
        session.session_key
        for session in Session.objects.filter(expire_date__gt=timezone.now()).iterator()
        if session.session_key != but and _account_of(session) == str(account)
    ]
    ended, _ = Session.objects.filter(pk__in=theirs).delete()
    return ended


def _account_of(session: Session) -> str:
    held = SessionStore().decode(session.session_data)
    waits = held.get(WAITS) or {}
    return str(held.get(auth.SESSION_KEY) or waits.get("account") or "")
