"""The desk for sign-ons: every move by a verb, every refusal a message, every change traced."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from campaign.models import Group, Letter, OutgoingMail, Publication
from signatories.models import Contact, Organisation, SignOn, SignOnOrganisation
from signatories.models.sign_on import Status
from signatories.services import asking, correcting, moderation
from signatories.services.moving import Refused
from signatories.services.signing import Person
from tests.factories import LetterFactory, OrganisationFactory, SignOnFactory, StaffFactory

pytestmark = pytest.mark.django_db

LIST = "/admin/signatories/signon/"
MaxQueries = Callable[[int], AbstractContextManager[Any]]


@pytest.fixture
def letter() -> Letter:
    return LetterFactory(open=True, public=True)


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(StaffFactory(username="maya"))
    return client


def act(desk: Client, name: str, sign_ons: list[SignOn], **data: str) -> Any:
    """Post an action as an outside tool does."""
    post = {"action": name, "_selected_action": [one.pk for one in sign_ons], **data}
    response = desk.post(LIST, post, follow=True)
    for one in sign_ons:
        one.refresh_from_db()
    return response


def said(response: Any) -> list[tuple[str, str]]:
    return [(message.level_tag, str(message)) for message in response.context["messages"]]


def change_url(sign_on: SignOn) -> str:
    return reverse("admin:signatories_signon_change", args=[sign_on.pk])


def press(desk: Client, sign_on: SignOn, name: str, **data: str) -> Any:
    url = reverse("admin:signatories_signon_move", args=[sign_on.pk, name])
    response = desk.post(url, data, follow=True)
    sign_on.refresh_from_db()
    return response


def shown_form(desk: Client, sign_on: SignOn) -> dict[str, Any]:
    """What a browser would post, had nothing been changed in the page."""
    context = desk.get(change_url(sign_on)).context
    forms = [context["adminform"].form]
    for inline in context["inline_admin_formsets"]:
        forms += [inline.formset.management_form, *inline.formset.forms]
    fields = [bound for form in forms for bound in form]
    return {bound.html_name: bound.value() for bound in fields if bound.value() is not None}


# The list


def test_what_waits_for_staff_comes_first_the_longest_waiting_at_the_top(
    desk: Client, letter: Letter
) -> None:
    made = {
        status: SignOnFactory(letter=letter, status=status)
        for status in (Status.REJECTED, Status.APPROVED, Status.UNCONFIRMED, Status.PENDING)
    }
    later = SignOnFactory(letter=letter)
    rows = desk.get(LIST, {"part": "all"}).context["cl"].result_list
    assert rows == [
        made[Status.PENDING],
        later,
        made[Status.UNCONFIRMED],
        made[Status.APPROVED],
        made[Status.REJECTED],
    ]
    assert "Waiting for you" in desk.get(LIST).content.decode()


def test_the_list_is_searched_by_name_organisation_and_contact(
    desk: Client, letter: Letter
) -> None:
    person = Person("Zoë Quill", "Director", "zoe@quill.example.org")
    sign_on = SignOnFactory(letter=letter, name="Mines Advisory Group (MAG)", person=person)
    organisation = OrganisationFactory(display_name="Registered Name")
    SignOnOrganisation.objects.create(sign_on=sign_on, organisation=organisation)
    SignOnFactory(letter=letter)
    found = ["advisory", "registered", "zoë", "quill.example.org", "(mag) MINES", '"visory gr"']
    for words in [*found, "mag registered quill"]:
        assert desk.get(LIST, {"q": words}).context["cl"].result_list == [sign_on], words
    for words in ['"group advisory"', "advisory elsewhere", "%", "m_nes", '"', "'mines"]:
        assert sign_on not in desk.get(LIST, {"q": words}).context["cl"].result_list, words


def test_the_list_is_filtered_by_letter_group_state_and_source(
    desk: Client, letter: Letter
) -> None:
    committee = letter.groups.first()
    here = SignOnFactory(letter=letter, group=committee)
    SignOnFactory(letter=letter, status=Status.APPROVED)
    SignOnFactory()
    query = {"letter": letter.pk, "group": committee.pk, "status__exact": "pending"}
    assert desk.get(LIST, query).context["cl"].result_list == [here]
    assert desk.get(LIST, {**query, "source__exact": "staff"}).context["cl"].result_list == []
    assert (
        len(desk.get(LIST, {"letter": "x", "group": "½", "part": "all"}).context["cl"].result_list)
        == 3
    )


def test_a_possible_duplicate_is_marked_in_the_list(desk: Client, letter: Letter) -> None:
    SignOnFactory(letter=letter, name="Mines Advisory Group", status=Status.APPROVED)
    SignOnFactory(name="Mines Advisory Group")  # on another letter
    marked = SignOnFactory(letter=letter, name="Mines Advisory Group (MAG)")
    SignOnFactory(letter=letter, name="Handicap International")
    rows = desk.get(LIST).context["cl"].result_list
    assert [row for row in rows if row.looks_like_another] == [marked]
    assert "Possible duplicate" in desk.get(LIST).content.decode()


@pytest.mark.parametrize("number", [5, 50])
def test_the_list_takes_as_many_queries_for_5_as_for_50(
    desk: Client, letter: Letter, number: int, django_assert_max_num_queries: MaxQueries
) -> None:
    for status in (Status.PENDING, Status.APPROVED):
        SignOnFactory.create_batch(number // 2, letter=letter, status=status)
    with django_assert_max_num_queries(18):
        query = {"letter": letter.pk, "part": "all"}
        assert len(desk.get(LIST, query).context["cl"].result_list) >= 4


def test_contacts_are_for_those_who_may_see_them(client: Client, letter: Letter) -> None:
    client.force_login(StaffFactory(may=["signatories.view_signon", "signatories.change_signon"]))
    person = Person("Zoë Quill", "Director", "zoe@quill.example.org")
    sign_on = SignOnFactory(letter=letter, person=person)
    for url in (LIST, change_url(sign_on), f"{change_url(sign_on)}../ask/reject/"):
        page = client.get(url, follow=True).content.decode()
        assert "Quill" not in page, url
        assert "quill.example" not in page, url
    assert client.get(LIST, {"q": "quill"}).context["cl"].result_list == []


# Actions


def test_approving_from_the_list_is_public_at_once(desk: Client, letter: Letter) -> None:
    sign_ons = SignOnFactory.create_batch(2, letter=letter)
    wanted = Publication.objects.get(letter=letter).wanted
    response = act(desk, "approve", sign_ons)
    assert {one.status for one in sign_ons} == {Status.APPROVED}
    assert said(response) == [
        ("success", f"2 sign-ons approved: public now at /letters/{letter.slug}/.")
    ]
    assert Publication.objects.get(letter=letter).wanted > wanted
    assert OutgoingMail.objects.filter(kind="sign_on.listed").count() == 2


def test_the_buttons_above_the_list_act_without_a_script(desk: Client, letter: Letter) -> None:
    sign_on = SignOnFactory(letter=letter)
    assert "Approve selected: public now" in desk.get(LIST).content.decode()
    # The button stands before the select, which is posted as well, empty.
    post = {"action": ["approve", ""], "_selected_action": sign_on.pk}
    desk.post(LIST, post)
    sign_on.refresh_from_db()
    assert sign_on.status == Status.APPROVED
    SignOnFactory(letter=LetterFactory(open=True))
    page = desk.get(LIST).content.decode()
    assert "Approve selected: listed once their letter is public" in page


def test_approving_for_an_unlisted_letter_promises_nothing_public(desk: Client) -> None:
    sign_on = SignOnFactory(letter=LetterFactory(open=True))
    response = act(desk, "approve", [sign_on])
    assert said(response) == [("success", "1 sign-on approved: listed once the letter is public.")]


def test_refused_ones_are_named_and_the_others_proceed(desk: Client, letter: Letter) -> None:
    done, good = SignOnFactory.create_batch(2, letter=letter)
    moderation.approve(sign_on=done)
    unconfirmed = SignOnFactory(letter=letter, status=Status.UNCONFIRMED)
    messages = said(act(desk, "approve", [done, unconfirmed, good]))
    assert good.status == Status.APPROVED
    assert unconfirmed.status == Status.UNCONFIRMED
    assert [level for level, _ in messages].count("warning") == 2
    assert any(done.listed_name in text and "first" in text for _, text in messages)
    assert any(unconfirmed.listed_name in text for _, text in messages)
    assert OutgoingMail.objects.filter(references__sign_on=good.pk).count() == 1


def test_rejecting_asks_for_a_reason_and_then_acts(desk: Client, letter: Letter) -> None:
    sign_ons = SignOnFactory.create_batch(2, letter=letter)
    response = act(desk, "reject", sign_ons)
    assert "Reject 2 sign-ons" in response.content.decode()
    assert {one.status for one in sign_ons} == {Status.PENDING}
    response = act(desk, "reject", sign_ons, reason="", choice="", tell="on")
    assert response.status_code == 422
    assert "Please give a reason" in response.content.decode()
    choice = "Only organisations can sign this letter."
    act(desk, "reject", sign_ons, reason="", choice=choice, tell="on")
    assert {(one.status, one.reason) for one in sign_ons} == {(Status.REJECTED, choice)}
    assert OutgoingMail.objects.filter(kind="sign_on.rejected").count() == 2


def test_rejecting_with_a_reason_acts_at_once_and_tells_only_when_asked(
    desk: Client, letter: Letter
) -> None:
    sign_on = SignOnFactory(letter=letter)
    response = act(desk, "reject", [sign_on], reason="A duplicate.")
    assert (sign_on.status, sign_on.reason) == (Status.REJECTED, "A duplicate.")
    assert said(response) == [("success", "1 sign-on rejected; nobody is told.")]
    assert not OutgoingMail.objects.exists()


def test_withdrawing_from_the_list_asks_first(desk: Client, letter: Letter) -> None:
    sign_on = SignOnFactory(letter=letter, status=Status.APPROVED)
    page = act(desk, "withdraw", [sign_on], index="0").content.decode()
    assert "Withdraw 1 sign-on, off the list now" in page
    assert sign_on.status == Status.APPROVED
    act(desk, "withdraw", [sign_on], reason="They asked.")
    assert (sign_on.status, sign_on.reason) == (Status.WITHDRAWN, "They asked.")


def test_the_bare_withdraw_action_needs_no_reason(desk: Client, letter: Letter) -> None:
    sign_on = SignOnFactory(letter=letter, status=Status.APPROVED)
    act(desk, "withdraw", [sign_on])
    assert sign_on.status == Status.WITHDRAWN


def test_who_may_only_look_can_do_nothing(client: Client, letter: Letter) -> None:
    client.force_login(StaffFactory(may=["signatories.view_signon"]))
    sign_on = SignOnFactory(letter=letter)
    act(client, "approve", [sign_on])
    for kind, name in [("move", "approve"), ("ask", "reject")]:
        url = reverse(f"admin:signatories_signon_{kind}", args=[sign_on.pk, name])
        assert client.post(url, {"reason": "x"}).status_code == 403
    assert client.post(change_url(sign_on), {"_approve": "1"}).status_code == 403
    sign_on.refresh_from_db()
    assert sign_on.status == Status.PENDING
    page = client.get(LIST).content.decode()
    assert sign_on.listed_name in page
    assert "formaction" not in page


def test_sign_ons_are_never_deleted(desk: Client, letter: Letter) -> None:
    sign_on = SignOnFactory(letter=letter)
    act(desk, "delete_selected", [sign_on], post="yes")
    url = reverse("admin:signatories_signon_delete", args=[sign_on.pk])
    assert desk.post(url, {"post": "yes"}).status_code == 403
    assert SignOn.objects.exists()


# One sign-on


def test_a_row_is_approved_by_its_own_button_and_the_filters_stay(
    desk: Client, letter: Letter
) -> None:
    sign_on = SignOnFactory(letter=letter)
    page = desk.get(LIST, {"status__exact": "pending"}).content.decode()
    url = reverse("admin:signatories_signon_move", args=[sign_on.pk, "approve"])
    assert f'formaction="{url}?back=list&amp;_changelist_filters=status__exact%3Dpending"' in page
    query = "?back=list&_changelist_filters=status__exact%3Dpending"
    response = desk.post(url + query)
    assert response["Location"] == f"{LIST}?status__exact=pending"
    sign_on.refresh_from_db()
    assert sign_on.status == Status.APPROVED


def test_two_people_approving_give_one_approval_and_one_polite_message(
    desk: Client, letter: Letter
) -> None:
    sign_on = SignOnFactory(letter=letter)
    assert said(press(desk, sign_on, "approve"))[0][0] == "success"
    level, text = said(press(desk, sign_on, "approve"))[0]
    assert level == "warning"
    assert "somebody got there first" in text
    assert OutgoingMail.objects.filter(kind="sign_on.listed").count() == 1


def test_the_way_of_a_sign_on_by_buttons(desk: Client, letter: Letter) -> None:
    sign_on = SignOnFactory(letter=letter)
    ask = reverse("admin:signatories_signon_ask", args=[sign_on.pk, "reject"])
    assert "Reject 1 sign-on" in desk.get(ask).content.decode()
    assert desk.post(ask, {}).status_code == 422
    assert desk.post(ask, {"reason": "Doubtful."})["Location"] == change_url(sign_on)
    sign_on.refresh_from_db()
    assert sign_on.status == Status.REJECTED
    press(desk, sign_on, "reconsider")
    assert sign_on.status == Status.PENDING
    press(desk, sign_on, "approve")
    press(desk, sign_on, "hold", kind="challenge", reason="A call")
    assert sign_on not in SignOn.objects.public()
    page = desk.get(change_url(sign_on)).content.decode()
    assert "Challenged" in page
    assert "(A call)" in page
    assert "On hold: Challenged" in desk.get(LIST, {"part": "others"}).content.decode()
    assert said(press(desk, sign_on, "hold", kind="challenge"))[0][0] == "warning"
    press(desk, sign_on, "list-again")
    assert sign_on in SignOn.objects.public()
    withdraw = reverse("admin:signatories_signon_ask", args=[sign_on.pk, "withdraw"])
    desk.post(withdraw, {"reason": ""})
    sign_on.refresh_from_db()
    assert sign_on.status == Status.WITHDRAWN


def test_an_unconfirmed_one_has_no_button_to_approve(desk: Client, letter: Letter) -> None:
    sign_on = SignOnFactory(letter=letter, status=Status.UNCONFIRMED)
    page = desk.get(change_url(sign_on)).content.decode()
    assert "move/approve" not in page
    assert "_approve" not in page
    assert "before its contact confirms" in page


def test_listed_name_and_group_are_corrected_by_the_verb(desk: Client, letter: Letter) -> None:
    sign_on = SignOnFactory(letter=letter, status=Status.APPROVED, name="Mines Advisry Group")
    wanted = Publication.objects.get(letter=letter).wanted
    committee = Group.objects.get(letter=letter, position=1)
    data = shown_form(desk, sign_on) | {
        "listed_name": " Mines  Advisory Group ",
        "group": committee.pk,
        "website": "mag.example.org",
        "country": "GB",
    }
    assert desk.post(change_url(sign_on), data).status_code == 302
    before = sign_on.sort_key
    sign_on.refresh_from_db()
    assert (sign_on.listed_name, sign_on.group) == ("Mines Advisory Group", committee)
    assert (sign_on.website, sign_on.country) == ("https://mag.example.org", "GB")
    assert sign_on.name_key == "mines advisory group"
    assert bytes(sign_on.sort_key) != bytes(before)
    assert Publication.objects.get(letter=letter).wanted == wanted + 1
    assert OutgoingMail.objects.get().kind == "sign_on.listed"


def test_characters_that_the_pdf_cannot_show_are_pointed_out(desk: Client, letter: Letter) -> None:
    sign_on = SignOnFactory(letter=letter)
    data = shown_form(desk, sign_on) | {"listed_name": "Peace 😀"}
    response = desk.post(change_url(sign_on), data, follow=True)
    assert any(level == "warning" and "lack 😀" in text for level, text in said(response))


def test_what_somebody_else_made_impossible_meanwhile_becomes_a_message(
    desk: Client, letter: Letter, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_on = SignOnFactory(letter=letter)

    def edit(**_: object) -> None:
        raise Refused("It is waiting already.")

    monkeypatch.setattr(correcting, "edit", edit)
    data = shown_form(desk, sign_on) | {"sort_as": "B", "evidence-0-note": "A call."}
    response = desk.post(change_url(sign_on), data, follow=True)
    assert said(response) == [
        ("error", "It is waiting already. Nothing was saved; please look again.")
    ]
    assert not sign_on.evidence.exists()


def test_saving_without_a_change_changes_nothing(desk: Client, letter: Letter) -> None:
    sign_on = SignOnFactory(letter=letter, status=Status.APPROVED)
    events = sign_on.events.count()
    wanted = Publication.objects.get(letter=letter).wanted
    assert desk.post(change_url(sign_on), shown_form(desk, sign_on)).status_code == 302
    assert sign_on.events.count() == events
    assert Publication.objects.get(letter=letter).wanted == wanted
    assert not OutgoingMail.objects.exists()


@pytest.mark.parametrize(
    ("field", "value", "part"),
    [
        ("listed_name", "Evil \u202e name", "U+202E"),
        ("listed_name", "x" * 301, "300"),
        ("listed_name", "", "required"),
        ("website", "ftp://example.org", "begin with"),
        ("country", "XX", "valid choice"),
    ],
)
def test_what_cannot_be_listed_is_refused_beside_its_field(
    desk: Client, letter: Letter, field: str, value: str, part: str
) -> None:
    sign_on = SignOnFactory(letter=letter)
    response = desk.post(change_url(sign_on), shown_form(desk, sign_on) | {field: value})
    errors = response.context["adminform"].form.errors
    assert part in errors[field][0]


def test_a_group_of_another_letter_is_refused(desk: Client, letter: Letter) -> None:
    sign_on = SignOnFactory(letter=letter)
    other = LetterFactory().groups.first()
    response = desk.post(change_url(sign_on), shown_form(desk, sign_on) | {"group": other.pk})
    assert "group" in response.context["adminform"].form.errors


def test_a_name_that_the_same_contact_has_waiting_is_refused(desk: Client, letter: Letter) -> None:
    person = Person("Jo", "Chair", "jo@example.org")
    SignOnFactory(letter=letter, name="Peace Direct", person=person)
    twin = SignOnFactory(letter=letter, name="Peace Drect", person=person)
    data = shown_form(desk, twin) | {"listed_name": "peace direct"}
    response = desk.post(change_url(twin), data)
    assert "waiting already" in response.context["adminform"].form.errors["listed_name"][0]


def test_saving_and_approving_lists_the_corrected_name(desk: Client, letter: Letter) -> None:
    sign_on = SignOnFactory(letter=letter, name="Peace Drect")
    assert "Save and approve: public now" in desk.get(change_url(sign_on)).content.decode()
    data = shown_form(desk, sign_on) | {"listed_name": "Peace Direct", "_approve": "1"}
    desk.post(change_url(sign_on), data)
    sign_on.refresh_from_db()
    assert (sign_on.listed_name, sign_on.status) == ("Peace Direct", Status.APPROVED)
    assert sign_on.organisations.get().display_name == "Peace Direct"


def test_organisations_are_linked_in_the_page_and_one_stays_while_approved(
    desk: Client, letter: Letter
) -> None:
    first, second = OrganisationFactory.create_batch(2)
    sign_on = SignOnFactory(letter=letter)
    data = shown_form(desk, sign_on) | {
        "links-TOTAL_FORMS": "2",
        "links-0-organisation": first.pk,
        "links-1-organisation": second.pk,
    }
    assert desk.post(change_url(sign_on), data).status_code == 302
    assert set(sign_on.organisations.all()) == {first, second}
    moderation.approve(sign_on=sign_on)
    data = shown_form(desk, sign_on) | {"links-0-DELETE": "on", "links-1-DELETE": "on"}
    assert "keeps at least one" in desk.post(change_url(sign_on), data).content.decode()
    assert sign_on.links.count() == 2


def test_linking_to_an_organisation_that_is_listed_is_refused_beside_the_field(
    desk: Client, letter: Letter
) -> None:
    listed = SignOnFactory(letter=letter, status=Status.APPROVED)
    sign_on = SignOnFactory(letter=letter, status=Status.APPROVED)
    data = shown_form(desk, sign_on) | {
        "links-TOTAL_FORMS": "2",
        "links-1-organisation": listed.organisations.get().pk,
    }
    page = desk.post(change_url(sign_on), data).content.decode()
    assert f"listed as “{listed.listed_name}”" in page
    assert sign_on.links.count() == 1


def test_a_corrected_address_ends_old_links_and_asks_again(desk: Client, letter: Letter) -> None:
    sign_on = SignOnFactory(letter=letter, status=Status.UNCONFIRMED)
    token = asking.confirmation_token(sign_on)
    data = shown_form(desk, sign_on) | {"contacts-0-email": "right@example.org"}
    assert desk.post(change_url(sign_on), data).status_code == 302
    sign_on.refresh_from_db()
    assert asking.confirmation_token(sign_on) != token
    assert OutgoingMail.objects.get().kind == "sign_on.confirm"
    assert sign_on.contacts.get().email == "right@example.org"


def test_evidence_is_added_with_who_added_it_and_never_changed(
    desk: Client, letter: Letter
) -> None:
    sign_on = SignOnFactory(letter=letter)
    desk.post(
        change_url(sign_on), shown_form(desk, sign_on) | {"evidence-0-note": "Call of 3 May."}
    )
    evidence = sign_on.evidence.get()
    assert evidence.added_by
    assert evidence.added_by.username == "maya"
    data = shown_form(desk, sign_on) | {
        "evidence-INITIAL_FORMS": "1",
        "evidence-0-id": evidence.pk,
        "evidence-0-note": "Changed.",
        "evidence-0-DELETE": "on",
    }
    desk.post(change_url(sign_on), data)
    evidence.refresh_from_db()
    assert evidence.note == "Call of 3 May."


def test_the_trail_says_when_who_and_what(desk: Client, letter: Letter) -> None:
    sign_on = SignOnFactory(letter=letter)
    press(desk, sign_on, "approve")
    press(desk, sign_on, "hold", kind="pause")
    data = shown_form(desk, sign_on) | {"listed_name": "Another Name"}
    desk.post(change_url(sign_on), data)
    user = sign_on.events.latest("pgh_id").pgh_context.metadata["user"]
    assert User.objects.get(pk=user).username == "maya"
    trail = desk.get(change_url(sign_on)).context["trail"]
    what = [(entry.who, line) for entry in trail for line in entry.what]
    assert ("maya", f"Listed name: “Another Name” (was “{sign_on.listed_name}”)") in what
    assert ("maya", "Status: “Approved” (was “Waiting for you”)") in what
    assert ("maya", "On hold: Paused") in what
    assert ("maya", f"Linked to “{sign_on.listed_name}”") in what
    confirmed = "Status: “Waiting for you” (was “Waiting for them: not confirmed yet”)"
    assert ("the signatory, by the link in the mail", confirmed) in what
    assert ("the website", "Made") in what
    assert [entry.at for entry in trail] == sorted((e.at for e in trail), reverse=True)


def test_no_log_keeps_a_contact(desk: Client, letter: Letter) -> None:
    person = Person("Zoë Quill", "Director", "zoe@quill.example.org")
    sign_on = SignOnFactory(letter=letter, person=person)
    data = shown_form(desk, sign_on) | {"contacts-0-name": "Zoë Quill-Roe"}
    desk.post(change_url(sign_on), data)
    desk.post(change_url(sign_on), shown_form(desk, sign_on) | {"contacts-0-DELETE": "on"})
    assert not Contact.objects.exists()
    logged = str(list(LogEntry.objects.values())) + str(list(sign_on.events.values()))
    assert "Quill" not in logged
    assert "quill" not in logged


def test_the_page_points_to_possible_duplicates_and_mails_and_the_next(
    desk: Client, letter: Letter, django_assert_max_num_queries: MaxQueries
) -> None:
    other = SignOnFactory(letter=letter, name="Mines Advisory Group", status=Status.APPROVED)
    sign_on = SignOnFactory(letter=letter, name="Mines Advisory Group (MAG)")
    following = SignOnFactory(letter=letter)
    asking.remind(
        letter=letter,
        listed_name=SignOnFactory(letter=letter, status=Status.UNCONFIRMED).listed_name,
        email="nobody@example.org",
    )
    with django_assert_max_num_queries(44):
        page = desk.get(change_url(sign_on)).content.decode()
    assert f'<a href="{change_url(other)}">Mines Advisory Group</a>: Approved' in page
    assert f"Next waiting: {following.listed_name}" in page
    page = desk.get(change_url(following)).content.decode()
    assert f"Next waiting: {sign_on.listed_name}" in page
    press(desk, sign_on, "approve")
    assert "Possible duplicates" in desk.get(change_url(sign_on)).content.decode()
    assert "Now listed: Queued" in desk.get(change_url(sign_on)).content.decode()


# Entering what came by e-mail


def entry(to: Letter, **data: Any) -> dict[str, Any]:
    group = to.default_group
    return {
        "letter": to.pk,
        "group": group.pk if group else "",
        "listed_name": "Peace Direct",
        "evidence": "E-mail of 3 May from the director.",
        **data,
    }


ADD = f"{LIST}add/"


def test_a_sign_on_that_came_by_e_mail_is_entered_with_its_evidence(
    desk: Client, letter: Letter
) -> None:
    SignOnFactory(letter=letter, name="Peace Direct UK", status=Status.APPROVED)
    response = desk.post(ADD, entry(letter))
    assert response.status_code == 422
    assert "Is it there already?" in response.content.decode()
    [alike] = response.context["alike"]
    assert alike.listed_name == "Peace Direct UK"
    response = desk.post(ADD, entry(letter, known=alike.pk), follow=True)
    sign_on = SignOn.objects.get(listed_name="Peace Direct")
    assert response.redirect_chain[0][0] == change_url(sign_on)
    assert (sign_on.status, sign_on.source) == (Status.PENDING, "staff")
    evidence = sign_on.evidence.get()
    assert evidence.note == "E-mail of 3 May from the director."
    assert evidence.added_by
    assert evidence.added_by.username == "maya"
    assert said(response) == [("success", "“Peace Direct” is entered and waits for your approval.")]
    assert not sign_on.contacts.exists()


def test_a_contact_may_be_given_whole_or_not_at_all(desk: Client, letter: Letter) -> None:
    whole = {"contact_name": "Jo", "contact_title": "Chair", "email": "jo@example.org"}
    response = desk.post(ADD, entry(letter, contact_name="Jo"))
    assert set(response.context["form"].errors) == {"contact_title", "email"}
    desk.post(ADD, entry(letter, **whole))
    assert SignOn.objects.get().contacts.get().email == "jo@example.org"
    response = desk.post(ADD, entry(letter, **whole, known=SignOn.objects.get().pk))
    assert "waiting already" in str(response.context["form"].non_field_errors())


def test_entering_needs_a_letter_a_group_of_it_a_name_and_evidence(
    desk: Client, letter: Letter
) -> None:
    for name in ("letter", "group", "listed_name", "evidence"):
        response = desk.post(ADD, entry(letter, **{name: ""}))
        assert set(response.context["form"].errors) == {name}
    other = LetterFactory(open=True)
    response = desk.post(ADD, entry(letter, group=other.default_group.pk))
    assert "group" in response.context["form"].errors
    assert not SignOn.objects.exists()


def test_only_letters_that_can_still_be_signed_are_offered(desk: Client, letter: Letter) -> None:
    LetterFactory()
    LetterFactory(archived=True)
    closed = LetterFactory(closed=True)
    form = desk.get(ADD).context["form"]
    assert set(form.fields["letter"].queryset) == {letter, closed}
    form = desk.get(ADD, {"letter": letter.pk}).context["form"]
    assert form.initial["letter"] == letter
    assert set(form.fields["group"].queryset) == set(letter.groups.all())


# Organisations


def test_organisations_have_aliases_and_stand_once_in_the_registry(desk: Client) -> None:
    add = reverse("admin:signatories_organisation_add")
    data = {"display_name": " Mines Advisory Group", "aliases": "MAG\r\n\r\nM.A.G. "}
    desk.post(add, data)
    organisation = Organisation.objects.get()
    assert organisation.display_name == "Mines Advisory Group"
    assert organisation.aliases == ["MAG", "M.A.G."]
    assert organisation.name_key == "mines advisory group"
    response = desk.post(add, {"display_name": "MINES advisory group"})
    assert "in the registry already" in response.context["adminform"].form.errors["display_name"][0]
    changelist = reverse("admin:signatories_organisation_changelist")
    assert desk.get(changelist, {"q": "m.a.g"}).context["cl"].result_list[0] == organisation


def test_an_alias_links_a_sign_on_at_its_approval(desk: Client, letter: Letter) -> None:
    organisation = OrganisationFactory(display_name="Mines Advisory Group", aliases=["MAG"])
    sign_on = SignOnFactory(letter=letter, name="MAG")
    press(desk, sign_on, "approve")
    assert sign_on.organisations.get() == organisation
