"""How well near-duplicates of listed organisations are found, and how long it takes.

Quality: the 36 organisations of the sample letter are in the registry, and the names of
bench/members.csv are matched with it. A near-duplicate counts when the right organisation comes
first; another name counts against it when anything is found.

Time: with 20,000 organisations and 100,000 sign-ons. Reference in the same run: comparing one name
with every name of the registry by its trigrams, past the index.

    .venv/bin/python -m bench.matching            the half for tuning
    .venv/bin/python -m bench.matching held-out   the half that nobody looks at
"""

import csv
import random
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from bench.site import running_site

ROOT = Path(__file__).resolve().parents[1]
ORGANISATIONS = 20_000
SIGN_ONS = 100_000
PAGE = 50
WORDS = [
    "Action", "Aid", "Alliance", "Campaign", "Centre", "Churches", "Council", "Development",
    "Foundation", "Human", "Institute", "International", "Land", "National", "Network", "Peace",
    "Relief", "Rights", "Women", "Youth", "Justice", "Health", "Children", "Climate", "Farmers",
    "Forum", "Friends", "Global", "Journalists", "Lawyers", "Mines", "Physicians", "Refugee",
    "Solidarity", "Students", "Survivors", "Teachers", "Union", "Veterans", "Watch", "Water",
]  # fmt: skip
PLACES = ["Kenya", "Sweden", "of Peru", "Québec", "Deutschland", "of the North", "in Asia", "", ""]
SYLLABLES = [
    "ba", "de", "fi", "go", "hu", "ja", "ke", "li", "mo", "nu", "pa", "re", "si", "to", "vu", "wa",
    "ye", "zi",
]  # fmt: skip


def rows(half: str) -> list[dict[str, str]]:
    with (ROOT / "bench/members.csv").open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row["half"] == half]


def listed() -> list[str]:
    with (ROOT / "sample/signatories.csv").open(encoding="utf-8", newline="") as file:
        return [row["organisation"] for row in csv.DictReader(file)]


def names(count: int) -> list[str]:
    """As people name bodies: common words, a name of their own in half of them, often a place."""
    source = random.Random(count)
    made: dict[str, None] = {}
    while len(made) < count:
        own = ["".join(source.choices(SYLLABLES, k=source.randint(2, 4))).title()]
        words = source.sample(WORDS, k=source.randint(2, 4))
        said = [*(own if source.random() < 0.5 else []), *words, source.choice(PLACES)]
        made[" ".join(word for word in said if word)] = None
    return list(made)


def quality(half: str) -> None:
    from signatories.services.similar import similar_names, similar_organisations

    asked = rows(half)
    found = similar_names([row["name"] for row in asked])
    right: Counter[str] = Counter()
    of_kind: Counter[str] = Counter()
    flagged = 0
    for row in asked:
        best = found.get(row["name"])
        one = similar_organisations(row["name"], website=row["website"])
        if (one[0].organisation if one else None) != (best.organisation if best else None):
            raise AssertionError("one by one and all at once do not agree")
        if row["listed_as"]:
            of_kind[row["kind"]] += 1
            hit = best is not None and best.organisation.display_name == row["listed_as"]
            right[row["kind"]] += hit
            if not hit and half == "tuning":
                print(f"  missed: {row['name']} ({row['kind']})")
        elif best is not None:
            flagged += 1
            if half == "tuning":
                print(f"  flagged: {row['name']} as {best.organisation}: {best.why}")
    near = of_kind.total()
    print(f"{half}: {right.total()} of {near} near-duplicates with the right organisation first; ")
    print(f"  {flagged} of {len(asked) - near} others flagged")
    print("  by kind: " + ", ".join(f"{kind} {right[kind]}/{n}" for kind, n in of_kind.items()))


def milliseconds(act: Callable[[], object], times: int = 20) -> str:
    act()
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        act()
        taken.append((time.perf_counter() - started) * 1000)
    return f"{statistics.median(taken):8.1f} ms (slowest {max(taken):.1f})"


def fill() -> None:
    """A large registry, and a letter with very many sign-ons, past audit and guards."""
    from django.db import connection

    from campaign.models import Letter
    from campaign.names import name_key
    from signatories.matching import keys
    from signatories.models import Organisation, SignOn
    from signatories.models.sign_on import Source, Status

    with connection.cursor() as cursor:
        for table in ("signatories_organisation", "signatories_signon"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    registry = names(ORGANISATIONS)
    started = time.perf_counter()
    Organisation.objects.bulk_create(
        [Organisation(display_name=name, name_key=name_key(name)) for name in registry],
        batch_size=1000,
        ignore_conflicts=True,
    )
    per_row = (time.perf_counter() - started) * 1000 / ORGANISATIONS
    print(f"writing an organisation with its keys: {per_row:.2f} ms")
    letter = Letter.objects.get()
    text = letter.current_text
    assert text is not None
    common = {
        "letter": letter, "wording": text.wording_in(letter.language),
        "group": letter.default_group, "source": Source.STAFF, "language": letter.language,
    }  # fmt: skip
    many = names(SIGN_ONS)
    for start in range(0, SIGN_ONS, 5000):
        SignOn.objects.bulk_create(
            SignOn(**common, listed_name=name, name_key=name_key(name), sort_key=b"",
                   status=Status.PENDING)
            for name in many[start : start + 5000]
        )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE signatories_organisation, signatories_signon")
    started = time.perf_counter()
    for name in many[:5000]:
        keys.kept([name + " x"])
    print(f"making the keys of a name: {(time.perf_counter() - started) / 5:.3f} ms")


def speed() -> None:
    from django.db import connection

    from signatories.models import SignOn
    from signatories.services.similar import (
        similar,
        similar_names,
        similar_organisations,
        with_similar,
    )

    fill()
    asked = names(500)
    source = random.Random(1)

    def past_the_index() -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT id FROM signatories_organisation ORDER BY "
                "similarity(name_key, %s) DESC LIMIT 5",
                [source.choice(asked)],
            )
            cursor.fetchall()

    print(f"reference, one name by reading the registry: {milliseconds(past_the_index)}")
    one = milliseconds(lambda: similar_organisations(source.choice(asked)))
    print(f"similar_organisations, one name:             {one}")
    many = milliseconds(lambda: similar_names(asked), 3)
    print(f"similar_names, 500 names:                    {many}")
    pks = list(SignOn.objects.order_by("pk").values_list("pk", flat=True))

    def a_page() -> None:
        start = source.randrange(SIGN_ONS - PAGE)
        with_similar(pks[start : start + PAGE])

    print(f"with_similar, a page of {PAGE}:                  {milliseconds(a_page, 10)}")
    one = milliseconds(lambda: similar(SignOn.objects.get(pk=source.choice(pks))))
    print(f"similar, one sign-on:                        {one}")


def main() -> None:
    half = sys.argv[1] if len(sys.argv) > 1 else "tuning"
    with running_site():
        from campaign.names import name_key
        from signatories.models import Organisation

        Organisation.objects.bulk_create(
            [Organisation(display_name=name, name_key=name_key(name)) for name in listed()],
            ignore_conflicts=True,
        )
        quality(half)
        if half == "tuning":
            speed()


if __name__ == "__main__":
    main()
