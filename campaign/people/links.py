"""Links by which somebody sets a password of their own: to begin with, or when it is forgotten.

Nobody else ever knows a password, and no mail is needed: an administrator hands the link over. It
is Django's token for resetting a password, which holds for PASSWORD_RESET_TIMEOUT and ends with the
next sign-in or password. Where there is no password yet, another link ends the one before; else
both hold until one is used.
"""

from datetime import datetime, timedelta

import pghistory
from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.auth.tokens import default_token_generator
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from campaign.models import Account
from campaign.models.people import LINK_MADE
from campaign.people import sessions
from campaign.tokens import token_id


@transaction.atomic
def make(*, account: User) -> tuple[str, datetime]:
    """The link, to be shown once, and until when it holds."""
    if not account.has_usable_password():
        account.set_unusable_password()  # another one, by which earlier links are wrong
        account.save(update_fields=["password"])
    pghistory.create_event(Account.objects.get(pk=account.pk), label=LINK_MADE)
    until = timezone.now() + timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT)
    return f"{settings.PUBLIC_URL}{path(account)}", until


def path(account: User) -> str:
    token = f"{account.pk}-{default_token_generator.make_token(account)}"
    return reverse("admin:password-link", args=[token])


def whose(token: str) -> User | None:
    """The account that the token is good for; None where it is good for nothing (any more)."""
    account = User.objects.filter(pk=token_id(token) or 0, is_active=True, is_staff=True).first()
    good = default_token_generator.check_token(account, token.partition("-")[2])
    return account if account and good else None


@transaction.atomic
def set_password(*, account: User, token: str, password: str) -> bool:
    """Set the password, which uses the link up and ends every session; False if it was used."""
    locked = User.objects.select_for_update().get(pk=account.pk)
    if whose(token) is None:
        return False
    with pghistory.context(action="password_link"):
        locked.set_password(password)
        locked.save(update_fields=["password"])
    sessions.end(account.pk)
    account.password = locked.password
    return True
