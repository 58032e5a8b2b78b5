"""Trying something, again and again, in the same world."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction


@contextmanager
def undone() -> Iterator[None]:
    """What is done within is not there for the next."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
