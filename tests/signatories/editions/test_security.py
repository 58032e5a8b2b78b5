"""security.txt: whom to tell of a security problem, until when, and renewed by the calendar."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from pytest_django.fixtures import Settings

from campaign.publication import want
from signatories import calendar
from signatories.editions import publisher
from signatories.editions.freeze import site_document
from signatories.editions.pages import site_files
from signatories.editions.publisher import site_place
from signatories.editions.security import renewed_at, security

NAME = ".well-known/security.txt"
NIGHT = datetime(2026, 12, 31, 23, 59, 50, tzinfo=UTC)


def test_it_always_holds_for_more_than_half_and_less_than_a_whole_year() -> None:
    day = datetime(2026, 1, 1, tzinfo=UTC)
    for _ in range(2 * 366):
        expires = datetime.fromisoformat(security(day)["expires"])
        assert timedelta(days=180) < expires - day < timedelta(days=280)
        assert renewed_at(day) <= day < renewed_at(day) + timedelta(days=93)
        day += timedelta(days=1)


def test_it_has_the_fields_of_rfc_9116(db: None, settings: Settings) -> None:
    settings.SECURITY_CONTACT = "https://example.org/security"
    document = site_document(edition=1, published_at=NIGHT, previous="")
    assert site_files(document)[NAME].decode().splitlines() == [
        "Contact: https://example.org/security",
        "Expires: 2027-07-01T00:00:00Z",
        "Preferred-Languages: en",
        f"Canonical: {settings.PUBLIC_URL}/.well-known/security.txt",
    ]


@pytest.mark.django_db
def test_the_calendar_renews_it_once_a_quarter() -> None:
    def shown() -> str:
        publisher.run(overdue=timedelta(0))
        content = site_place().store.read("site", NAME)
        assert content
        return content.decode()

    with time_machine.travel(NIGHT, tick=False) as clock:
        want(None)
        assert "Expires: 2027-07-01" in shown()
        assert calendar.run(overdue=timedelta(0)) == 0
        clock.shift(60)
        assert calendar.run(overdue=timedelta(0)) == 1
        assert "Expires: 2027-10-01" in shown()
        assert calendar.run(overdue=timedelta(0)) == 0
