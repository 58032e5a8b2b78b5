"""What is known of those who work at the desk: changes of their accounts, and their sign-ins.

The accounts themselves are Django's, and the second factors django-otp's. Proxies stand for their
tables here, so that the database audits what changes in them: by ids, and what is on or off. Names,
addresses, passwords and keys are not in it.
"""

from typing import TYPE_CHECKING

import pghistory
from django.contrib.auth.models import User
from django.db import models
from django.utils import timezone
from django_otp.plugins.otp_totp.models import TOTPDevice

from campaign.audit import every_change

#: Django makes these models itself: type checkers do not know them as classes.
if TYPE_CHECKING:
    from django.db.models import Model as _Device
    from django.db.models import Model as _RightOfUser
    from django.db.models import Model as _RoleOfUser
else:
    _RoleOfUser = User.groups.through
    _RightOfUser = User.user_permissions.through
    _Device = TOTPDevice

#: Labels of events that say that something was done, of which the audit holds no value.
PASSWORD_SET = "password"  # noqa: S105 - the label of an event
DETAILS_CHANGED = "details"
LINK_MADE = "link"
CODES_MADE = "codes"
SIGNED_OUT = "signed_out"


@pghistory.track(
    *every_change(),
    pghistory.UpdateEvent(PASSWORD_SET, condition=pghistory.AnyChange("password")),
    pghistory.UpdateEvent(
        DETAILS_CHANGED,
        condition=pghistory.AnyChange("username", "first_name", "last_name", "email"),
    ),
    *(pghistory.ManualEvent(label) for label in (LINK_MADE, CODES_MADE, SIGNED_OUT)),
    fields=["id", "is_active", "is_staff", "is_superuser"],
    obj_field=pghistory.ObjForeignKey(related_name="events"),
    app_label="campaign",
    model_name="AccountEvent",
)
class Account(User):
    """An account of a member of staff, as the audit knows it."""

    class Meta:
        proxy = True


def _given_and_taken() -> tuple[pghistory.RowEvent, ...]:
    return pghistory.InsertEvent(), pghistory.DeleteEvent()


@pghistory.track(*_given_and_taken(), app_label="campaign", model_name="RoleGivenEvent")
class RoleGiven(_RoleOfUser):
    """That somebody has a role."""

    class Meta:
        proxy = True


@pghistory.track(*_given_and_taken(), app_label="campaign", model_name="RightGivenEvent")
class RightGiven(_RightOfUser):
    """That somebody has a single right, beside those of a role."""

    class Meta:
        proxy = True


@pghistory.track(
    *_given_and_taken(),
    fields=["id", "user"],
    app_label="campaign",
    model_name="SecondFactorEvent",
)
class SecondFactor(_Device):  # type: ignore[django-manager-missing]  # of django-otp
    """An app that shows codes. Its key is in no event."""

    class Meta:
        proxy = True


class Outcome(models.TextChoices):
    SIGNED_IN = "in", "Signed in"
    ASKED = "asked", "Right password; asked for the code"
    PASSWORD = "password", "Wrong user name or password"
    CODE = "code", "Right password, wrong code"
    LIMITED = "limited", "Refused: too many attempts"
    LINK = "link", "Set a password by a link"


class SignInAttempt(models.Model):
    """One attempt to sign in; refusals of an hour, which anybody can cause, are one row.

    What was typed is not kept: people type passwords where the name belongs.
    """

    at = models.DateTimeField(default=timezone.now, db_index=True)
    #: None where there is no account of the name that was typed.
    account = models.ForeignKey(
        User, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    outcome = models.CharField(max_length=8, choices=Outcome.choices)
    #: A keyed hash of the client's surroundings (campaign.limits.judge.client_of).
    network_key = models.CharField(max_length=43, blank=True)
    count = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "attempt to sign in"
        verbose_name_plural = "attempts to sign in"
        indexes = [
            models.Index(fields=["account", "network_key"], name="attempts_of_account"),
        ]

    def __str__(self) -> str:
        return f"{self.get_outcome_display()}, {self.at:%Y-%m-%d %H:%M} UTC"
