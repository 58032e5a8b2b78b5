"""Counting in Redis: sliding windows of the library `limits`, all of a request in one go."""

from collections.abc import Sequence
from functools import cache
from typing import cast

from limits import RateLimitItem
from limits.storage import RedisStorage
from redis.backoff import NoBackoff
from redis.client import Redis
from redis.exceptions import NoScriptError
from redis.retry import Retry

#: Longest wait for a connection, and for an answer, in seconds. A healthy server takes less than a
#: thousandth; a request that waits longer is better off with PostgreSQL.
PATIENCE = 0.1

#: Never below nothing, nor a key without an end: the window may have gone meanwhile.
_GIVE_BACK = """
    local count = tonumber(redis.call('get', KEYS[1])) or 0
    if count > 0 then redis.call('decr', KEYS[1]) end
"""

Hit = tuple[RateLimitItem, str]


class Windows(RedisStorage):
    """`RedisStorage`, which can also hit several windows at once."""

    def hit(self, hits: Sequence[Hit]) -> list[bool]:
        """Whether there was room in each window; where there was, it has been taken.

        Raises redis.RedisError.
        """
        try:
            return self._hit(hits)
        except NoScriptError:  # the server was started anew
            client = cast("Redis", self.storage)
            client.script_load(self.SCRIPT_ACQUIRE_SLIDING_WINDOW)
            return self._hit(hits)

    def _hit(self, hits: Sequence[Hit]) -> list[bool]:
        client = cast("Redis", self.storage)
        with client.pipeline(transaction=False) as pipeline:
            for item, whose in hits:
                key = item.key_for(whose)
                pipeline.evalsha(
                    self.lua_acquire_sliding_window.sha,
                    2,
                    self.prefixed_key(self._previous_window_key(key)),
                    self.prefixed_key(self._current_window_key(key)),
                    str(item.amount),
                    str(item.get_expiry()),
                    "1",
                )
            return [bool(taken) for taken in pipeline.execute()]

    def give_back(self, hits: Sequence[Hit]) -> None:
        """Take one off each window that was hit just before. Raises redis.RedisError."""
        client = cast("Redis", self.storage)
        with client.pipeline(transaction=False) as pipeline:
            for item, whose in hits:
                key = self._current_window_key(item.key_for(whose))
                pipeline.eval(_GIVE_BACK, 1, self.prefixed_key(key))
            pipeline.execute()


@cache
def windows(url: str) -> Windows:
    """Those on the server at `url`. Nothing connects before the first hit."""
    return Windows(
        url,
        key_prefix="undersigned",
        socket_timeout=PATIENCE,
        socket_connect_timeout=PATIENCE,
        retry=Retry(NoBackoff(), 0),  # type: ignore[arg-type]  # the library passes it on
    )
