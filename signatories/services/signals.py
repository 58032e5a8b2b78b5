"""Signals: what is worth a look on a sign-on. None of them refuses anything by itself."""

from datetime import datetime, timedelta
from urllib.parse import urlsplit

from campaign.limits.domains import domain_of, is_disposable, is_free

#: The words of SignOn.signals, and how staff read them.
SIGNALS = {
    "trap": "A field was filled in that people do not see",
    "disposable": "The e-mail address is of a kind that is thrown away",
    "free-mail": "The e-mail address is at a provider where anybody can have one",
    "other-domain": "The e-mail address is not at the website's domain",
    "no-proof": "Came near a limit, without the short calculation",
    "quick": "Confirmed within two seconds of the mail, faster than people read",
    "again": "Signed once more after it was confirmed or you corrected it; what was typed then is "
    "not kept",
}
#: Two of these together, and the mail goes the slow way. Honest people meet one by accident.
STRONG = {"trap", "disposable", "no-proof"}
#: The form is a file, so nothing tells how long it took to fill in. The mail does: who opens it,
#: reads it and presses the button takes longer; a program that answers mails does not.
QUICK = timedelta(seconds=2)


def signals_of(*, email: str, website: str, trap: str, unproven: bool) -> list[str]:
    """What the form's content says; `trap` is what stood in the field that nobody sees."""
    domain = domain_of(email)
    disposable = is_disposable(domain)
    free = not disposable and is_free(domain)
    other = website and not disposable and not free and not _related(domain, website)
    found = {
        "trap": trap.strip(),
        "disposable": disposable,
        "free-mail": free,
        "other-domain": other,
        "no-proof": unproven,
    }
    return [name for name, there in found.items() if there]


def suspicious(signals: list[str]) -> bool:
    """Whether it goes the slow way: never for one signal alone."""
    return len(STRONG & set(signals)) > 1


def said(signals: list[str]) -> list[str]:
    return [SIGNALS.get(name, name) for name in signals]


def is_quick(sent_at: datetime | None, now: datetime) -> bool:
    return sent_at is not None and now - sent_at < QUICK


def domain_said(email: str, website: str) -> str:
    """How the address's domain and the website's go together, in words for staff."""
    domain = domain_of(email)
    if is_disposable(domain):
        return f"{domain}: addresses that are thrown away"
    if is_free(domain):
        return f"{domain}: a free provider, where anybody can have an address"
    if not website:
        return f"{domain}; no website to compare it with"
    host = (urlsplit(website).hostname or "").removeprefix("www.")
    if _related(domain, website):
        return f"{domain}: the same as the website’s"
    return f"{domain}: different from the website’s, {host}"


def _related(domain: str, website: str) -> bool:
    """Whether one lies within the other, as example.org and mail.example.org do."""
    host = (urlsplit(website).hostname or "").removeprefix("www.")
    return host == domain or host.endswith(f".{domain}") or domain.endswith(f".{host}")
