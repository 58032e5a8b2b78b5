"""A chart of how many came when: bars as SVG, and the same figures as a table."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.safestring import SafeString, mark_safe

#: Days that there are at least, so that the first day of a letter is no wall.
FEWEST_DAYS = 14
#: More days than these are shown as weeks, more weeks as months.
MOST_BARS = 60
#: The chart in its own units, which the page stretches to whatever width there is.
WIDTH, HEIGHT = 600, 100
#: How much of a bar's place it fills.
FILLED = 0.8


@dataclass(frozen=True)
class Bar:
    """`label` is when, such as “3 May 2026” or “week from 4 May 2026”."""

    label: str
    count: int
    x: float
    y: float
    width: float
    height: float

    @property
    def number(self) -> str:
        return f"{self.count:,}"


@dataclass(frozen=True)
class Chart:
    """`unit` is day, week or month."""

    unit: str
    bars: list[Bar]
    first: date
    last: date

    width = WIDTH
    height = HEIGHT

    @property
    def most(self) -> Bar:
        """The highest; of several the first."""
        return max(self.bars, key=lambda bar: bar.count)

    @property
    def total(self) -> int:
        return sum(bar.count for bar in self.bars)

    @property
    def total_number(self) -> str:
        return f"{self.total:,}"

    # Put together here, of numbers and dates alone: fifty charts of sixty bars would take a
    # template's loops half a second.

    @property
    def rects(self) -> SafeString:
        """The bars as SVG, in the chart's own units. A day without any has none."""
        return mark_safe(  # noqa: S308
            "\n".join(
                f'<rect x="{bar.x}" y="{bar.y}" width="{bar.width}" height="{bar.height}"></rect>'
                for bar in self.bars
                if bar.count
            )
        )

    @property
    def rows(self) -> SafeString:
        """A row of the table for each bar."""
        return mark_safe(  # noqa: S308
            "\n".join(
                f'<tr><th scope="row">{bar.label[0].upper()}{bar.label[1:]}</th>'
                f"<td>{bar.number}</td></tr>"
                for bar in self.bars
            )
        )


def chart(first: date, counts: Sequence[int], *, until: date) -> Chart | None:
    """Of one number a day from `first` on, drawn at least until `until`; None without any.

    A bar is a day, or a week from Monday on, or a month of the calendar, so that there are no more
    than about MOST_BARS.
    """
    if not any(counts):
        return None
    days = [first + timedelta(days=number) for number in range(len(counts))]
    last = max(days[-1], until)
    # Somebody's clock may be years ahead.
    last = min(last, days[-1] + timedelta(days=3 * 366))
    begin = min(first, last - timedelta(days=FEWEST_DAYS - 1))
    unit = _unit((last - begin).days + 1)
    of_day = dict(zip(days, counts, strict=True))
    sums: dict[date, int] = {}
    for number in range((last - begin).days + 1):
        day = begin + timedelta(days=number)
        start = _start(day, unit)
        sums[start] = sums.get(start, 0) + of_day.get(day, 0)
    most, step = max(sums.values()), WIDTH / len(sums)
    bars = [
        Bar(
            label=_label(start, unit),
            count=count,
            x=round((place + (1 - FILLED) / 2) * step, 2),
            y=round(HEIGHT - HEIGHT * count / most, 2),
            width=round(step * FILLED, 2),
            height=round(HEIGHT * count / most, 2),
        )
        for place, (start, count) in enumerate(sums.items())
    ]
    return Chart(unit, bars, begin, last)


def said_day(day: date) -> str:
    """Such as “3 May 2026”."""
    return f"{day.day} {day:%B %Y}"


def _unit(days: int) -> str:
    if days <= MOST_BARS:
        return "day"
    return "week" if days <= 7 * MOST_BARS else "month"


def _start(day: date, unit: str) -> date:
    if unit == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if unit == "month" else day


def _label(start: date, unit: str) -> str:
    if unit == "week":
        return f"week from {said_day(start)}"
    return f"{start:%B %Y}" if unit == "month" else said_day(start)
