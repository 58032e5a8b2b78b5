"""migrate: Django's own, but it never holds up those who are signing for long.

A change of a table waits until nobody else is at it, and whoever comes meanwhile waits behind it.
So it waits only for a moment, gives way, and tries again.
"""

import re
import time
from collections.abc import Callable
from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import OperationalError, connections
from psycopg.errors import LockNotAvailable

#: How long a statement may wait for its lock, in milliseconds; sign-ons wait behind it.
LONGEST_WAIT = 2000
#: Seconds between two tries, for those who waited to get through.
PAUSE = 1.0
TRIES = 60
_CHANGES = re.compile(r"\s*(ALTER|CREATE|DROP|LOCK|TRUNCATE|COMMENT)\b", re.IGNORECASE)


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        connection = connections[options["database"]]
        for left in reversed(range(TRIES)):
            try:
                with connection.execute_wrapper(_give_way):
                    super().handle(*args, **options)
                return
            except OperationalError as error:
                if not isinstance(error.__cause__, LockNotAvailable):
                    raise
                if not left:
                    raise CommandError(
                        f"a table was in use at each of {TRIES} tries; what came before is done. "
                        "Look for long transactions in pg_stat_activity, and run it again."
                    ) from error
            self.stderr.write("A table is in use: giving way, and trying again.")
            time.sleep(PAUSE)


def _give_way(
    execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]
) -> Any:
    """Inside a transaction only: a setting of the session would stay behind in a pooler."""
    if _CHANGES.match(sql) and context["connection"].in_atomic_block:
        execute(f"SET LOCAL lock_timeout = {LONGEST_WAIT}", None, False, context)
    return execute(sql, params, many, context)
