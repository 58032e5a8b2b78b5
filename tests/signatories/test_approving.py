"""Approving many at once: all that approving one promises, in a number of statements that stays."""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pghistory
import pytest
from django.apps import apps
from django.db import connection

from campaign.letters import archive_letter, close_letter
from campaign.models import Letter, OutgoingMail, Publication
from campaign.names import name_key
from signatories.models import Organisation, SignOn, SignOnOrganisation
from signatories.models.sign_on import Source, Status
from signatories.services import approving, moderation
from signatories.services.approving import approve_many
from signatories.services.bodies import organisation_named, organisations_named
from signatories.services.one_by_one import BROKEN, GONE
from tests.checks.undone import undone
from tests.factories import ContactFactory, LetterFactory, OrganisationFactory, SignOnFactory

pytestmark = pytest.mark.django_db
MaxQueries = Callable[[int], AbstractContextManager[Any]]


@pytest.fixture
def letter() -> Letter:
    return LetterFactory(open=True, public=True)


def ids(sign_ons: list[SignOn]) -> list[int]:
    return [one.pk for one in sign_ons]


def statuses(sign_ons: list[SignOn]) -> list[str]:
    for one in sign_ons:
        one.refresh_from_db()
    return [one.status for one in sign_ons]


@pytest.mark.parametrize("number", [3, 30])
def test_as_many_statements_approve_3_as_30(
    letter: Letter, number: int, django_assert_max_num_queries: MaxQueries
) -> None:
    sign_ons = SignOnFactory.create_batch(number, letter=letter)
    with django_assert_max_num_queries(21):
        assert approve_many(ids(sign_ons)) == {}
    assert set(statuses(sign_ons)) == {Status.APPROVED}


def test_each_is_as_if_it_had_been_approved_alone(letter: Letter) -> None:
    """But for what is not to be the same: ids and moments."""
    names = ["Known Body", "KB", "Unheard Of"]
    OrganisationFactory(display_name="Known Body")
    OrganisationFactory(display_name="Katherine Bell", aliases=["KB"])
    made: dict[str, list[SignOn]] = {}
    for way in ("alone", "together"):
        other = LetterFactory(open=True, public=True)
        made[way] = [SignOnFactory(letter=other, name=name) for name in names]
    with pghistory.context(user=7, action="staff"):
        for one in made["alone"]:
            moderation.approve(sign_on=one)
        assert approve_many(ids(made["together"])) == {}

    def told(sign_on: SignOn) -> list[Any]:
        sign_on.refresh_from_db()
        (mail,) = OutgoingMail.objects.filter(references__sign_on=sign_on.pk)
        events: Any = apps.get_model("signatories", "SignOnEvent")
        event = events.objects.filter(pgh_obj=sign_on.pk).latest("pgh_id")
        (link,) = sign_on.links.all()
        return [
            sign_on.status,
            sign_on.approved_at is not None,
            link.approved,
            link.organisation.display_name,
            (mail.kind, mail.state, mail.language, mail.references.keys()),
            (event.status, event.pgh_label, event.pgh_context.metadata),
        ]

    for alone, together in zip(made["alone"], made["together"], strict=True):
        assert told(alone) == told(together)


def test_bodies_are_found_as_they_are_for_one(letter: Letter) -> None:
    """By name before alias; of two with the alias, the first by name; made once if new."""
    for name, aliases in [("Zeta", ["Z"]), ("Beta", ["Z", "B"]), ("Both", []), ("Other", ["Both"])]:
        OrganisationFactory(display_name=name, aliases=aliases)
    names = ["zeta", "Z", "B", "Both", "z", "New Body", "NEW BODY"]
    sign_ons = [SignOnFactory(letter=letter, name=name) for name in names]
    with undone():
        alone = [organisation_named(one).display_name for one in sign_ons]
    found = organisations_named(sign_ons)
    assert [Organisation.objects.get(pk=found[one.pk]).display_name for one in sign_ons] == alone
    assert Organisation.objects.filter(name_key=name_key("New Body")).count() == 1


def test_what_cannot_be_approved_is_refused_in_the_words_for_one_and_the_others_are(
    letter: Letter,
) -> None:
    done = SignOnFactory(letter=letter, status=Status.APPROVED)
    unconfirmed = SignOnFactory(letter=letter, status=Status.UNCONFIRMED)
    over = LetterFactory(archived=True)
    archived = SignOnFactory(letter=LetterFactory(open=True))
    SignOn.objects.filter(pk=archived.pk).update(letter=over)
    listed = SignOnFactory(letter=letter, name="Listed Body", status=Status.APPROVED)
    duplicate = SignOnFactory(letter=letter, name="LISTED BODY")
    first, second = [SignOnFactory(letter=letter, name=name) for name in ("Twice", "TWICE")]
    linked = SignOnFactory(letter=letter)
    for organisation in OrganisationFactory.create_batch(2):
        SignOnOrganisation.objects.create(sign_on=linked, organisation=organisation)
    good = SignOnFactory(letter=letter)
    all_of_them = [done, unconfirmed, archived, duplicate, first, second, linked, good]
    gone = good.pk + 1000

    refused = approve_many([*ids(all_of_them), gone])

    assert set(refused) == {done.pk, unconfirmed.pk, archived.pk, duplicate.pk, second.pk, gone}
    assert "somebody got there first" in refused[done.pk]
    assert "cannot become approved" in refused[unconfirmed.pk]
    assert "archived" in refused[archived.pk]
    assert "listed on this letter already" in refused[duplicate.pk]
    assert "listed on this letter already" in refused[second.pk]
    assert refused[gone] == GONE
    assert statuses([first, linked, good]) == [Status.APPROVED] * 3
    assert statuses([duplicate, second, archived]) == [Status.PENDING] * 3
    assert listed.links.get().approved
    mailed = OutgoingMail.objects.filter(kind="sign_on.listed")
    assert {mail.references["sign_on"] for mail in mailed} == {first.pk, linked.pk, good.pk}


def test_who_was_never_proven_is_not_told_and_every_contact_is(letter: Letter) -> None:
    two = SignOnFactory(letter=letter)
    ContactFactory(sign_on=two)
    by_staff, bare = SignOnFactory.create_batch(2, letter=letter)
    SignOn.objects.filter(pk=by_staff.pk).update(source=Source.STAFF, confirmed_at=None)
    bare.contacts.all().delete()
    assert approve_many(ids([two, by_staff, bare])) == {}
    told = [mail.references["sign_on"] for mail in OutgoingMail.objects.all()]
    assert sorted(told) == [two.pk, two.pk, by_staff.pk]


def test_however_many_are_approved_one_edition_is_asked_for(letter: Letter) -> None:
    sign_ons = SignOnFactory.create_batch(12, letter=letter)
    duplicate = SignOnFactory(letter=letter, name=sign_ons[0].listed_name.upper())
    before = Publication.objects.get(letter=letter).wanted
    approve_many(ids([*sign_ons, duplicate]))
    assert Publication.objects.get(letter=letter).wanted == before + 1
    approve_many(ids([duplicate]))
    assert Publication.objects.get(letter=letter).wanted == before + 1, "nothing has changed"


def test_of_several_letters_each_is_asked_for_and_a_body_may_sign_each(letter: Letter) -> None:
    other = LetterFactory(open=True, public=True)
    sign_ons = [SignOnFactory(letter=one, name="Everywhere") for one in (letter, other)]
    close_letter(other)
    before = dict(Publication.objects.values_list("letter", "wanted"))
    assert approve_many(ids(sign_ons)) == {}
    after = dict(Publication.objects.values_list("letter", "wanted"))
    assert {one: after[one] - before[one] for one in (letter.pk, other.pk)} == {
        letter.pk: 1,
        other.pk: 1,
    }
    archive_letter(other)


@pytest.mark.django_db(transaction=True)
def test_a_body_that_somebody_lists_at_this_moment_refuses_only_its_own() -> None:
    """After it was looked for, and before it is written: the constraint speaks."""
    letter = LetterFactory(open=True, public=True)
    lost, good = SignOnFactory.create_batch(2, letter=letter)
    OrganisationFactory(display_name=lost.listed_name)
    rival = SignOnFactory(letter=letter, name=lost.listed_name.upper())
    started = False

    def elsewhere() -> None:
        try:
            moderation.approve(sign_on=rival)
        finally:
            connection.close()

    def list_the_rival(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal started
        if not started and 'UPDATE "signatories_signon" SET "status"' in sql:
            started = True
            thread = threading.Thread(target=elsewhere)
            thread.start()
            thread.join()
        return execute(sql, params, many, context)

    with connection.execute_wrapper(list_the_rival):
        refused = approve_many(ids([lost, good]))
    assert set(refused) == {lost.pk}
    assert "listed on this letter already" in refused[lost.pk]
    assert statuses([rival, lost, good]) == [Status.APPROVED, Status.PENDING, Status.APPROVED]
    assert OutgoingMail.objects.filter(references__sign_on=good.pk).count() == 1


def test_an_error_that_nobody_foresaw_refuses_one_and_not_all(letter: Letter) -> None:
    """Such as a column that a trigger of somebody else's refuses."""
    bad, good = SignOnFactory.create_batch(2, letter=letter)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(
            "CREATE FUNCTION odd() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$BEGIN IF NEW.id = {bad.pk} THEN RAISE EXCEPTION 'odd'; END IF; RETURN NEW; END$$"
        )
        cursor.execute(
            "CREATE TRIGGER odd BEFORE UPDATE ON signatories_signon "
            "FOR EACH ROW EXECUTE FUNCTION odd()"
        )
    assert approve_many(ids([bad, good])) == {bad.pk: BROKEN}
    assert statuses([bad, good]) == [Status.PENDING, Status.APPROVED]


def test_nothing_to_approve_is_nothing() -> None:
    assert approving.approve_many([]) == {}
