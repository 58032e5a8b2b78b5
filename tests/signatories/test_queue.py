"""The queue in its parts: what waits for whom, with counts, oldest first."""

from typing import Any

import pytest
from django.test import Client

from campaign.models import Group, Letter
from signatories.models import SignOn
from signatories.models.hold import HoldKind
from signatories.models.sign_on import Status
from signatories.services import moderation
from tests.factories import LetterFactory, SignOnFactory, StaffFactory
from tests.plans import many_sign_ons, plans

pytestmark = pytest.mark.django_db

LIST = "/admin/signatories/signon/"
SIGN_ONS = "signatories_signon"


@pytest.fixture
def letter() -> Letter:
    return LetterFactory(open=True, public=True)


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(StaffFactory(username="maya"))
    return client


@pytest.fixture
def made(letter: Letter) -> dict[str, SignOn]:
    """One of each state, one that is held, and one on another letter."""
    made = {status.value: SignOnFactory(letter=letter, status=status) for status in Status}
    made["held"] = SignOnFactory(letter=letter, status=Status.APPROVED)
    moderation.place_hold(sign_on=made["held"], kind=HoldKind.PAUSE)
    made["elsewhere"] = SignOnFactory()
    return made


def rows(desk: Client, **query: Any) -> list[SignOn]:
    found: list[SignOn] = desk.get(LIST, query).context["cl"].result_list
    return found


def tabs(desk: Client, **query: Any) -> dict[str, str]:
    return {tab.label: tab.count for tab in desk.get(LIST, query).context["cl"].queue.tabs}


def current(desk: Client, **query: Any) -> list[str]:
    shown = desk.get(LIST, query).context["cl"].queue.tabs
    return [tab.label for tab in shown if tab.current]


def test_each_part_shows_what_is_in_it_and_its_count(
    desk: Client, letter: Letter, made: dict[str, SignOn]
) -> None:
    parts = {
        "you": ["pending"],
        "them": ["unconfirmed"],
        "listed": ["approved"],
        "others": ["held", "rejected", "withdrawn", "lapsed"],
    }
    for part, names in parts.items():
        assert rows(desk, letter=letter.pk, part=part) == [made[name] for name in names], part
    assert len(rows(desk, letter=letter.pk, part="all")) == 7
    assert tabs(desk, letter=letter.pk) == {
        "Waiting for you": "1",
        "Waiting for them": "1",
        "Listed": "1",
        "All others": "4",
        "All": "7",
    }
    assert tabs(desk)["Waiting for you"] == "2", "of all letters"


def test_the_list_begins_with_what_waits_for_staff(
    desk: Client, letter: Letter, made: dict[str, SignOn]
) -> None:
    assert rows(desk) == [made["pending"], made["elsewhere"]]
    assert rows(desk, letter=letter.pk) == [made["pending"]]
    assert current(desk) == ["Waiting for you"]
    page = desk.get(LIST).content.decode()
    assert 'href="?part=listed"' in page
    assert 'aria-current="page">Waiting for you' in page
    assert (
        f'href="?letter={letter.pk}&amp;part=them"'
        in desk.get(LIST, {"letter": letter.pk}).content.decode()
    )


def test_who_searches_or_filters_looks_everywhere(desk: Client, made: dict[str, SignOn]) -> None:
    listed = made["approved"]
    assert rows(desk, q=listed.listed_name) == [listed]
    assert rows(desk, q=listed.listed_name, part="you") == []
    assert current(desk, q=listed.listed_name) == []
    assert current(desk, q=listed.listed_name, part="listed") == ["Listed"]
    assert len(rows(desk, source__exact="form")) == 8


def test_addresses_of_before_show_what_they_did(desk: Client, made: dict[str, SignOn]) -> None:
    for status in Status:
        shown = rows(desk, status__exact=status.value)
        assert made[status.value] in shown
        assert {row.status for row in shown} == {status}
    assert current(desk, status__exact="pending") == ["Waiting for you"]
    assert current(desk, status__exact="rejected", part="you") == []
    assert len(rows(desk, part="nonsense")) == 2
    assert desk.get(LIST, {"status__exact": "nonsense"}).status_code == 200


def test_the_longest_waiting_come_first_in_both_waiting_parts(desk: Client, letter: Letter) -> None:
    for part, status in (("you", "pending"), ("them", "unconfirmed")):
        many_sign_ons(letter, 60, status=status)
        first, second = (rows(desk, letter=letter.pk, part=part, p=page) for page in (1, 2))
        moments = [row.confirmed_at if part == "you" else row.confirm_by for row in first + second]
        assert len(moments) == 60
        assert moments == sorted(moments)  # type: ignore[type-var]


def test_what_is_listed_is_shown_newest_first_or_as_readers_see_it(
    desk: Client, letter: Letter
) -> None:
    committee = Group.objects.get(letter=letter, position=1)
    names = [("Zebra", None), ("Ant", None), ("Mole", committee)]
    zebra, ant, mole = [
        SignOnFactory(letter=letter, name=name, group=group, status=Status.APPROVED)
        for name, group in names
    ]
    listed = {"letter": letter.pk, "part": "listed"}
    assert rows(desk, **listed) == [mole, ant, zebra]
    assert rows(desk, **listed, order="house") == [mole, ant, zebra]
    late = SignOnFactory(letter=letter, name="Newt", status=Status.APPROVED)
    assert rows(desk, **listed) == [late, mole, ant, zebra]
    assert rows(desk, **listed, order="house") == [mole, ant, late, zebra]
    assert "In house order" in desk.get(LIST, listed).content.decode()
    assert "In house order" not in desk.get(LIST, {"part": "listed"}).content.decode()


@pytest.mark.parametrize("query", ["", "?letter={letter}", "?part=others", "?part=listed"])
def test_the_counts_of_the_parts_come_from_indexes(
    desk: Client, letter: Letter, query: str
) -> None:
    many_sign_ons(letter, 3000)
    many_sign_ons(letter, 20, status="pending")
    moderation.place_hold(sign_on=SignOn.objects.first(), kind=HoldKind.PAUSE)  # type: ignore[arg-type]
    with plans() as found:
        desk.get(LIST + query.format(letter=letter.pk))
    counting = [plan for plan in found if SIGN_ONS in plan.sql and "COUNT(" in plan.sql.upper()]
    assert 2 <= len(counting) <= 4
    assert not [plan.sql for plan in counting if SIGN_ONS in plan.read_whole]


def test_what_waits_is_found_in_its_order_by_an_index(desk: Client, letter: Letter) -> None:
    many_sign_ons(letter, 3000, status="pending")
    with plans() as found:
        desk.get(LIST)
    assert max(plan.sorted_rows for plan in found if SIGN_ONS in plan.sql) < 1000
    used: set[str] = set().union(*(plan.indexes for plan in found))
    assert "sign_on_waiting" in used
