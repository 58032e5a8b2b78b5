"""Bulk actions at the desk: select across pages, see how far it is, try again what was refused."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from campaign.models import Group, Letter
from signatories.admin.chosen import AT_ONCE
from signatories.models import Bulk, SignOn
from signatories.models.bulk import BulkState
from signatories.models.sign_on import Status
from signatories.services import bulk_work, bulks
from tests.factories import LetterFactory, SignOnFactory, StaffFactory
from tests.plans import many_sign_ons
from tests.roles import client_of

pytestmark = pytest.mark.django_db

LIST = "/admin/signatories/signon/"
MANY = AT_ONCE + 1


@pytest.fixture
def letter() -> Letter:
    return LetterFactory(open=True, public=True)


@pytest.fixture
def maya() -> User:
    return StaffFactory(username="maya")


@pytest.fixture
def desk(client: Client, maya: User) -> Client:
    client.force_login(maya)
    return client


def all_that_match(desk: Client, name: str, url: str = LIST, **data: str) -> Any:
    """As the page without a script posts it: nothing is ticked but the box for all."""
    return desk.post(url, {"action": name, "select_across": "1", "index": "0", **data})


def said(response: Any) -> list[str]:
    return [str(message) for message in response.context["messages"]]


def states() -> set[str]:
    return set(SignOn.objects.values_list("status", flat=True))


def page_of(bulk: Bulk) -> str:
    return reverse("admin:signatories_bulk_change", args=[bulk.pk])


def move(desk: Client, bulk: Bulk, name: str) -> Any:
    url = reverse("admin:signatories_bulk_move", args=[bulk.pk, name])
    response = desk.post(url, follow=True)
    bulk.refresh_from_db()
    return response


def test_all_that_match_are_approved_by_a_worker(desk: Client, letter: Letter, maya: User) -> None:
    many_sign_ons(letter, MANY, status="pending")
    SignOnFactory(letter=letter, status=Status.UNCONFIRMED)
    assert f"Select all {MANY} that match" in desk.get(LIST).content.decode()
    response = all_that_match(desk, "approve")
    bulk = Bulk.objects.get()
    assert response["Location"] == page_of(bulk)
    assert (bulk.total, bulk.by, bulk.letter) == (MANY, maya, letter)
    page = desk.get(page_of(bulk)).content.decode()
    assert f"Approve {MANY} sign-ons" in page
    assert f"0 of {MANY} done" in page
    assert "data-running" in page
    assert "Look again" in page
    bulk_work.run(overdue=timedelta(0))
    page = desk.get(page_of(bulk)).content.decode()
    assert f"{MANY} of {MANY} done" in page
    assert "data-running" not in page
    assert states() == {Status.APPROVED, Status.UNCONFIRMED}


def test_a_few_are_done_at_once(desk: Client, letter: Letter) -> None:
    SignOnFactory.create_batch(3, letter=letter)
    all_that_match(desk, "approve")
    assert states() == {Status.APPROVED}
    assert not Bulk.objects.exists()


def test_a_page_of_ticked_ones_is_done_at_once_and_more_in_bulk(
    desk: Client, letter: Letter
) -> None:
    many_sign_ons(letter, MANY, status="pending")
    pks = list(SignOn.objects.values_list("pk", flat=True))
    desk.post(LIST, {"action": "approve", "_selected_action": pks[:AT_ONCE]})
    assert not Bulk.objects.exists()
    assert SignOn.objects.public().count() == AT_ONCE
    # As tools post it, wherever the sign-ons are in the queue.
    desk.post(LIST, {"action": "withdraw", "_selected_action": pks})
    assert Bulk.objects.get().total == MANY


def test_all_that_match_are_those_of_the_part_that_is_shown(desk: Client, letter: Letter) -> None:
    listed = SignOnFactory(letter=letter, status=Status.APPROVED)
    waiting = SignOnFactory(letter=letter)
    all_that_match(desk, "withdraw", reason="")
    listed.refresh_from_db()
    waiting.refresh_from_db()
    assert (listed.status, waiting.status) == (Status.APPROVED, Status.WITHDRAWN)


def test_who_came_after_the_page_was_made_is_not_among_all_that_match(
    desk: Client, letter: Letter
) -> None:
    many_sign_ons(letter, MANY, status="pending")
    as_of = desk.get(LIST).context["cl"].as_of
    late = SignOnFactory(letter=letter)
    all_that_match(desk, "approve", as_of=as_of)
    assert Bulk.objects.get().total == MANY
    assert not Bulk.objects.get().items.filter(sign_on=late).exists()
    all_that_match(desk, "approve", as_of="yesterday")
    all_that_match(desk, "approve", as_of="2026-13-45T00:00:00Z")
    assert Bulk.objects.count() == 1


def test_the_button_that_withdraws_asks_first(desk: Client, letter: Letter) -> None:
    sign_on = SignOnFactory(letter=letter, status=Status.APPROVED)
    listed = f"{LIST}?part=listed"
    shown = desk.get(listed)
    assert "Withdraw selected, off the list now" in shown.content.decode()
    assert "Approve selected: public" not in shown.content.decode().partition("<select")[0]
    as_of = shown.context["cl"].as_of
    post = {"action": ["withdraw", ""], "_selected_action": sign_on.pk, "as_of": as_of}
    assert "Withdraw 1 sign-on" in desk.post(listed, post).content.decode()
    sign_on.refresh_from_db()
    assert sign_on.status == Status.APPROVED


def test_rejecting_thousands_asks_for_the_reason_first(desk: Client, letter: Letter) -> None:
    many_sign_ons(letter, MANY, status="pending")
    as_of = desk.get(LIST).context["cl"].as_of
    asked = all_that_match(desk, "reject", as_of=as_of)
    page = asked.content.decode()
    assert f"Reject {MANY} sign-ons" in page
    assert f"and {MANY - 20} more" in page
    again = {"select_across": "1", "as_of": as_of}
    for name, value in again.items():
        assert f'name="{name}" value="{value}"' in page
    response = desk.post(LIST, {"action": "reject", **again, "reason": ""})
    assert response.status_code == 422
    assert "Please give a reason" in response.content.decode()
    assert not Bulk.objects.exists()
    desk.post(LIST, {"action": "reject", **again, "reason": "Not bodies.", "tell": "on"})
    bulk = Bulk.objects.get()
    assert (bulk.total, bulk.reason, bulk.tell) == (MANY, "Not bodies.", True)
    assert "Not bodies." in desk.get(page_of(bulk)).content.decode()


def test_moving_to_a_group_asks_for_one_of_the_letter(desk: Client, letter: Letter) -> None:
    sign_ons = SignOnFactory.create_batch(2, letter=letter)
    committee = Group.objects.get(letter=letter, position=1)
    other = SignOnFactory()
    post = {"action": "regroup", "_selected_action": [one.pk for one in sign_ons]}
    page = desk.post(LIST, post).content.decode()
    assert "Move 2 sign-ons" in page
    assert committee.title in page
    for wrong in ("", "x", str(other.group_id)):
        assert desk.post(LIST, {**post, "group": wrong}).status_code == 422
    response = desk.post(LIST, {**post, "group": committee.pk}, follow=True)
    assert said(response) == [f"2 sign-ons moved to “{committee.title}”."]
    sign_ons[0].refresh_from_db()
    assert sign_ons[0].group == committee
    post["_selected_action"] = [sign_ons[0].pk, other.pk]
    assert "choose one letter first" in said(desk.post(LIST, post, follow=True))[0]


def test_thousands_are_moved_to_a_group_by_a_worker(desk: Client, letter: Letter) -> None:
    many_sign_ons(letter, MANY)
    committee = Group.objects.get(letter=letter, position=1)
    url = f"{LIST}?letter={letter.pk}&part=listed"
    all_that_match(desk, "regroup", url, group=str(committee.pk))
    bulk_work.run(overdue=timedelta(0))
    assert set(SignOn.objects.values_list("group", flat=True)) == {committee.pk}
    page = desk.get(page_of(Bulk.objects.get())).content.decode()
    assert f"Move {MANY} sign-ons to “{committee.title}”" in page


def test_refusals_are_named_with_their_reasons_and_can_be_tried_again(
    desk: Client, letter: Letter
) -> None:
    good = SignOnFactory(letter=letter)
    bad = SignOnFactory(letter=letter, name=good.listed_name.upper())
    bulk = bulks.begin(verb="approve", sign_ons=SignOn.objects.all(), by=None)  # type: ignore[arg-type]
    bulk_work.run(overdue=timedelta(0))
    page = desk.get(page_of(bulk)).content.decode()
    assert "Refused: 1" in page
    assert bad.listed_name in page
    assert "listed on this letter already" in page
    assert "an account deleted since" in page
    assert desk.get(LIST, {"bulk": bulk.pk}).context["cl"].result_list == [bad]
    assert "Try these again" in page
    response = move(desk, bulk, "again")
    assert "tried again" in said(response)[0]
    assert (bulk.state, bulk.refused) == (BulkState.RUNNING, 0)


def test_it_is_stopped_and_goes_on_by_buttons(desk: Client, letter: Letter) -> None:
    SignOnFactory.create_batch(2, letter=letter)
    bulk = bulks.begin(verb="approve", sign_ons=SignOn.objects.all(), by=None)  # type: ignore[arg-type]
    assert "Stop: what is done stays done" in desk.get(page_of(bulk)).content.decode()
    move(desk, bulk, "stop")
    assert bulk.state == BulkState.STOPPED
    assert said(move(desk, bulk, "stop")) == ["It has ended already."]
    assert "Go on with the 2 sign-ons left" in desk.get(page_of(bulk)).content.decode()
    move(desk, bulk, "go-on")
    assert bulk.state == BulkState.RUNNING
    # Who sends the page's own form changes nothing.
    desk.post(page_of(bulk), {"state": "done", "done": "2"})
    bulk.refresh_from_db()
    assert (bulk.state, bulk.done) == (BulkState.RUNNING, 0)


def test_when_the_refusals_are_purged_the_page_says_so(desk: Client, letter: Letter) -> None:
    SignOnFactory(letter=letter, status=Status.REJECTED)
    bulk = bulks.begin(verb="approve", sign_ons=SignOn.objects.all(), by=None)  # type: ignore[arg-type]
    bulk_work.run(overdue=timedelta(0))
    bulk.items.all().delete()
    page = desk.get(page_of(bulk)).content.decode()
    assert "is gone by now" in page
    assert "Try these again" not in page


def test_the_recent_ones_are_a_list(
    desk: Client, letter: Letter, maya: User, django_assert_max_num_queries: Any
) -> None:
    SignOnFactory(letter=letter)
    for _ in range(3):
        bulks.begin(verb="approve", sign_ons=SignOn.objects.all(), by=maya.pk)  # type: ignore[arg-type]
    with django_assert_max_num_queries(5):
        page = desk.get("/admin/signatories/bulk/").content.decode()
    assert page.count("Approve 1 sign-on") == 3
    assert "maya" in page
    assert "0 of 1 done" in page


def test_a_page_of_a_bulk_action_takes_as_many_queries_with_many_refusals(
    desk: Client, letter: Letter, django_assert_max_num_queries: Any
) -> None:
    many_sign_ons(letter, 150, status="rejected")
    bulk = bulks.begin(verb="withdraw", sign_ons=SignOn.objects.all(), by=None)  # type: ignore[arg-type]
    bulk_work.run(overdue=timedelta(0))
    with django_assert_max_num_queries(12):
        page = desk.get(page_of(bulk)).content.decode()
    assert "and 50 more" in page


@pytest.mark.parametrize(
    ("role", "may"), [("viewer", False), ("editor", False), ("moderator", True)]
)
def test_moderators_alone_act_in_bulk(letter: Letter, role: str, may: bool) -> None:
    many_sign_ons(letter, MANY, status="pending")
    client = client_of(role)
    all_that_match(client, "approve")
    assert Bulk.objects.exists() == may
    assert ("Bulk actions" in client.get(LIST).content.decode()) == may


def test_the_moment_of_a_page_is_now(desk: Client) -> None:
    before = timezone.now().isoformat()
    assert before <= desk.get(LIST).context["cl"].as_of <= timezone.now().isoformat()
