"""What a mail provider tells us about mails, through django-anymail's webhooks."""

from typing import Any

from anymail.signals import EventType, RejectReason, tracking
from django.dispatch import receiver

from campaign.mail.bounces import UnknownMail, note_bounce
from campaign.models.mail import Bounce

#: Anymail makes soft and hard bounces one; these are the words of the providers' own events.
SOFT_WORDS = ("soft", "transient", "undetermined", "blocked")
#: SparkPost's classes of bounces that are for good: no such recipient, unsubscribed.
HARD_CLASSES = {"10", "30", "90"}


# Anymail has no other door. This is the one receiver of a signal here.
@receiver(tracking)
def note_event(event: Any, **_: Any) -> None:
    """Note what came back; what is about no mail of ours is about another site's."""
    bounce = bounce_of(event)
    if bounce is None or not event.message_id:
        return
    try:
        note_bounce(bounce, provider_id=str(event.message_id))
    except UnknownMail:
        return


def bounce_of(event: Any) -> Bounce | None:
    """What an event of Anymail means; None for one that is not of a mail that came back."""
    kind, reason = event.event_type, event.reject_reason
    if kind in {EventType.COMPLAINED, EventType.UNSUBSCRIBED}:
        return Bounce.COMPLAINT
    if kind in {EventType.DEFERRED, EventType.FAILED}:
        return Bounce.SOFT
    if kind == EventType.REJECTED and reason in {RejectReason.SPAM, RejectReason.UNSUBSCRIBED}:
        return Bounce.COMPLAINT
    if kind not in {EventType.BOUNCED, EventType.REJECTED}:
        return None
    if reason == RejectReason.INVALID:
        return Bounce.PERMANENT
    final = reason == RejectReason.BOUNCED or (reason is None and kind == EventType.BOUNCED)
    return Bounce.PERMANENT if final and not _is_soft(event.esp_event) else Bounce.SOFT


def _part(raw: Any, name: str) -> dict[str, Any]:
    part: Any = raw.get(name)
    return part if isinstance(part, dict) else {}


def _is_soft(raw: Any) -> bool:
    """Whether the provider's own event says that it was for a time."""
    if raw.get("hard_bounce") is False:
        return True
    if "bounce_class" in raw:
        return str(raw["bounce_class"]) not in HARD_CLASSES
    data = _part(raw, "data")
    words = [raw.get("Type"), raw.get("event"), raw.get("type")]
    words += [data.get("type"), _part(data, "bounce").get("type")]
    said = " ".join(str(word).lower() for word in words if word)
    return any(word in said for word in SOFT_WORDS)
