"""A database connection of the web process: it does not wait for an answer without end."""

import time
from typing import Any

import psycopg

#: For each answer of PostgreSQL, in seconds. A server that is stopped, or that waits for a lock or
#: its disk, keeps its connections open and says nothing; no time-out of TCP or libpq covers that.
#: It is the client that counts, as nothing may be set in the server behind a pooler.
LONGEST_ANSWER = 8.0


class BoundedConnection(psycopg.Connection[Any]):
    """Raises OperationalError, and is of no use any more, when an answer takes too long.

    What was asked may be done all the same, later: nobody was thanked for it.
    """

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        longest = timeout or LONGEST_ANSWER
        started = time.monotonic()
        try:
            return super().wait(gen, interval=interval, timeout=longest)
        except psycopg.OperationalError as error:
            if timeout or time.monotonic() - started < longest:
                raise
            # In the middle of an exchange: what comes next would be taken for another's answer.
            self.pgconn.finish()
            raise psycopg.OperationalError(f"no answer within {longest:g} s") from error
