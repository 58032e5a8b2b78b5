"""Changing accounts. There is always an administrator, and nobody takes away their own right."""

import pghistory
from django.contrib.auth.models import User
from django.db import transaction

from campaign.models import Account
from campaign.models.people import SIGNED_OUT
from campaign.people import sessions


class PersonError(Exception):
    """A change of an account that is refused; the message is for staff."""


@transaction.atomic
def add(account: User) -> None:
    """Save a new account, which may come to the desk once its password is set by a link."""
    account.is_staff = True
    account.set_unusable_password()
    account.save()


@transaction.atomic
def change(account: User) -> None:
    """Save what was changed of an account; one that is not active any more is signed out."""
    account.save()
    if not account.is_active:
        sessions.end(account.pk)


def check(*, account: User, by: User, administrator: bool, active: bool) -> None:
    """In the transaction of the change. Raises PersonError where it would take away too much."""
    # All administrators are locked: of two who take it from each other, the second is told.
    others = User.objects.select_for_update().filter(is_superuser=True).order_by("pk")
    left = [each for each in others if each.pk != account.pk and each.is_active]
    before = User.objects.filter(pk=account.pk).first()
    if before is None:
        return
    if account.pk == by.pk and before.is_superuser and not administrator:
        raise PersonError("You cannot take away your own right: ask another administrator.")
    if account.pk == by.pk and not active:
        raise PersonError("You cannot switch off your own account: ask another administrator.")
    if before.is_superuser and not (administrator and active) and not left:
        raise PersonError("This is the last administrator: make somebody else one first.")


@transaction.atomic
def delete(*, account: User, by: User) -> None:
    """Delete the account for good. Raises PersonError for one's own, and the last administrator."""
    check(account=account, by=by, administrator=False, active=False)
    sessions.end(account.pk)
    account.delete()


@transaction.atomic
def sign_out_everywhere(*, account: User, but: str | None = None) -> int:
    """End all sessions but one; how many there were."""
    ended = sessions.end(account.pk, but=but)
    pghistory.create_event(Account.objects.get(pk=account.pk), label=SIGNED_OUT)
    return ended
