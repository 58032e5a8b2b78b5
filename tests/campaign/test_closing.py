"""How long a letter is open, in days as its own time zone counts them."""

from datetime import UTC, datetime

import pytest

from campaign.admin.closing import closing
from campaign.models import Letter
from campaign.models.letter import State

PARIS = "Europe/Paris"
#: 31 May 2026, 23:59 in Paris.
END = datetime(2026, 5, 31, 21, 59, tzinfo=UTC)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 5, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "words"),
    [
        (at(19, 12), "12 days left: closes 31 May 2026, 23:59 (Europe/Paris)"),
        (at(29, 12), "2 days left: closes 31 May 2026, 23:59 (Europe/Paris)"),
        (at(30, 21, 59), "1 day left: closes tomorrow at 23:59 (Europe/Paris)"),
        # Midnight in Paris is 22:00 UTC.
        (at(30, 22), "Closes today at 23:59 (Europe/Paris)"),
        (at(31, 21, 58), "Closes today at 23:59 (Europe/Paris)"),
        (END, "Closing now"),
    ],
)
def test_days_are_those_of_the_letters_calendar(now: datetime, words: str) -> None:
    letter = Letter(state=State.OPEN, closes=END, time_zone=PARIS)
    assert closing(letter, now) == words


@pytest.mark.parametrize(
    ("letter", "words"),
    [
        (Letter(state=State.DRAFT, closes=END), "Not open yet"),
        (Letter(state=State.OPEN), "No closing date"),
        (Letter(state=State.OPEN, opens=END), "Opens 31 May 2026, 21:59 (UTC)"),
        (Letter(state=State.CLOSED, closed_at=END), "Closed 31 May 2026, 21:59 (UTC)"),
        (Letter(state=State.CLOSED, delivered_at=END), "Delivered 31 May 2026, 21:59 (UTC)"),
    ],
)
def test_a_letter_that_is_not_about_to_close_says_so(letter: Letter, words: str) -> None:
    assert closing(letter, at(19, 12)) == words
