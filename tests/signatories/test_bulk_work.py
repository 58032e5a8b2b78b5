"""Bulk actions: many sign-ons by one action, done by a worker, batch by batch."""

from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.utils import timezone
from pytest_django.fixtures import Settings

from campaign import work
from campaign.models import Group, Letter, OutgoingMail, Publication
from signatories.editions import publisher
from signatories.models import Bulk, BulkItem, Edition, SignOn
from signatories.models.bulk import BulkState, ItemState, Verb
from signatories.models.sign_on import Status
from signatories.privacy import subject
from signatories.privacy.rules import RULES
from signatories.services import bulk_work, bulks, moderation
from signatories.services.moving import Refused
from signatories.services.signing import Person
from tests.factories import LetterFactory, SignOnFactory, StaffFactory
from tests.plans import many_sign_ons, plans

pytestmark = pytest.mark.django_db
MONTH_AND_A_DAY = timedelta(days=31)


@pytest.fixture
def letter() -> Letter:
    return LetterFactory(open=True, public=True)


@pytest.fixture
def maya() -> User:
    return StaffFactory(username="maya")


def begin(verb: Verb, by: User | None = None, **values: Any) -> Bulk:
    return bulks.begin(verb=verb, sign_ons=SignOn.objects.all(), by=by.pk if by else None, **values)


def do() -> None:
    assert work.run("bulk", overdue=timedelta(0)) > 0


def states() -> set[str]:
    return set(SignOn.objects.values_list("status", flat=True))


def again(bulk: Bulk) -> Bulk:
    bulk.refresh_from_db()
    return bulk


def test_what_is_chosen_is_chosen_when_it_is_asked_for(letter: Letter) -> None:
    SignOnFactory.create_batch(3, letter=letter)
    bulk = begin(Verb.APPROVE)
    late = SignOnFactory(letter=letter)
    assert (bulk.total, bulk.letter, bulk.state) == (3, letter, BulkState.RUNNING)
    do()
    late.refresh_from_db()
    assert late.status == Status.PENDING
    assert (again(bulk).done, bulk.refused, bulk.left) == (3, 0, 0)
    assert bulk.state == BulkState.DONE
    assert bulk.ended_at is not None


def test_nothing_chosen_and_no_reason_are_refused(letter: Letter) -> None:
    with pytest.raises(Refused, match="Nothing was found"):
        begin(Verb.APPROVE)
    SignOnFactory(letter=letter)
    with pytest.raises(Refused, match="give a reason"):
        begin(Verb.REJECT, reason=" ")
    assert not Bulk.objects.exists()


def test_the_audit_names_who_asked_and_the_bulk_action(letter: Letter, maya: User) -> None:
    sign_on = SignOnFactory(letter=letter)
    bulk = begin(Verb.APPROVE, maya)
    do()
    for model in ("SignOnEvent", "SignOnOrganisationEvent"):
        events: Any = apps.get_model("signatories", model)
        context = events.objects.latest("pgh_id").pgh_context
        assert context.metadata == {"user": maya.pk, "action": "bulk", "bulk": bulk.pk}
    assert sign_on.contacts.exists()


def test_the_page_goes_before_the_mails_that_tell_of_it(letter: Letter) -> None:
    SignOnFactory(letter=letter)
    begin(Verb.APPROVE)
    do()
    mail = OutgoingMail.objects.get(kind="sign_on.listed")
    assert mail.not_before > timezone.now()
    assert mail.not_before <= timezone.now() + bulk_work.PAGE_FIRST


def test_each_verb_does_what_it_does_of_one(letter: Letter) -> None:
    sign_ons = SignOnFactory.create_batch(3, letter=letter)
    group = Group.objects.get(letter=letter, position=1)
    begin(Verb.REGROUP, group=group)
    do()
    assert set(SignOn.objects.values_list("group", flat=True)) == {group.pk}
    begin(Verb.APPROVE)
    do()
    assert states() == {Status.APPROVED}
    begin(Verb.WITHDRAW, reason="They asked.")
    do()
    assert states() == {Status.WITHDRAWN}
    for one in sign_ons:
        one.refresh_from_db()
        moderation.reconsider(sign_on=one)
    begin(Verb.REJECT, reason="Doubtful.", tell=True)
    do()
    assert set(SignOn.objects.values_list("status", "reason")) == {("rejected", "Doubtful.")}
    kinds = OutgoingMail.objects.order_by().values_list("kind", flat=True)
    assert sorted(kinds) == sorted(3 * ["sign_on.listed", "sign_on.rejected", "sign_on.withdrawn"])


def test_a_group_of_another_letter_or_none_any_more_refuses(letter: Letter) -> None:
    here, there = SignOnFactory(letter=letter, status=Status.APPROVED), SignOnFactory()
    group = Group.objects.create(letter=letter, key="third", title="Third", position=3)
    wanted = Publication.objects.get(letter=letter).wanted
    bulk = begin(Verb.REGROUP, group=group)
    assert bulk.letter is None, "they are of two"
    do()
    assert BulkItem.objects.get(sign_on=there).state == ItemState.REFUSED
    assert "another letter" in BulkItem.objects.get(sign_on=there).problem
    here.refresh_from_db()
    assert here.group == group
    assert Publication.objects.get(letter=letter).wanted == wanted + 1
    empty = Group.objects.create(letter=letter, key="fourth", title="Fourth", position=4)
    bulk = begin(Verb.REGROUP, group=empty)
    empty.delete()
    do()
    assert again(bulk).refused == 2


def test_refusals_are_kept_by_sign_on_and_tried_again_alone(letter: Letter) -> None:
    good = SignOnFactory(letter=letter)
    bad = SignOnFactory(letter=letter, name=good.listed_name.upper())
    bulk = begin(Verb.APPROVE)
    do()
    assert (again(bulk).done, bulk.refused) == (1, 1)
    (item,) = bulk.items.filter(state=ItemState.REFUSED)
    assert item.sign_on == bad
    assert "listed on this letter already" in item.problem
    good.refresh_from_db()
    moderation.withdraw(sign_on=good)
    bulks.try_again(bulk=bulk)
    assert (bulk.state, bulk.refused) == (BulkState.RUNNING, 0)
    do()
    assert (again(bulk).done, bulk.refused, bulk.state) == (2, 0, BulkState.DONE)
    bad.refresh_from_db()
    assert bad.status == Status.APPROVED
    with pytest.raises(Refused, match="Nothing of it was refused"):
        bulks.try_again(bulk=bulk)
    assert again(bulk).state == BulkState.DONE


def test_it_is_stopped_between_two_batches_and_goes_on(letter: Letter, settings: Settings) -> None:
    settings.BULK_BATCH = 2
    SignOnFactory.create_batch(5, letter=letter)
    bulk = begin(Verb.APPROVE)
    assert bulk_work.batch() == 2
    with pytest.raises(Refused, match="running"):
        bulks.try_again(bulk=again(bulk))
    with pytest.raises(Refused, match="not stopped"):
        bulks.go_on(bulk=bulk)
    bulks.stop(bulk=bulk)
    assert bulk_work.run(overdue=timedelta(0)) == 0
    assert (again(bulk).done, bulk.left, bulk.state) == (2, 3, BulkState.STOPPED)
    with pytest.raises(Refused, match="ended already"):
        bulks.stop(bulk=bulk)
    bulks.go_on(bulk=bulk)
    do()
    assert (again(bulk).done, bulk.state) == (5, BulkState.DONE)


def test_a_batch_is_no_larger_than_its_verb_can_hold_at_once(letter: Letter) -> None:
    many_sign_ons(letter, 60, status="pending")
    begin(Verb.REJECT, reason="Spam.")
    assert bulk_work.batch() == 50


def test_after_many_batches_others_have_their_turn(
    letter: Letter, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    settings.BULK_BATCH = 1
    monkeypatch.setattr(bulk_work, "MOST_BATCHES", 2)
    SignOnFactory.create_batch(3, letter=letter)
    bulk = begin(Verb.APPROVE)
    assert bulk_work.run(overdue=timedelta(0)) == 2
    assert again(bulk).state == BulkState.RUNNING
    do()
    assert again(bulk).state == BulkState.DONE


def test_a_thousand_approvals_give_at_most_five_editions(letter: Letter) -> None:
    """Even when each batch is published before the next one comes."""
    many_sign_ons(letter, 1000, status="pending")
    publisher.run(overdue=timedelta(0))
    before = Edition.objects.filter(letter=letter).count()
    begin(Verb.APPROVE)
    while bulk_work.batch() is not None:
        publisher.run(overdue=timedelta(0))
    assert SignOn.objects.public().count() == 1000
    assert Edition.objects.filter(letter=letter).count() - before <= 5


def test_a_thousand_are_chosen_and_noted_without_being_read(
    letter: Letter, django_assert_max_num_queries: Any
) -> None:
    many_sign_ons(letter, 1000, status="pending")
    with django_assert_max_num_queries(10):
        begin(Verb.APPROVE)


def test_looking_for_work_reads_no_items_and_no_old_bulk_actions(letter: Letter) -> None:
    SignOnFactory(letter=letter)
    begin(Verb.APPROVE)
    do()
    with plans() as found:
        assert work.run("bulk", overdue=timedelta(0)) == 0
    (plan,) = found
    assert "bulk_to_do" in plan.indexes


def test_reasons_and_refusals_of_bulk_actions_are_forgotten_after_a_month(letter: Letter) -> None:
    SignOnFactory(letter=letter)
    bulk = begin(Verb.WITHDRAW, reason="Zyxreason of Ada")
    running = begin(Verb.WITHDRAW, reason="Still to be done")
    bulk_work.batch()
    Bulk.objects.update(created_at=timezone.now() - MONTH_AND_A_DAY)
    for rule in RULES:
        if "bulk" in rule.name:
            assert rule.batch(timezone.now()).total() == 1
            assert rule.batch(timezone.now()).total() == 0
    assert (again(bulk).reason, bulk.items.count()) == ("", 0)
    assert (again(running).reason, running.items.count()) == ("Still to be done", 1)
    with pytest.raises(Refused, match="not kept"):
        bulks.try_again(bulk=bulk)


def test_a_reason_that_names_a_person_is_told_and_erased(letter: Letter) -> None:
    person = Person("Ada Zyxname", "Director", "ada@zyx.example")
    SignOnFactory(letter=letter, person=person)
    bulk = begin(Verb.REJECT, reason="ada ZYXNAME has left.")
    held = subject.held("ada@zyx.example")
    assert "ada ZYXNAME has left." in str(held["reasons_that_name_it"])
    subject.erase("ada@zyx.example")
    assert "zyxname" not in again(bulk).reason.lower()
    events: Any = apps.get_model("signatories", "BulkEvent")
    assert events.objects.filter(pgh_obj=bulk.pk).exists()
    assert not hasattr(events, "reason")


def test_what_never_was_confirmed_goes_out_of_bulk_actions_too(letter: Letter) -> None:
    from signatories.privacy.forget import forget_sign_on

    sign_on = SignOnFactory(letter=letter, status=Status.UNCONFIRMED)
    bulk = begin(Verb.APPROVE)
    do()
    assert sign_on.listed_name in bulk.items.get().problem
    forget_sign_on(sign_on)
    assert not bulk.items.exists()
