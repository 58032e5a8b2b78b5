"""Reading how mails are sent: by SMTP, or by a provider of django-anymail."""

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit

import environs

from campaign.env_values import ConfigurationError, is_loopback, read_parts, read_url
from campaign.mail.providers import PROVIDERS, Account, ProviderError, account_of

#: Characters of the password that a mail provider signs in to our webhooks with.
LEAST_WEBHOOK_PASSWORD = 16
SMTP = {"smtp", "smtps", "smtp+tls"}
EXAMPLE = "smtp+tls://user:password@host:587"


def read_email_url(env: environs.Env) -> str:
    value: str = env.str("EMAIL_URL", "")
    scheme = read_parts("EMAIL_URL", value, EXAMPLE).scheme
    if scheme in PROVIDERS:
        return value
    if scheme and scheme not in SMTP:
        raise ConfigurationError(
            f"EMAIL_URL must look like {EXAMPLE}, or begin with smtps, smtp, or a mail "
            f"provider: {', '.join(sorted(PROVIDERS))}."
        )
    return read_url(env, "EMAIL_URL", SMTP, EXAMPLE)


def shows_password(url: str) -> bool:
    """Whether sending by it would carry its password, and every link, in the open over a network.

    Not to this machine or a private address, and not to a name that only a network of one's own
    knows: without a dot, as in Docker Compose, or under .internal or .local, as in Kubernetes.
    """
    parts = urlsplit(url)
    return parts.scheme == "smtp" and bool(parts.password) and not _is_near(parts)


def _is_near(parts: SplitResult) -> bool:
    host = parts.hostname or ""
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return "." not in host or host.endswith((".internal", ".local"))


def read_mail_provider(env: environs.Env) -> Account | None:
    parts = urlsplit(env.str("EMAIL_URL", ""))
    if parts.scheme not in PROVIDERS:
        return None
    try:
        account = account_of(parts)
    except ProviderError as error:
        raise ConfigurationError(f"EMAIL_URL {error}.") from error
    api = urlsplit(str(account.settings.get(f"{account.name.upper()}_API_URL", "https://api")))
    if not api.hostname or (api.scheme != "https" and not is_loopback(api.hostname)):
        raise ConfigurationError("EMAIL_URL must name an api_url that begins with https://.")
    return account


def read_webhook_secret(env: environs.Env) -> str:
    """What the provider signs in with when it tells us of bounces: USER:PASSWORD."""
    value: str = env.str("WEBHOOK_SECRET", "")
    if not value and urlsplit(env.str("EMAIL_URL", "")).scheme not in PROVIDERS:
        return ""
    user, _, password = value.partition(":")
    if not user or len(password) < LEAST_WEBHOOK_PASSWORD or re.search(r"[^!-~]", value):
        raise ConfigurationError(
            "WEBHOOK_SECRET must be USER:PASSWORD, the password of at least "
            f"{LEAST_WEBHOOK_PASSWORD} characters: the mail provider tells of bounces with it."
        )
    return value
