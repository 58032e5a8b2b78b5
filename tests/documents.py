"""Documents of editions to build pages and PDFs from, without a database."""

import hashlib
from typing import Any

from signatories.editions.schema import Document, FrozenLetter, FrozenWording, ListedGroup

BODY = """\
Two years ago, your government promised to review its policy on anti-personnel mines. We welcomed \
that promise. It has not been kept. A mine does not know a soldier from a child, and it does not \
know that the war is over – most of the people it kills are civilians, and half of those whose age \
is known are children.

We have read [the monitor’s latest report](https://example.org/report) and [your own findings](#). \
Both say the same: “no military use outweighs the harm.” For twenty-five years all but a few \
states have lived without these weapons, and their armies are none the weaker.

**The people who live on mined land cannot wait for another review.**

We ask your government to take these steps:

- Finish the review of the policy, and publish what it found.
- Ban the use of anti-personnel mines everywhere, without exceptions for any region.
- Destroy what is still in stock, on a schedule that the public can check.
- Join the treaty within a year, and take part in the meetings of its members until then.

We are ready to help with each of them, as we have done since 1992.
"""
GROUPS = {
    "committee": (
        "Steering Committee of the Coalition for Land Without Mines",
        "Alpine Demining Trust|Bridges of Peace|Centre for Civilians (CFC)|"
        "Doctors for Cleared Land|Friends of the Convention|Harbour Watch|"
        "Inclusion & Hope|Legacy of Peace|Quiet Fields|"
        "Western Valleys Campaign Against Mines and Cluster Munitions/"
        "Students for Safe Ground (SSG)",
    ),
    "coalition": (
        "Coalition for Land Without Mines (CLWM)",
        "Amber Relief|Council of Churches of the Lowlands, Justice and Peace Office|"
        "Democracy for the Delta (DDL)|Global Health Circle|"
        "Joint Ministries of the Reformed Church (Northern Synod) and the United Church of Isles|"
        "Land & People|Mine Action Group of the Highlands (MAGH)|"
        "Northern Saferoads (Brussels Office)|Peace at Once|"
        "Presbytery of the Coast (PC)|Rural Women’s Union|Sisters for Disarmament|"
        "Women's Action for New Paths (WANP)|Women’s League for Peace and Liberty",
    ),
    "partners": (
        "Partners",
        "Campaña Andina Contra las Minas|CARE for Fields|Centre for Fair Policy|CODE WHITE|"
        "CORE Union|Dutch Peace Desk|"
        "Evangelical Lutheran Aid|Land Rights Now|Österreichische Friedenshilfe|"
        "The Harbour Church|Watchlist on Fields and Farms|Youth Without Mines",
    ),
}


def wording(**changes: Any) -> FrozenWording:
    """The letter's words in one language, with the given ones in place of the usual."""
    body = changes.get("body", BODY)
    usual: FrozenWording = {
        "language": "en-GB",
        "direction": "ltr",
        "title": "Time to Join the Treaty Against Landmines",
        "addressee": ["President A. N. Example", "The Green House", "Capital City"],
        "cc": ["Minister of Defence B. Sample", "Minister of Foreign Affairs C. Specimen"],
        "salutation": "Dear President Example:",
        "body": body,
        "closing": "Yours sincerely,",
        "source": body,
        "sha256": hashlib.sha256(body.encode()).hexdigest(),
    }
    return {**usual, **changes}  # type: ignore[typeddict-item]


def groups(**names: list[str]) -> list[ListedGroup]:
    """Groups with these names of signatories, by key."""
    return [
        {
            "key": key,
            "title": GROUPS[key][0] if key in GROUPS else key,
            "signatories": [{"name": name, "country": "", "website": ""} for name in listed],
        }
        for key, listed in names.items()
    ]


def document(
    *,
    wordings: list[FrozenWording] | None = None,
    listed: list[ListedGroup] | None = None,
    **settings: Any,
) -> Document:
    """An edition of a public, open letter with 36 signatories in three groups.

    Settings replace those of the letter.
    """
    if listed is None:
        listed = groups(**{key: names.split("|") for key, (_, names) in GROUPS.items()})
    letter: FrozenLetter = {
        "slug": "landmines",
        "state": "open",
        "public": True,
        "path": "/letters/landmines/",
        "url": "https://letters.example.org/letters/landmines/",
        "language": "en-GB",
        "sender": "Coalition for Land Without Mines",
        "dateline": "31 January 2022",
        "running_header": "January 2022",
        "about": "The coalition brings together organisations that work for land without mines.",
        "contact": "coordinator@example.org",
        "press_contact": "",
        "opens": "",
        "closes": "",
        "time_zone": "UTC",
        "paper": "us-letter",
        "accent": "#1f4e79",
        "asks_country": False,
        "asks_website": False,
        "delivered": False,
    }
    return {
        "renderer": "1",
        "edition": 3,
        "published_at": "2022-01-31T14:05:00Z",
        "previous": "",
        "letter": {**letter, **settings},  # type: ignore[typeddict-item]
        "text": {"number": 1, "fixed": True, "wordings": wordings or [wording()]},
        "count": sum(len(group["signatories"]) for group in listed),
        "groups": listed,
    }
