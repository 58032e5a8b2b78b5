"""Limits on signing in: so many wrong passwords and codes in any hour, then not now.

Each attempt takes its place before anything is checked, so that a thousand at once are no way
round, and one that was right gives it back. Three things are counted: one account from one address,
one network, and one account from everywhere.

**Nobody is locked out by a stranger.** Whoever could try an account's limit full from elsewhere
could keep its owner away. So an account has two counts: one for each network from which it has
signed in within the last 90 days, and one for all networks that are strange to it together. What
comes from elsewhere fills the second alone, and what is tried there on other accounts fills no
count that the owner meets. To keep away somebody at their usual place one has to be there, too, on
five addresses of the same network (or behind the very same one). Who signs in from somewhere new
while their account is attacked waits, or signs in from the usual place first.

What may be told: an account that is unknown is counted like one that is known. Only from a network
whose own limit is reached does an account that has signed in from there, and no other, go on being
answered; so its neighbours may learn that it has.
"""

from dataclasses import dataclass

from django.conf import settings

from campaign.limits.in_redis import Hit
from campaign.limits.judge import Client, give_back, hit, wait_for
from campaign.limits.table import SIGN_IN_ACCOUNT, SIGN_IN_CODE, SIGN_IN_NETWORK, SIGN_IN_PAIR
from campaign.tokens import keyed_hash


@dataclass(frozen=True)
class Place:
    """Of one attempt: what it took of each count, or how long to wait where one was full."""

    taken: tuple[Hit, ...] = ()
    #: Seconds; 0 where there was room.
    wait: int = 0

    def give_back(self) -> None:
        """The attempt was right, and does not count."""
        give_back(self.taken)


def take_place(*, name: str, client: Client, usual: bool, code: bool = False) -> Place:
    """Count an attempt on the account of this name, whether there is one or not.

    `usual` says that it has signed in from this network; `code` that a code is tried. Redis is not
    waited for: when it fails, PostgreSQL counts.
    """
    if not settings.RATE_LIMITS:
        return Place()
    # Of what is refused nothing is left: one address cannot fill the count of all.
    hits = _counts(name, client, usual=usual, code=code)
    room = hit(hits)
    if all(room):
        return Place(taken=tuple(hits))
    full = [counted for counted, has_room in zip(hits, room, strict=True) if not has_room]
    give_back([counted for counted, has_room in zip(hits, room, strict=True) if has_room])
    return Place(wait=max(wait_for(*counted) for counted in full))


def _counts(name: str, client: Client, *, usual: bool, code: bool) -> list[Hit]:
    account = keyed_hash("account", name)
    where = f"{account}:{client.range_key}" if usual else account
    hits: list[Hit] = [
        (SIGN_IN_PAIR, f"{account}:{client.client_key}"),
        (SIGN_IN_ACCOUNT, where),
    ]
    if not usual:
        hits.append((SIGN_IN_NETWORK, client.range_key))
    if code:
        hits.append((SIGN_IN_CODE, where))
    return hits
