"""Kinds of work, each run by a worker on a hint and by the sweep in any case."""

from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.utils.module_loading import import_string


def kinds() -> list[str]:
    return list(settings.WORK_KINDS)


def run(kind: str, *, overdue: timedelta) -> int:
    """Do the work of this kind that has been due for at least `overdue`.

    Safe to run twice, and at the same time elsewhere: each piece is claimed in PostgreSQL first.
    Returns how many pieces were done. Raises KeyError for an unknown kind.
    """
    function: Callable[..., int] = import_string(settings.WORK_KINDS[kind])
    return function(overdue=overdue)
