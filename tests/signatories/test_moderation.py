"""What staff do with sign-ons: refused politely, traced, and never half done."""

import threading

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from campaign.models import Letter, OutgoingMail, Publication
from signatories.models import Organisation, SignOn, SignOnOrganisation
from signatories.models.sign_on import Status
from signatories.services import correcting, entering, moderation
from signatories.services.moving import Refused
from signatories.services.signing import Person
from signatories.services.similar import similar
from tests.signatories.test_signing import confirm, sign


@pytest.fixture
def pending(letter: Letter) -> SignOn:
    sign_on = sign(letter)
    confirm(sign_on)
    OutgoingMail.objects.all().delete()
    return sign_on


def wanted(letter: Letter) -> int:
    return Publication.objects.get(letter=letter).wanted


def test_approving_lists_links_and_mails_in_one_go(pending: SignOn) -> None:
    before = wanted(pending.letter)
    moderation.approve(sign_on=pending)
    assert pending.status == Status.APPROVED
    assert pending in SignOn.objects.public()
    assert pending.organisations.get().display_name == "Peace Direct"
    assert OutgoingMail.objects.get().kind == "sign_on.listed"
    assert wanted(pending.letter) == before + 1


def test_approving_twice_is_refused_and_changes_nothing(pending: SignOn) -> None:
    moderation.approve(sign_on=pending)
    with pytest.raises(Refused, match="somebody got there first"):
        moderation.approve(sign_on=pending)
    assert OutgoingMail.objects.count() == 1


def test_an_organisation_stands_once_on_a_letter(pending: SignOn) -> None:
    moderation.approve(sign_on=pending)
    again = sign(pending.letter, person=Person("Bob", "Chair", "bob@example.org"))
    confirm(again)
    with pytest.raises(Refused, match="listed on this letter already"):
        moderation.approve(sign_on=again)
    assert again.status == Status.PENDING
    assert not again.links.exists()


def test_a_joint_entry_blocks_each_of_its_bodies(pending: SignOn) -> None:
    other = Organisation.objects.create(display_name="Other", name_key="other")
    same = Organisation.objects.create(display_name="Peace Direct", name_key="peace direct")
    for organisation in (other, same):
        SignOnOrganisation.objects.create(sign_on=pending, organisation=organisation)
    moderation.approve(sign_on=pending)
    alone = sign(pending.letter, "Other")
    confirm(alone)
    with pytest.raises(Refused):
        moderation.approve(sign_on=alone)


def test_the_database_holds_that_promise_without_our_code(pending: SignOn) -> None:
    moderation.approve(sign_on=pending)
    other = sign(pending.letter, "Other")
    confirm(other)
    moderation.approve(sign_on=other)
    with pytest.raises(IntegrityError), transaction.atomic():
        SignOnOrganisation.objects.create(sign_on=other, organisation=pending.organisations.get())


def test_a_known_organisation_is_linked_by_name_or_alias(pending: SignOn) -> None:
    known = Organisation.objects.create(
        display_name="PD International", name_key="pd international", aliases=["Peace Direct"]
    )
    moderation.approve(sign_on=pending)
    assert pending.organisations.get() == known


def test_an_unconfirmed_sign_on_cannot_be_approved(letter: Letter) -> None:
    with pytest.raises(Refused):
        moderation.approve(sign_on=sign(letter))


def test_rejecting_keeps_the_reason_and_tells_only_when_asked(pending: SignOn) -> None:
    moderation.reject(sign_on=pending, reason="Not an organisation", tell=False)
    assert (pending.status, pending.reason) == (Status.REJECTED, "Not an organisation")
    assert not OutgoingMail.objects.exists()


def test_rejecting_needs_a_reason(pending: SignOn) -> None:
    with pytest.raises(Refused, match="reason"):
        moderation.reject(sign_on=pending, reason=" ", tell=True)


def test_a_rejection_by_mistake_goes_back_to_the_queue(pending: SignOn) -> None:
    moderation.reject(sign_on=pending, reason="Mistake", tell=False)
    moderation.reconsider(sign_on=pending)
    assert pending.status == Status.PENDING


@pytest.mark.parametrize("move", ["reject", "withdraw"])
def test_an_address_that_never_confirmed_is_told_nothing(letter: Letter, move: str) -> None:
    sign_on = sign(letter)  # a stranger may have typed it
    OutgoingMail.objects.all().delete()
    options = {"reason": "Not a body", "tell": True} if move == "reject" else {}
    getattr(moderation, move)(sign_on=sign_on, **options)
    assert not OutgoingMail.objects.exists()


def test_a_rejection_is_mailed_to_who_confirmed(pending: SignOn) -> None:
    moderation.reject(sign_on=pending, reason="Not a body", tell=True)
    assert OutgoingMail.objects.get().kind == "sign_on.rejected"


def test_withdrawing_takes_it_off_the_list(pending: SignOn) -> None:
    moderation.approve(sign_on=pending)
    before = wanted(pending.letter)
    stale = SignOn.objects.get(pk=pending.pk)
    stale.status = Status.PENDING  # what a page that was opened earlier would say
    moderation.withdraw(sign_on=stale)
    assert not SignOn.objects.public().exists()
    assert wanted(pending.letter) == before + 1


def test_a_withdrawn_organisation_may_sign_again(pending: SignOn) -> None:
    moderation.approve(sign_on=pending)
    moderation.withdraw(sign_on=pending)
    again = sign(pending.letter)
    confirm(again)
    moderation.approve(sign_on=again)
    assert SignOn.objects.public().get() == again


def test_correcting_a_listed_name_mails_the_new_one(pending: SignOn) -> None:
    moderation.approve(sign_on=pending)
    OutgoingMail.objects.all().delete()
    correcting.edit(sign_on=pending, listed_name="Peace Direct (UK)", group=pending.group)
    assert OutgoingMail.objects.get().kind == "sign_on.listed"
    assert pending.name_key == "peace direct (uk)"


def test_a_name_that_cannot_be_listed_is_refused(pending: SignOn) -> None:
    with pytest.raises(ValidationError):
        correcting.edit(sign_on=pending, listed_name="\u202eevil", group=pending.group)


def test_what_came_by_email_is_entered_with_its_evidence(letter: Letter) -> None:
    editor = User.objects.create_user("editor")
    assert letter.default_group
    sign_on = entering.enter(
        letter=letter,
        group=letter.default_group,
        listed_name="Peace Direct",
        evidence="E-mail of 3 May from the director",
        added_by=editor,
    )
    assert sign_on.status == Status.PENDING
    assert sign_on.evidence.get().added_by == editor
    moderation.approve(sign_on=sign_on)
    assert SignOn.objects.public().get() == sign_on


def test_a_held_sign_on_is_not_public(pending: SignOn) -> None:
    moderation.approve(sign_on=pending)
    moderation.place_hold(sign_on=pending, kind="board")  # type: ignore[arg-type]
    assert not SignOn.objects.public().exists()
    moderation.lift_holds(sign_on=pending)
    assert SignOn.objects.public().get() == pending


def test_every_move_is_in_the_audit_with_its_time(pending: SignOn) -> None:
    moderation.approve(sign_on=pending)
    events = pending.events.order_by("pgh_id")  # type: ignore[attr-defined]
    states = list(events.values_list("status", flat=True))
    assert states == ["unconfirmed", "pending", "approved"]
    assert all(event.pgh_created_at for event in events)


def test_taking_a_link_away_leaves_a_trace(pending: SignOn) -> None:
    moderation.approve(sign_on=pending)
    link = pending.links.get()
    link.delete()
    labels = SignOnOrganisation.pgh_event_model.objects.filter(sign_on=pending)  # type: ignore[attr-defined]
    assert list(labels.order_by("pgh_id").values_list("pgh_label", flat=True))[-1] == "delete"


def test_the_audit_holds_no_personal_data(pending: SignOn) -> None:
    moderation.approve(sign_on=pending)
    for event in pending.events.values():  # type: ignore[attr-defined]
        assert "lovelace" not in str(event).lower()
        assert "ada@" not in str(event).lower()
        assert "email_key" not in event


@pytest.mark.parametrize(
    ("name", "found"),
    [("Peace Direkt", True), ("Péace Direct", True), ("Peace Direct UK", True), ("CARE", False)],
)
def test_similar_names_are_pointed_out(pending: SignOn, name: str, found: bool) -> None:
    other = sign(pending.letter, name, Person("Bob", "Chair", "bob@example.org"))
    assert list(similar(other)) == ([pending] if found else [])


@pytest.mark.django_db(transaction=True)
def test_two_people_approving_at_once_give_one_approval(letter: Letter) -> None:
    sign_on = sign(letter)
    confirm(sign_on)
    start = threading.Barrier(2)
    outcomes: list[str] = []

    def approve() -> None:
        mine = SignOn.objects.get(pk=sign_on.pk)
        start.wait()
        try:
            moderation.approve(sign_on=mine)
            outcomes.append("approved")
        except Refused as refusal:
            outcomes.append(str(refusal))
        finally:
            connection.close()

    threads = [threading.Thread(target=approve) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes)[0] == "approved"
    assert "somebody got there first" in sorted(outcomes)[1]
    assert OutgoingMail.objects.filter(kind="sign_on.listed").count() == 1


def test_a_link_that_ends_between_reading_and_writing_moves_nothing(pending: SignOn) -> None:
    """As when staff give the sign-on another contact while the one before presses the button."""
    read = SignOn.objects.get(pk=pending.pk)
    correcting.contact_changed(sign_on=pending)
    with pytest.raises(Refused):
        moderation.withdraw(sign_on=read, by_link=True)
    pending.refresh_from_db()
    assert pending.status == Status.PENDING
    assert not OutgoingMail.objects.filter(kind="sign_on.withdrawn").exists()


def test_staff_withdraw_whatever_became_of_its_links(pending: SignOn) -> None:
    read = SignOn.objects.get(pk=pending.pk)
    correcting.contact_changed(sign_on=pending)
    moderation.withdraw(sign_on=read)
    assert read.status == Status.WITHDRAWN
