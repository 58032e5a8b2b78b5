"""Who comes on the last evening: honest organisations, and among them those who mean harm."""

import random
from dataclasses import dataclass

from bench.load import Request

SIGN = "/letters/sample-letter/sign/"
#: One in ten means harm, in three ways in equal parts.
HOSTILE = 0.1
VICTIM = "victim@harbour.example"
#: Who is repeated again and again, in the name of an honest organisation.
REPEATED = 0
FLOOD_RANGE = "203.0.113"


@dataclass(frozen=True)
class Visitor:
    request: Request
    kind: str  # honest, repeats, victim, flood

    @property
    def honest(self) -> bool:
        return self.kind == "honest"

    @property
    def name(self) -> str:
        return (self.request.form or {})["organisation"]

    @property
    def email(self) -> str:
        return (self.request.form or {})["email"]


def visitors(count: int) -> list[Visitor]:
    """In the order in which they come; each from a client address of its own, the same always."""
    source = random.Random(1848)
    hostile = int(count * HOSTILE)
    coming = [_honest(number) for number in range(count - hostile)]
    coming += [_hostile(number) for number in range(hostile)]
    source.shuffle(coming)
    return coming


def _request(name: str, email: str, client: str) -> Request:
    return Request(
        SIGN,
        {
            "organisation": name,
            "contact_name": "Ada Lovelace",
            "contact_title": "Director",
            "email": email,
            "website": f"https://{email.partition('@')[2]}",
            "country": "SE",
            "authorised": "on",
            "text": "1",
        },
        client=client,
    )


def _address(number: int) -> str:
    """Four or so in a range, as in a network of many countries."""
    return f"10.{number % 8}.{number // 8 % 200}.{number // 1600 + 1}"


def _honest(number: int) -> Visitor:
    name, email = f"Honest Body {number}", f"ada@honest{number}.example"
    return Visitor(_request(name, email, _address(number)), "honest")


def _hostile(number: int) -> Visitor:
    client = f"172.16.{number % 250}.{number // 250 + 1}"
    if number % 3 == 0:
        same = _honest(REPEATED)
        return Visitor(_request(same.name, same.email, client), "repeats")
    if number % 3 == 1:
        return Visitor(_request(f"Invented Body {number}", VICTIM, client), "victim")
    client = f"{FLOOD_RANGE}.{number // 3 % 250 + 1}"
    name, email = f"Flooding Body {number}", f"x@flood{number}.example"
    return Visitor(_request(name, email, client), "flood")
