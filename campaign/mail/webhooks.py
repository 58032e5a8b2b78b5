"""The address at which a mail provider tells us what became of mails.

It exists while EMAIL_URL names a provider, for that provider only. Anymail checks the sign-in of
WEBHOOK_SECRET in constant time, and needs no CSRF cookie. Nothing is known by less than the
provider's own id of a mail, so that a forged event would have to guess one as well.
"""

from anymail import urls as anymail
from django.urls import URLPattern, path

# Connects the receiver: events would go nowhere without it.
from campaign.mail import tracking  # noqa: F401


def webhooks_of(provider: str) -> list[URLPattern]:
    """The one webhook of this provider: /mail/webhooks/PROVIDER/tracking/."""
    name = f"{provider}_tracking_webhook"
    view = next(each for each in anymail.urlpatterns if each.name == name).callback
    return [path(f"mail/webhooks/{provider}/tracking/", view, name="mail-webhook")]
