"""How long a letter is still open, in words: days as calendars in its time zone count them."""

from datetime import datetime
from zoneinfo import ZoneInfo

from campaign.admin.moments import said
from campaign.models import Letter
from campaign.models.letter import State


def closing(letter: Letter, now: datetime) -> str:
    """Such as “12 days left: closes 31 May 2026, 23:59 (Europe/Paris)”."""
    if letter.state == State.DRAFT:
        return "Not open yet"
    if letter.delivered_at:
        return f"Delivered {said(letter.delivered_at, letter.time_zone)}"
    if letter.state != State.OPEN:
        return f"Closed {said(letter.closed_at, letter.time_zone)}" if letter.closed_at else ""
    if letter.opens and letter.opens > now:
        return f"Opens {said(letter.opens, letter.time_zone)}"
    if letter.closes is None:
        return "No closing date"
    return _left(letter.closes, now, letter.time_zone)


def _left(closes: datetime, now: datetime, zone: str) -> str:
    if closes <= now:
        return "Closing now"
    end = closes.astimezone(ZoneInfo(zone))
    days = (end.date() - now.astimezone(ZoneInfo(zone)).date()).days
    at = f"at {end:%H:%M} ({zone})"
    if days == 0:
        return f"Closes today {at}"
    if days == 1:
        return f"1 day left: closes tomorrow {at}"
    return f"{days} days left: closes {said(closes, zone)}"
