"""Every route of the site, as Django resolves it, with the admin at `admin/` wherever it is."""

from collections.abc import Iterator
from typing import Any

from django.urls import get_resolver, reverse


def admin_prefix() -> str:
    return reverse("admin:index").lstrip("/")


def routes(patterns: Any = None, before: str = "") -> Iterator[str]:
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        route = before + str(pattern.pattern)
        if hasattr(pattern, "url_patterns"):
            yield from routes(pattern.url_patterns, route)
        elif route.startswith(admin_prefix()):
            yield "admin/" + route.removeprefix(admin_prefix())
        else:
            yield route


def address(example: str) -> str:
    """Where an example of the matrix really is."""
    if example.startswith("admin/"):
        return f"/{admin_prefix()}{example.removeprefix('admin/')}"
    return f"/{example}"
