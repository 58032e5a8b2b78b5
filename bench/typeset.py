"""How long the PDF of a letter takes by its number of names: the first time, then after a change.

Reference in the same run: a page of one line, compiled by a typst that is already warm.

    .venv/bin/python -m bench.typeset
"""

import random
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial

import typst

from signatories.editions.pdf import typeset
from tests.documents import document, groups

SIZES = (36, 1000, 10_000, 20_000)
WORDS = [
    "Action", "Aid", "Alliance", "Campaign", "Centre", "Churches", "Council", "Development",
    "Foundation", "Human", "Institute", "International", "Land", "National", "Network", "Peace",
    "Relief", "Rights", "Women", "Youth",
]  # fmt: skip
TAIL = ("", "", " (ACR)", " (Washington Office)")


def names(count: int) -> list[str]:
    """As many names of two to nine words, the same in every run."""
    source = random.Random(count)
    return [
        " ".join(source.choices(WORDS, k=source.randint(2, 9))) + source.choice(TAIL)
        for _ in range(count)
    ]


def seconds(act: Callable[[], object]) -> float:
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


def reference() -> float:
    """The median of ten compilations of a page, each with another word on it."""
    fonts = typst.Fonts(include_system_fonts=False)

    def page(number: int) -> None:
        typst.compile(f"Page {number}".encode(), font_paths=fonts, ignore_system_fonts=True)

    page(0)
    return statistics.median(seconds(partial(page, number)) for number in range(1, 11))


def measure(count: int) -> None:
    """Print the figures for so many names, in three groups, from a process of their own."""
    once = reference()
    listed = names(count)
    third = count // 3
    letter = document(
        listed=groups(
            committee=listed[:third],
            coalition=listed[third : 2 * third],
            partners=listed[2 * third :],
        )
    )
    first = seconds(lambda: typeset(letter, "en-GB"))
    changed = []
    for number in range(3):
        letter["groups"][-1]["signatories"][0]["name"] = f"Another Name {number}"
        changed.append(seconds(lambda: typeset(letter, "en-GB")))
    again = statistics.median(changed)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(
        f"{count:>6,} names: first {first:6.2f} s ({first / once:7,.0f} x reference), "
        f"one name changed {again:6.2f} s ({again / once:7,.0f} x), {memory:,} MB at most; "
        f"reference {once * 1000:.2f} ms"
    )


if __name__ == "__main__":
    if len(sys.argv) > 1:
        measure(int(sys.argv[1]))
    else:
        for size in SIZES:
            subprocess.run([sys.executable, "-m", "bench.typeset", str(size)], check=True)
