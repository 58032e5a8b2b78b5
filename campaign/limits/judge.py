"""Judging a sign-on by how many came before it: as it comes, with a question, or not now."""

import ipaddress
import time
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import structlog
from django.conf import settings
from limits import RateLimitItem
from limits.strategies import SlidingWindowCounterRateLimiter
from redis.exceptions import RedisError

from campaign.limits import in_postgres
from campaign.limits.breaker import Breaker
from campaign.limits.domains import domain_of, is_free
from campaign.limits.in_redis import Hit, windows
from campaign.limits.table import (
    ADDRESS,
    DOMAIN,
    EMAIL,
    LETTER,
    RANGE,
    Limit,
)
from campaign.tokens import keyed_hash, mailbox_key

log = structlog.get_logger(__name__)

#: For so long after a failure of Redis nobody asks it, in seconds.
REST = 5.0
#: Sooner than this nobody is told to come back, in seconds: others wait for the same room.
LEAST_WAIT = 60
_redis = Breaker(REST)


class Level(IntEnum):
    CALM = 0  # taken as it comes
    NEAR = 1  # a proof of work is asked for; without one the mail goes the slow way
    FAR = 2  # not taken without a proof of work


@dataclass(frozen=True)
class Client:
    """Where a request came from, by keyed hashes only; empty where that is not known."""

    client_key: str = ""
    range_key: str = ""


@dataclass(frozen=True)
class Verdict:
    level: Level
    #: The limit that says so, by its name in campaign.limits.table.
    limit: str = ""
    #: A quiet limit is reached: the mail goes the slow way, and the answer is the usual one.
    slow: bool = False
    #: Seconds until one more could be taken, if no others came.
    wait: int = 0


CALM = Verdict(Level.CALM)


def client_of(address: str) -> Client:
    """The hashes of a client's address and of its range; see campaign.limits.table for which."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return Client()
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    one, around = (32, 24) if ip.version == 4 else (64, 48)
    networks = [ipaddress.ip_network((ip, length), strict=False) for length in (one, around)]
    return Client(keyed_hash("client", str(networks[0])), keyed_hash("range", str(networks[1])))


def judge(*, client: Client, letter: int, email: str) -> Verdict:
    """Count a sign-on on the letter of this id, and say how it is to be taken.

    One round trip while it is calm. Redis is not waited for: when it fails, PostgreSQL counts.
    """
    if not settings.RATE_LIMITS:
        return CALM
    domain = domain_of(email)
    subjects: list[tuple[Limit, str]] = [
        (LETTER, str(letter)),
        (EMAIL, mailbox_key(email)),
    ]
    if not is_free(domain):
        subjects.append((DOMAIN, keyed_hash("domain", f"{letter}:{domain}")))
    if client.client_key:
        subjects += [(ADDRESS, client.client_key), (RANGE, client.range_key)]
    room = hit([(limit.near, whose) for limit, whose in subjects])
    full = [subject for subject, has_room in zip(subjects, room, strict=True) if not has_room]
    if not full:
        return CALM
    slow = any(limit.far is None for limit, _ in full)
    asking = [(limit, limit.far, whose) for limit, whose in full if limit.far]
    if not asking:
        return Verdict(Level.CALM, slow=True)
    room = hit([(far, whose) for _, far, whose in asking])
    for (limit, far, whose), has_room in zip(asking, room, strict=True):
        if not has_room:
            return Verdict(Level.FAR, limit.name, slow, wait=wait_for(far, whose))
    return Verdict(Level.NEAR, asking[0][0].name, slow)


def hit(hits: Sequence[Hit]) -> list[bool]:
    """Whether there was room in each window; where there was, it has been taken."""
    if _redis.lets_through():
        try:
            room = windows(settings.REDIS_URL).hit(hits)
        except (RedisError, OSError) as error:
            _redis.failed()
            log.warning("limits.redis_away", error=type(error).__name__, seconds=REST)
        else:
            _redis.worked()
            return room
    return in_postgres.hit(hits)


def give_back(hits: Sequence[Hit]) -> None:
    """Undo what `hit` took: it does not count after all. Where it cannot be undone, it counts."""
    if not hits:
        return
    if _redis.lets_through():
        try:
            windows(settings.REDIS_URL).give_back(hits)
        except (RedisError, OSError):
            _redis.failed()
        else:
            _redis.worked()
            return
    in_postgres.give_back(hits)


def wait_for(item: RateLimitItem, whose: str) -> int:
    """Seconds until there is room again; without Redis the next full hour or day."""
    if _redis.lets_through():
        try:
            limiter = SlidingWindowCounterRateLimiter(windows(settings.REDIS_URL))
            free_at = limiter.get_window_stats(item, whose).reset_time
        except (RedisError, OSError):
            _redis.failed()
        else:
            return max(LEAST_WAIT, round(free_at - time.time()))
    length = item.get_expiry()
    return max(LEAST_WAIT, round(length - time.time() % length))
