"""What security.txt says, and since when: it changes by the calendar, long before it expires."""

from datetime import UTC, datetime

from django.conf import settings

from signatories.editions.schema import Security

#: Months. RFC 9116 section 2.5.5 recommends less than a year; two quarters are left at a renewal.
QUARTER, HOLDS_FOR = 3, 9


def security(now: datetime) -> Security:
    """The same for all moments of a quarter of a year, so that it changes no edition between."""
    begin = renewed_at(now)
    month = begin.month - 1 + HOLDS_FOR
    expires = begin.replace(year=begin.year + month // 12, month=month % 12 + 1)
    return Security(contact=settings.SECURITY_CONTACT, expires=f"{expires:%Y-%m-%dT%H:%M:%SZ}")


def renewed_at(now: datetime) -> datetime:
    """When what it says at `now` began: the first moment of this quarter of the year, in UTC."""
    today = now.astimezone(UTC)
    month = (today.month - 1) // QUARTER * QUARTER + 1
    return datetime(today.year, month, 1, tzinfo=UTC)
