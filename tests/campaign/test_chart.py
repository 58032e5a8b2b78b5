"""The chart of the front page: its figures, and that it is drawn as SVG that every reader takes."""

import xml.etree.ElementTree as ET
from datetime import UTC, date, datetime, timedelta

import pytest
from django.template.loader import render_to_string

from campaign.admin.chart import FEWEST_DAYS, HEIGHT, MOST_BARS, WIDTH, Chart, chart

MONDAY = date(2026, 5, 4)


def drawn(counts: list[int], first: date = MONDAY, *, until: date | None = None) -> Chart:
    made = chart(first, counts, until=until or first + timedelta(days=len(counts) - 1))
    assert made
    return made


def page(made: Chart) -> str:
    at = datetime(2026, 5, 20, 14, 3, tzinfo=UTC)
    return render_to_string("admin/desk/_chart.html", {"chart": made, "at": at, "key": 7})


def test_without_sign_ons_there_is_no_chart() -> None:
    assert chart(MONDAY, [], until=MONDAY) is None
    assert chart(MONDAY, [0, 0], until=MONDAY) is None


def test_a_bar_is_a_day_also_where_nobody_came() -> None:
    made = drawn([3, 0, 5], until=MONDAY + timedelta(days=20))
    assert made.unit == "day"
    assert [bar.count for bar in made.bars] == [3, 0, 5, *[0] * 18]
    assert (made.bars[0].label, made.bars[-1].label) == ("4 May 2026", "24 May 2026")
    assert (made.total, made.most.count, made.most.label) == (8, 5, "6 May 2026")


def test_the_first_day_of_a_letter_is_one_bar_among_days_without_any() -> None:
    made = drawn([36])
    assert [bar.count for bar in made.bars] == [*[0] * (FEWEST_DAYS - 1), 36]


def test_many_days_are_shown_as_weeks_from_monday_on() -> None:
    made = drawn([1] * 100, MONDAY + timedelta(days=2))
    assert made.unit == "week"
    assert [bar.count for bar in made.bars][:2] == [5, 7]
    assert made.bars[0].label == "week from 4 May 2026"
    assert sum(bar.count for bar in made.bars) == 100


def test_years_are_shown_as_months() -> None:
    made = drawn([1] * 800, date(2024, 2, 10))
    assert made.unit == "month"
    assert (made.bars[0].label, made.bars[0].count) == ("February 2024", 20)
    assert made.total == 800


@pytest.mark.parametrize("days", [1, 13, 60, 61, 419, 420, 421, 1830])
def test_there_are_never_many_more_bars_than_a_telephone_shows(days: int) -> None:
    assert len(drawn([1] * days).bars) <= MOST_BARS + 2


def test_a_clock_that_is_years_ahead_draws_no_endless_chart() -> None:
    assert len(drawn([1], until=date(9000, 1, 1)).bars) <= MOST_BARS


def test_the_bars_are_as_high_as_their_counts_and_within_the_picture() -> None:
    made = drawn([1, 2, 4] * 10)
    tallest = next(bar for bar in made.bars if bar.count == 4)
    assert (tallest.height, tallest.y) == (HEIGHT, 0)
    assert next(bar for bar in made.bars if bar.count == 2).height == HEIGHT / 2
    for bar in made.bars:
        assert 0 <= bar.x <= bar.x + bar.width <= WIDTH
        assert bar.y + bar.height == pytest.approx(HEIGHT)


def test_it_is_svg_with_a_title_and_words_and_no_style_of_its_own() -> None:
    said = page(drawn([3, 0, 1500] * 7))
    figure = ET.fromstring(said[said.index("<svg") : said.index("</svg>") + 6])
    assert figure.attrib["role"] == "img"
    named = figure.attrib["aria-labelledby"].split()
    assert named == [figure[0].attrib["id"], figure[1].attrib["id"]]
    assert (figure[0].tag, figure[1].tag) == ("title", "desc")
    assert "10,521 together" in (figure[1].text or "")
    assert len(figure.findall("rect")) == 14, "a day without any has no bar"
    assert "style=" not in said


def test_its_figures_are_a_table_too() -> None:
    said = page(drawn([3, 0, 1500] * 7))
    table = ET.fromstring(said[said.index("<table") : said.index("</table>") + 8])
    rows = [[cell.text for cell in row] for row in table.iter("tr")]
    assert rows[0] == ["Day", "Sign-ons"]
    assert rows[1:4] == [["4 May 2026", "3"], ["5 May 2026", "0"], ["6 May 2026", "1,500"]]
    assert rows[-1] == ["Together", "10,521"]
    assert len(rows) == 23
    assert "Counted 20 May 2026, 14:03 UTC" in said
