"""Mail providers that EMAIL_URL can name, sent through by django-anymail.

Not here: amazon_ses, which needs boto3, and sendgrid, which Anymail has ceased to support.
"""

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote


class ProviderError(Exception):
    """EMAIL_URL does not say what the provider needs; the message says how it must look."""


@dataclass(frozen=True)
class Provider:
    """Which of Anymail's settings the parts of `name://user:password@host?option=` are."""

    example: str
    user: str = "API_KEY"
    password: str = ""
    host: str = ""
    #: Options whose names are Anymail's in small letters; those that must be there, first.
    needed: tuple[str, ...] = ()
    options: tuple[str, ...] = ()


PROVIDERS = {
    "brevo": Provider("brevo://KEY@"),
    "mailersend": Provider(
        "mailersend://TOKEN@?signing_secret=SECRET", user="API_TOKEN", needed=("signing_secret",)
    ),
    "mailgun": Provider(
        "mailgun://KEY@mg.example.org", host="SENDER_DOMAIN", options=("webhook_signing_key",)
    ),
    "mailjet": Provider("mailjet://KEY:SECRET@", password="SECRET_KEY"),  # noqa: S106 - a name
    "mandrill": Provider("mandrill://KEY@?webhook_key=KEY", needed=("webhook_key",)),
    "postmark": Provider("postmark://TOKEN@", user="SERVER_TOKEN", options=("message_stream",)),
    "resend": Provider("resend://KEY@"),
    "sparkpost": Provider("sparkpost://KEY@"),
}


@dataclass(frozen=True)
class Account:
    """A provider with its keys, as Django and Anymail take them."""

    name: str
    settings: dict[str, Any] = field(repr=False)

    @property
    def backend(self) -> str:
        return f"anymail.backends.{self.name}.EmailBackend"

    @property
    def secrets(self) -> list[str]:
        """What no log may hold."""
        return [
            value for name, value in self.settings.items() if re.search("KEY|TOKEN|SECRET", name)
        ]


def account_of(parts: SplitResult) -> Account:
    """The account that EMAIL_URL names. Raises ProviderError, which repeats no key."""
    provider = PROVIDERS[parts.scheme]
    wrong = ProviderError(f"must look like {provider.example}")
    given = dict(parse_qsl(parts.query, keep_blank_values=True))
    found = [
        (provider.user, unquote(parts.username or "")),
        (provider.password, unquote(parts.password or "")),
        (provider.host, parts.hostname or ""),
    ]
    if any(bool(name) != bool(value) for name, value in found) or parts.path.strip("/"):
        raise wrong
    named = {name: value for name, value in found if name}
    if not all(given.get(option) for option in provider.needed):
        raise wrong
    possible = {"api_url", *provider.needed, *provider.options}
    if unknown := sorted(given.keys() - possible):
        raise ProviderError(f"cannot have {unknown[0]}: only {', '.join(sorted(possible))}")
    prefix = parts.scheme.upper()
    settings = {f"{prefix}_{name}": value for name, value in named.items()}
    settings |= {f"{prefix}_{name.upper()}": value for name, value in given.items()}
    return Account(parts.scheme, settings)
