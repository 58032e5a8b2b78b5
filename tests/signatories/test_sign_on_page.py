"""The page of one sign-on: all that a decision needs, each act one click, and then the next."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from campaign.models import Letter, OutgoingMail
from signatories.admin.sign_on_page import page_context
from signatories.models import Organisation, Question, SignOn, SignOnOrganisation
from signatories.models.sign_on import Status
from signatories.roles import EDITOR, MODERATOR, VIEWER
from signatories.services import merging, moderation, questions
from signatories.services.moving import Refused
from signatories.services.place import Place, place_of
from signatories.services.signals import domain_said
from signatories.services.signing import Person
from tests.factories import LetterFactory, OrganisationFactory, SignOnFactory, StaffFactory
from tests.signatories.test_admin_sign_ons import change_url, press, said, shown_form

pytestmark = pytest.mark.django_db

MaxQueries = Callable[[int], AbstractContextManager[Any]]
ZOE = Person("Zoë Quill", "Director", "zoe@quill.example.org")


@pytest.fixture
def letter() -> Letter:
    return LetterFactory(open=True, public=True)


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(StaffFactory(username="maya", may=MODERATOR))
    return client


def page(client: Client, sign_on: SignOn) -> str:
    return client.get(change_url(sign_on)).content.decode()


def ask_url(sign_on: SignOn) -> str:
    return reverse("admin:signatories_signon_question", args=[sign_on.pk])


# What it shows


def test_the_name_is_shown_between_its_neighbours_in_its_group(letter: Letter) -> None:
    committee = letter.groups.first()
    for name in ("Alpha Aid", "Delta Doctors", "Echo"):
        SignOnFactory(letter=letter, name=name, status=Status.APPROVED)
    SignOnFactory(letter=letter, name="Cobra", status=Status.APPROVED, group=committee)
    held = SignOnFactory(letter=letter, name="Charlie", status=Status.APPROVED)
    moderation.place_hold(sign_on=held, kind="pause")
    SignOnFactory(letter=letter, name="Bravo Waits")
    assert place_of(SignOnFactory(letter=letter, name="Bridges")) == Place(
        "Alpha Aid", "Delta Doctors"
    )
    assert place_of(SignOnFactory(letter=letter, name="Aardvark")) == Place("", "Alpha Aid")
    assert place_of(SignOnFactory(letter=letter, name="Zebra")) == Place("Echo", "")
    assert place_of(SignOn.objects.get(listed_name="Delta Doctors")) == Place("Alpha Aid", "Echo")
    assert place_of(held) == Place("Alpha Aid", "Delta Doctors")


def test_names_that_begin_alike_for_long_have_their_place_too(letter: Letter) -> None:
    begin = "International Association of the Friends of "
    for name in ("Peace A", "Peace C"):
        SignOnFactory(letter=letter, name=begin + name, status=Status.APPROVED)
    assert place_of(SignOnFactory(letter=letter, name=f"{begin}Peace B")) == Place(
        f"{begin}Peace A", f"{begin}Peace C"
    )


@pytest.mark.parametrize(
    ("email", "website", "part"),
    [
        ("jo@mail.example.org", "https://www.example.org", "the same as the website"),
        (
            "jo@elsewhere.org",
            "https://www.example.org",
            "different from the website’s, example.org",
        ),
        ("jo@gmail.com", "https://www.example.org", "a free provider"),
        ("jo@example.org", "", "no website to compare it with"),
    ],
)
def test_it_says_plainly_how_the_addresss_domain_and_the_website_go_together(
    email: str, website: str, part: str
) -> None:
    assert part in domain_said(email, website)


def test_all_that_a_decision_needs_is_there(desk: Client, letter: Letter) -> None:
    elsewhere = SignOnFactory(name="Quiet Skies", status=Status.APPROVED)
    OrganisationFactory(display_name="Quiet Skies UK")
    listed = SignOnFactory(letter=letter, name="The Quiet Skies", status=Status.APPROVED)
    sign_on = SignOnFactory(
        letter=letter, name="Quiet Skies", person=ZOE, website="https://quill.example.org"
    )
    shown = page(desk, sign_on)
    for part in (
        "Will be listed as", "Zoë Quill, Director", "zoe@quill.example.org", "the same as the",
        "Ticked on the form that they are authorised", "confirmed 0", "Quiet Skies UK",
        change_url(listed), "The Quiet Skies", f'href="{change_url(elsewhere)}"',
        "perhaps a chapter", "the same name", "Mails to its contacts", "What happened",
    ):  # fmt: skip
        assert part in shown, part
    assert "Entered by staff" in page(desk, entered(letter))


def entered(letter: Letter, **more: Any) -> SignOn:
    from signatories.services import entering

    assert letter.default_group
    return entering.enter(
        letter=letter, group=letter.default_group, listed_name="Entered Body",
        evidence="A call of 3 May.", added_by=None, **more,
    )  # fmt: skip


@pytest.mark.parametrize("may", [VIEWER, EDITOR])
def test_who_sees_no_contacts_sees_neither_domain_nor_question(
    client: Client, letter: Letter, may: list[str]
) -> None:
    sign_on = SignOnFactory(letter=letter, person=ZOE)
    questions.ask_question(sign_on=sign_on, text="Zoë, is it so?", asked_by=StaffFactory())
    client.force_login(StaffFactory(may=may))
    shown = page(client, sign_on)
    assert "Asked on" in shown
    assert "quill" not in shown
    assert "is it so" not in shown
    for button in ("_approve", "Merge into", "Mail the question", 'name="_link'):
        assert button not in shown
    for name in ("question", "merge"):
        url = reverse(f"admin:signatories_signon_{name}", args=[sign_on.pk])
        assert client.post(url, {"text": "x", "pk": "1"}).status_code == 403
    assert client.post(change_url(sign_on), {"_link_new": "1"}).status_code == 403


@pytest.mark.parametrize("number", [2, 20])
def test_the_page_takes_as_many_queries_however_much_there_is(
    desk: Client, letter: Letter, number: int, django_assert_max_num_queries: MaxQueries
) -> None:
    sign_on = SignOnFactory(letter=letter, name="Quiet Skies")
    for count in range(number):
        SignOnFactory(letter=letter, name=f"Quiet Skies {count}")
        SignOnFactory(name="Quiet Skies", letter=LetterFactory(open=True))
        OrganisationFactory(display_name=f"Quiet Skies {count} UK")
        questions.ask_question(sign_on=sign_on, text="Is it so?", asked_by=StaffFactory())
    with django_assert_max_num_queries(46):
        page(desk, sign_on)


def test_the_context_alone_is_bounded(
    rf: Any, letter: Letter, django_assert_max_num_queries: MaxQueries
) -> None:
    request = rf.get("/")
    request.user = StaffFactory()
    sign_on = SignOnFactory(letter=letter)
    with django_assert_max_num_queries(27):
        page_context(request, sign_on)


# After a decision the next one is there


def test_what_was_typed_is_saved_and_approved_and_the_next_one_is_there(
    desk: Client, letter: Letter
) -> None:
    first, second, third = SignOnFactory.create_batch(3, letter=letter)
    data = shown_form(desk, second) | {"listed_name": "Corrected", "_approve": "1"}
    response = desk.post(change_url(second), data, follow=True)
    second.refresh_from_db()
    assert (second.listed_name, second.status) == ("Corrected", Status.APPROVED)
    assert response.redirect_chain[-1][0] == f"{change_url(third)}?after={second.pk}"
    shown = response.content.decode()
    assert "Just now: “Corrected”, Approved." in shown
    assert f'<a href="{change_url(second)}">Back to it</a>' in shown
    assert "Undo" not in shown  # an approval has no way back but a withdrawal
    response = desk.post(change_url(third), shown_form(desk, third) | {"_approve": "1"})
    assert response["Location"] == f"{change_url(first)}?after={third.pk}"
    response = desk.post(change_url(first), shown_form(desk, first) | {"_approve": "1"})
    assert response["Location"] == change_url(first)  # nothing else waits
    assert "Nothing else waits" in page(desk, first)


def test_rejecting_on_the_page_brings_the_next_one_and_can_be_undone(
    desk: Client, letter: Letter
) -> None:
    first, second = SignOnFactory.create_batch(2, letter=letter)
    assert "Only organisations can sign this letter." in page(desk, first)
    url = reverse("admin:signatories_signon_ask", args=[first.pk, "reject"])
    choice = "Only organisations can sign this letter."
    response = desk.post(url, {"choice": choice, "reason": ""}, follow=True)
    assert response.redirect_chain[-1][0] == f"{change_url(second)}?after={first.pk}"
    undo = reverse("admin:signatories_signon_move", args=[first.pk, "reconsider"])
    assert f'action="{undo}"' in response.content.decode()
    press(desk, first, "reconsider")
    assert first.status == Status.PENDING


def test_the_next_and_the_previous_are_of_the_same_letter_in_the_order_of_the_list(
    desk: Client, letter: Letter
) -> None:
    SignOnFactory()
    first, second, third = SignOnFactory.create_batch(3, letter=letter)
    context = desk.get(change_url(second)).context
    assert (context["previous_waiting"], context["next_waiting"]) == (first, third)
    context = desk.get(change_url(first)).context
    assert (context["previous_waiting"], context["next_waiting"]) == (third, second)


def test_what_was_decided_on_another_letter_is_not_named(desk: Client, letter: Letter) -> None:
    other, here = SignOnFactory(name="Other Body"), SignOnFactory(letter=letter)
    for after in (str(other.pk), "x", "½", "9" * 30):
        response = desk.get(change_url(here), {"after": after})
        assert response.status_code == 200
        assert "Just now" not in response.content.decode()


# Links to organisations


def test_one_click_links_to_what_the_registry_suggests_and_saves_what_was_typed(
    desk: Client, letter: Letter
) -> None:
    known = OrganisationFactory(display_name="Quiet Skies UK")
    sign_on = SignOnFactory(letter=letter, name="Quiet Skies")
    data = shown_form(desk, sign_on) | {"sort_as": "Skies", "_link": known.pk}
    response = desk.post(change_url(sign_on), data, follow=True)
    sign_on.refresh_from_db()
    assert sign_on.organisations.get() == known
    assert sign_on.sort_as == "Skies"
    assert ("success", "“Quiet Skies” is linked to “Quiet Skies UK”.") in said(response)
    assert "Linked to <a" in response.content.decode()
    response = desk.post(
        change_url(sign_on), shown_form(desk, sign_on) | {"_link": known.pk}, follow=True
    )
    assert ("warning", "It is linked to “Quiet Skies UK” already.") in said(response)
    for nothing in ("0", "x", "99999999"):
        data = shown_form(desk, sign_on) | {"_link": nothing}
        response = desk.post(change_url(sign_on), data, follow=True)
        assert ("warning", "This organisation is no longer in the registry.") in said(response)


def test_one_click_makes_the_organisation_of_its_name(desk: Client, letter: Letter) -> None:
    sign_on = SignOnFactory(letter=letter, name="Quiet Skies")
    desk.post(change_url(sign_on), shown_form(desk, sign_on) | {"_link_new": "1"})
    assert Organisation.objects.get().display_name == "Quiet Skies"
    assert sign_on.organisations.get().display_name == "Quiet Skies"


def test_an_approved_one_is_not_linked_to_a_body_that_is_listed(
    desk: Client, letter: Letter
) -> None:
    listed = SignOnFactory(letter=letter, status=Status.APPROVED)
    sign_on = SignOnFactory(letter=letter, status=Status.APPROVED)
    body = listed.organisations.get()
    data = shown_form(desk, sign_on) | {"_link": body.pk}
    response = desk.post(change_url(sign_on), data, follow=True)
    assert ("warning", f"“{body}” is listed on this letter already.") in said(response)


# Questions


def test_the_contact_is_asked_by_mail_and_the_sign_on_goes_on_waiting(
    desk: Client, letter: Letter
) -> None:
    sign_on, following = SignOnFactory.create_batch(2, letter=letter)
    response = desk.post(ask_url(sign_on), {"text": "Is it your board’s decision?"}, follow=True)
    assert response.redirect_chain[-1][0] == f"{change_url(following)}?after={sign_on.pk}"
    question = Question.objects.get()
    assert question.asked_by
    assert (question.text, question.asked_by.username) == ("Is it your board’s decision?", "maya")
    mail = OutgoingMail.objects.get()
    assert (mail.kind, mail.references["question"]) == ("sign_on.question", question.pk)
    sign_on.refresh_from_db()
    assert sign_on.status == Status.PENDING
    shown = page(desk, sign_on)
    assert "Is it your board’s decision?" in shown
    assert "by maya" in shown
    assert "Question asked by mail" in shown
    assert "A question: Queued" in shown


@pytest.mark.parametrize(
    ("status", "why"),
    [
        (Status.UNCONFIRMED, "never confirmed"),
        (Status.LAPSED, "lapsed"),
        (Status.REJECTED, "rejected"),
    ],
)
def test_nobody_is_asked_who_may_be_a_stranger_or_has_nothing_to_do_with_it_any_more(
    desk: Client, letter: Letter, status: Status, why: str
) -> None:
    sign_on = SignOnFactory(letter=letter, status=status)
    assert "Mail the question" not in page(desk, sign_on)
    response = desk.post(ask_url(sign_on), {"text": "Is it so?"})
    assert response.status_code == 422
    assert why in response.content.decode()
    assert not OutgoingMail.objects.exists()
    assert not Question.objects.exists()


def test_a_question_needs_words_and_somebody_to_answer(desk: Client, letter: Letter) -> None:
    sign_on = SignOnFactory(letter=letter)
    for text in ("", "  ", "x" * 2001, "bad \x07 bell"):
        assert desk.post(ask_url(sign_on), {"text": text}).status_code == 422
    sign_on.contacts.all().delete()
    with pytest.raises(Refused, match="no contact"):
        questions.ask_question(sign_on=sign_on, text="Is it so?", asked_by=None)


def test_staff_who_entered_it_may_ask_its_contact(letter: Letter) -> None:
    sign_on = entered(letter, person=ZOE, confirm=True)
    questions.ask_question(sign_on=sign_on, text="Is it so?", asked_by=None)
    assert OutgoingMail.objects.filter(kind="sign_on.question").count() == 1


# Merging


def merge(client: Client, sign_on: SignOn, into: SignOn) -> Any:
    url = reverse("admin:signatories_signon_merge", args=[sign_on.pk])
    response = client.post(url, {"pk": into.pk}, follow=True)
    sign_on.refresh_from_db()
    into.refresh_from_db()
    return response


def test_a_double_becomes_a_second_contact_of_what_is_listed_who_is_told_so(
    desk: Client, letter: Letter
) -> None:
    into = SignOnFactory(letter=letter, name="Quiet Skies", status=Status.APPROVED)
    first = into.contacts.get()
    sign_on = SignOnFactory(letter=letter, name="The Quiet Skies", person=ZOE)
    waiting = SignOnFactory(letter=letter)
    key = into.email_key
    assert "Merge into it" in page(desk, sign_on)
    response = merge(desk, sign_on, into)
    assert response.redirect_chain[-1][0] == f"{change_url(waiting)}?after={sign_on.pk}"
    assert "Undo" not in response.content.decode()
    assert sign_on.status == Status.REJECTED
    assert sign_on.reason == f"Merged into “Quiet Skies” (sign-on {into.pk})."
    assert not sign_on.contacts.exists()
    assert sign_on.email_key == ""
    assert into.status == Status.APPROVED
    assert [contact.email for contact in into.contacts.all()] == [first.email, ZOE.email]
    assert into.email_key == key  # of the first contact, as before
    mail = OutgoingMail.objects.get()
    assert (mail.kind, mail.references["sign_on"]) == ("sign_on.listed", into.pk)
    assert mail.references["contact"] == into.contacts.last().pk  # type: ignore[union-attr]


def test_both_trails_tell_of_a_merge_and_name_no_contact(desk: Client, letter: Letter) -> None:
    into = SignOnFactory(letter=letter, name="Quiet Skies", status=Status.APPROVED)
    sign_on = SignOnFactory(letter=letter, name="The Quiet Skies", person=ZOE)
    from signatories.models.contact import EvidenceKind
    from signatories.services.evidence import add_evidence

    add_evidence(sign_on=sign_on, kind=EvidenceKind.POST, note="Zoë Quill wrote", added_by=None)
    merge(desk, sign_on, into)
    assert into.evidence.get().note == "Zoë Quill wrote"
    told = [
        (entry.who, what)
        for entry in desk.get(change_url(into)).context["trail"]
        for what in entry.what
    ]
    assert (
        "maya",
        f"Merged in, with its contact: “The Quiet Skies” (sign-on {sign_on.pk})",
    ) in told
    assert any("Evidence moved here: Post" in what for _, what in told)
    assert "Merged into" in page(desk, sign_on)
    for one in (sign_on, into):
        assert "Quill" not in str(list(one.events.values()))


def test_one_that_was_listed_is_withdrawn_and_its_contact_not_told_that_it_was(
    desk: Client, letter: Letter
) -> None:
    into, sign_on = (
        SignOnFactory(letter=letter, name=name, status=Status.APPROVED)
        for name in ("Quiet Skies", "Quiet Skies UK")
    )
    merge(desk, sign_on, into)
    assert sign_on.status == Status.WITHDRAWN
    assert [mail.kind for mail in OutgoingMail.objects.all()] == ["sign_on.listed"]
    assert into.contacts.count() == 2


def test_merged_into_what_waits_all_contacts_are_told_at_its_approval(
    desk: Client, letter: Letter
) -> None:
    into, sign_on = SignOnFactory.create_batch(2, letter=letter)
    merge(desk, sign_on, into)
    assert not OutgoingMail.objects.exists()
    moderation.approve(sign_on=into)
    assert OutgoingMail.objects.filter(kind="sign_on.listed").count() == 2


def test_while_it_is_on_hold_nobody_is_told_that_it_is_listed(desk: Client, letter: Letter) -> None:
    into = SignOnFactory(letter=letter, status=Status.APPROVED)
    moderation.place_hold(sign_on=into, kind="pause")
    merge(desk, SignOnFactory(letter=letter), into)
    assert not OutgoingMail.objects.exists()


def test_merged_into_what_has_no_contact_it_becomes_the_first(letter: Letter) -> None:
    into = entered(letter)
    sign_on = SignOnFactory(letter=letter, person=ZOE)
    key = sign_on.email_key
    merging.merge(sign_on=sign_on, into=into)
    assert (into.contacts.get().email, into.email_key) == (ZOE.email, key)


def test_the_same_person_twice_stays_one_contact(letter: Letter) -> None:
    into = SignOnFactory(letter=letter, person=ZOE)
    sign_on = SignOnFactory(letter=letter, person=ZOE)
    merging.merge(sign_on=sign_on, into=into)
    assert into.contacts.count() == 1


@pytest.mark.parametrize("status", [s for s in Status.values if s not in {"pending", "approved"}])
def test_only_what_stands_is_merged_or_merged_into(letter: Letter, status: str) -> None:
    other = SignOnFactory(letter=letter, status=status, person=ZOE)
    good = SignOnFactory(letter=letter)
    for sign_on, into in [(other, good), (good, other)]:
        with pytest.raises(Refused):
            merging.merge(sign_on=sign_on, into=into)
    assert other.contacts.get().email == ZOE.email
    assert good.contacts.count() == 1


def test_a_merge_is_refused_in_words(desk: Client, letter: Letter) -> None:
    waiting = SignOnFactory(letter=letter)
    listed = SignOnFactory(letter=letter, status=Status.APPROVED)
    for sign_on, into, part in [
        (waiting, waiting, "into itself"),
        (waiting, SignOnFactory(), "on another letter"),
        (listed, waiting, "merge that one into this"),
        (SignOnFactory(letter=letter, status=Status.UNCONFIRMED), listed, "not confirmed yet"),
    ]:
        [(level, text)] = said(merge(desk, sign_on, into))
        assert level == "warning"
        assert part in text
    url = reverse("admin:signatories_signon_merge", args=[waiting.pk])
    for nothing in ({}, {"pk": "x"}, {"pk": "999999"}):
        [(level, text)] = said(desk.post(url, nothing, follow=True))
        assert "choose the sign-on" in text
    assert desk.get(url)["Location"] == change_url(waiting)


def test_what_was_merged_is_linked_to_nothing_new(letter: Letter) -> None:
    into, sign_on = SignOnFactory.create_batch(2, letter=letter)
    merging.merge(sign_on=sign_on, into=into)
    assert not SignOnOrganisation.objects.filter(sign_on=into).exists()
