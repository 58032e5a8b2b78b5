"""Moments as staff type them: local time, in the letter's time zone."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone


class LocalMomentField(forms.DateTimeField):
    """A date and time without a zone, which `in_zone` adds."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    default_error_messages = {
        "invalid": "Please give a date with its time, such as 2026-05-31 23:59."
    }

    def to_python(self, value: Any) -> datetime | None:
        moment = super().to_python(value)
        return moment.replace(tzinfo=None) if moment else None


def in_zone(local: datetime, zone: str) -> datetime:
    """The moment that clocks in `zone` show as `local`; the first when they show it twice.

    Raises ValidationError when they never show it, because they are put forward.
    """
    moment = local.replace(tzinfo=ZoneInfo(zone))
    try:
        shown = moment.astimezone(UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    except OverflowError as error:
        raise ValidationError("Please check the year.") from error
    if shown != local:
        raise ValidationError(
            f"Clocks in {zone} are put forward then: {local:%H:%M} does not exist on that day."
        )
    return moment


def local(moment: datetime | None, zone: str) -> datetime | None:
    """What clocks in `zone` show at `moment`, without a zone."""
    return timezone.make_naive(moment, ZoneInfo(zone)) if moment else None


def said(moment: datetime | None, zone: str) -> str:
    """For staff to read, such as “31 May 2026, 23:59 (Europe/Paris)”."""
    shown = local(moment, zone)
    return f"{shown.day} {shown:%B %Y, %H:%M} ({zone})" if shown else ""
