"""Sign-ons by day: right whatever the zone, counted again when they change, never for a look."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from campaign import work
from campaign.admin.start import shown_letters
from campaign.models import Letter, OutgoingMail
from campaign.turn import Turn
from signatories.models import SignOn, SignOnsByDay
from signatories.models.hold import HoldKind
from signatories.roles import ROLES
from signatories.services import moderation, statistics
from tests.factories import LetterFactory, SignOnFactory, StaffFactory
from tests.plans import many_mails, many_sign_ons, plans
from tests.roles import client_of

pytestmark = pytest.mark.django_db

SIGN_ONS = "signatories_signon"
DAY = timedelta(days=1)


@pytest.fixture
def letter() -> Letter:
    return LetterFactory(open=True, public=True, time_zone="Europe/Paris")


def confirmed(letter: Letter, *moments: datetime, status: str = "approved") -> None:
    for moment in moments:
        sign_on = SignOnFactory(letter=letter, status=status)
        SignOn.objects.filter(pk=sign_on.pk).update(confirmed_at=moment)


def counted(letter: Letter) -> tuple[date | None, list[int]]:
    statistics.bring_up_to_date([letter])
    row = SignOnsByDay.objects.get(letter=letter)
    return row.first_day, row.counts


def utc(*moment: int) -> datetime:
    return datetime(*moment, tzinfo=UTC)  # type: ignore[arg-type]


def test_a_day_is_one_of_the_letters_own_calendar(letter: Letter) -> None:
    """Midnight in Paris is 22:00 UTC in May."""
    moments = [utc(2026, 5, 3, 21, 59), utc(2026, 5, 3, 22), utc(2026, 5, 4, 21, 59)]
    confirmed(letter, *moments, utc(2026, 5, 6, 22))
    assert counted(letter) == (date(2026, 5, 3), [1, 2, 0, 0, 1])
    Letter.objects.filter(pk=letter.pk).update(time_zone="UTC")
    letter.refresh_from_db()
    assert counted(letter) == (date(2026, 5, 3), [2, 1, 0, 1])


def test_those_are_counted_that_stand_or_wait_for_staff(letter: Letter) -> None:
    at = utc(2026, 5, 3, 12)
    for status in ("approved", "pending", "rejected", "withdrawn"):
        confirmed(letter, at, status=status)
    SignOnFactory(letter=letter, status="unconfirmed")
    SignOnFactory(letter=letter, status="lapsed")
    assert counted(letter) == (date(2026, 5, 3), [2])


def test_the_chart_agrees_with_the_numbers_beside_it(letter: Letter) -> None:
    confirmed(letter, *[utc(2026, 5, number, 12) for number in range(1, 8)])
    confirmed(letter, utc(2026, 5, 9, 12), status="pending")
    held = SignOn.objects.filter(letter=letter, status="approved").latest("pk")
    moderation.place_hold(sign_on=held, kind=HoldKind.BOARD)
    moderation.place_hold(sign_on=held, kind=HoldKind.CHALLENGE)
    statistics.bring_up_to_date([letter])
    client = client_of("moderator")
    [card] = client.get("/admin/").context["cards"]
    figures = {figure.label: figure.count for figure in card.figures}
    assert figures == {
        "Listed": 6, "Waiting for you": 1, "Waiting for them": 0, "On hold": 1, "New today": 0,
    }  # fmt: skip
    [part] = card.charts
    assert part.chart.total == 8
    assert SignOn.objects.public().filter(letter=letter).count() == 6


def test_new_are_those_of_today_and_yesterday_in_the_letters_zone(letter: Letter) -> None:
    confirmed(letter, utc(2026, 5, 20, 22, 10), utc(2026, 5, 20, 21), utc(2026, 5, 19, 22))
    confirmed(letter, utc(2026, 5, 19, 21))
    with time_machine.travel(utc(2026, 5, 20, 22, 30), tick=False):  # 00:30 on the 21st in Paris
        statistics.bring_up_to_date([letter])
        [card] = client_of("viewer").get("/admin/").context["cards"]
    [new] = [figure for figure in card.figures if figure.label == "New today"]
    assert (new.count, new.note) == (1, "and 2 yesterday")


def test_the_oldest_that_waits_is_named_with_its_moment(letter: Letter) -> None:
    confirmed(letter, utc(2026, 5, 3, 8), utc(2026, 5, 2, 8), status="pending")
    [card] = client_of("moderator").get("/admin/").context["cards"]
    [waiting] = [figure for figure in card.figures if figure.waits]
    assert waiting.note == "the oldest since 2 May 2026, 10:00 (Europe/Paris)"
    assert waiting.url == f"/admin/signatories/signon/?letter={letter.pk}&status__exact=pending"
    assert [link.label for link in card.links][:2] == [
        "Open the queue: 2 sign-ons",
        "Add a sign-on",
    ]


@pytest.mark.parametrize("role", ROLES)
def test_who_may_not_decide_is_not_called_to(letter: Letter, role: str) -> None:
    SignOnFactory(letter=letter)
    [card] = client_of(role.lower()).get("/admin/").context["cards"]
    labels = [link.label for link in card.links]
    decides = role == "Moderator"
    assert ("Open the queue: 1 sign-on" in labels) is decides
    assert ("Add a sign-on" in labels) is decides
    assert ("Waiting for you" in [figure.label for figure in card.figures]) is decides


def test_a_letter_that_is_delivered_takes_no_more_by_hand(letter: Letter) -> None:
    Letter.objects.filter(pk=letter.pk).update(delivered_at=timezone.now())
    [card] = client_of("administrator").get("/admin/").context["cards"]
    assert "Add a sign-on" not in [link.label for link in card.links]


# When they are counted


def test_the_sweep_counts_what_has_changed_and_nothing_else(
    letter: Letter, monkeypatch: pytest.MonkeyPatch
) -> None:
    LetterFactory(open=True)  # without sign-ons
    confirmed(letter, utc(2026, 5, 3, 12))

    def sweep() -> int:
        monkeypatch.setattr(statistics, "_turn", Turn())
        return work.run("statistics", overdue=timedelta(0))

    assert sweep() == 1
    assert sweep() == 0
    pending = SignOnFactory(letter=letter)
    assert sweep() == 1
    moderation.approve(sign_on=pending)
    assert sweep() == 1
    moderation.withdraw(sign_on=pending)
    assert sweep() == 1
    assert SignOnsByDay.objects.get().counts == [1]
    assert sweep() == 0
    with time_machine.travel(timezone.now() + DAY, tick=False):
        assert sweep() == 1, "another day"
    assert work.run("statistics", overdue=timedelta(0)) == 0, "not more often than it says"


def test_when_the_last_one_goes_none_is_counted(letter: Letter) -> None:
    confirmed(letter, utc(2026, 5, 3, 12))
    assert counted(letter) == (date(2026, 5, 3), [1])
    moderation.withdraw(sign_on=SignOn.objects.get())
    assert counted(letter) == (None, [])
    [card] = client_of("viewer").get("/admin/").context["cards"]
    assert card.charts == []


def test_a_clock_that_was_wrong_by_decades_makes_no_endless_row(letter: Letter) -> None:
    confirmed(letter, utc(1970, 1, 1), utc(2026, 5, 3, 12))
    first, counts = counted(letter)
    assert len(counts) == statistics.LONGEST
    assert (counts[0], counts[-1], sum(counts)) == (1, 1, 2)
    assert first == date(2026, 5, 3) - (statistics.LONGEST - 1) * DAY


def test_an_archived_letter_is_counted_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    letter = LetterFactory(open=True)
    SignOnFactory(letter=letter, status="approved")
    Letter.objects.filter(pk=letter.pk).update(state="closed", closed_at=timezone.now())
    Letter.objects.filter(pk=letter.pk).update(state="archived")
    monkeypatch.setattr(statistics, "_turn", Turn())
    assert work.run("statistics", overdue=timedelta(0)) == 0


# What a look costs

MOST_QUERIES = 15


@pytest.mark.parametrize("letters", [1, 12])
def test_the_front_page_costs_the_same_for_any_number_of_letters(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries, letters: int
) -> None:
    client.force_login(StaffFactory())
    for _ in range(letters):
        letter = LetterFactory(open=True, public=True)
        SignOnFactory(letter=letter)
        SignOnFactory(letter=letter, status="approved")
    LetterFactory(archived=True)
    statistics.bring_up_to_date(list(shown_letters()))
    with django_assert_num_queries(MOST_QUERIES):
        client.get("/admin/")


def test_a_look_at_the_front_page_reads_no_table_of_sign_ons_or_mails(
    client: Client, letter: Letter
) -> None:
    for other in [letter, *(LetterFactory(open=True) for _ in range(4))]:
        many_sign_ons(other, 3000, days=90)
    many_sign_ons(letter, 7, status="pending")
    many_sign_ons(letter, 500, status="unconfirmed")
    many_mails(letter, 3000)
    newest = OutgoingMail.objects.filter(pk=OutgoingMail.objects.latest("pk").pk)
    newest.update(bounce="permanent", bounced_at=timezone.now())
    statistics.bring_up_to_date(list(shown_letters()))
    client.force_login(StaffFactory())
    with plans() as found:
        page = client.get("/admin/").content.decode()
    assert ">3,000<" in page
    assert not [plan.sql for plan in found if SIGN_ONS in plan.read_whole]
    assert not [plan.sql for plan in found if "campaign_outgoingmail" in plan.read_whole]


def test_what_waits_is_counted_for_the_header_without_counting_the_others(
    client: Client, letter: Letter
) -> None:
    many_sign_ons(letter, 5000)
    many_sign_ons(letter, 7, status="pending")
    client.force_login(StaffFactory())
    with plans() as found:
        page = client.get("/admin/campaign/letter/").content.decode()
    assert '<span class="desk-number">7<' in page
    [waiting] = [plan for plan in found if "SUM(" in plan.sql and SIGN_ONS in plan.sql]
    nodes = [node for node in waiting.nodes if SIGN_ONS in node.get("Relation Name", "")]
    assert nodes
    for node in nodes:
        # That of what waits has nothing else in it.
        if node["Index Name"] != "sign_on_waiting":
            assert node["Index Name"] == "sign_on_by_state"
            assert "letter_id" in node["Index Cond"]
            assert "pending" in node["Index Cond"]


def test_staff_of_no_role_are_told_nothing_of_sign_ons(client: Client, letter: Letter) -> None:
    SignOnFactory(letter=letter)
    user: User = StaffFactory(may=["campaign.view_letter"])
    client.force_login(user)
    response = client.get("/admin/")
    assert response.context["cards"][0].figures == []
    assert "desk-number" not in response.content.decode()
