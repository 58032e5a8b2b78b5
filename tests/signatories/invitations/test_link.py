"""The personal link of an invitation, as the invited, a colleague or a mail scanner opens it."""

from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from campaign import letters
from campaign.models import Letter, OutgoingMail
from campaign.texts import Words, set_words
from signatories.models import Contact, Invitation, Organisation, SignOn
from signatories.models.sign_on import Source, Status
from signatories.services import confirming, inviting, moderation
from signatories.services.invitations import link_of
from signatories.services.invited import MOST_OTHERS
from signatories.services.signing import Person
from tests.factories import InvitationFactory, SignOnFactory
from tests.signatories.test_views import said

pytestmark = pytest.mark.django_db

NAME = "Mines Advisory Group (MAG)"
ADA = Person("Ada Lovelace", "Director", "ada@mag.example.org")
FORM = {
    "action": "sign",
    "organisation": NAME,
    "contact_name": "Ada Lovelace",
    "contact_title": "Director",
    "email": "",
    "authorised": "on",
    "website": "www.mag.example.org",
    "country": "GB",
    "text": "1",
}
COLLEAGUE = {"action": "pass-on", "name": "Bea", "title": "Chair", "email": "bea@mag.example.org"}


@pytest.fixture
def invitation(letter: Letter) -> Invitation:
    return InvitationFactory(letter=letter, name=NAME, person=ADA)


def again(invitation: Invitation) -> Invitation:
    return Invitation.objects.get(pk=invitation.pk)


def open_link(client: Client, invitation: Invitation) -> Any:
    return client.get(link_of(invitation))


def post(client: Client, invitation: Invitation, **changes: str) -> Any:
    return client.post(link_of(invitation), {**FORM, **changes})


def test_one_post_signs_with_the_person_as_contact_and_confirms_nothing_by_mail(
    client: Client, invitation: Invitation
) -> None:
    OutgoingMail.objects.all().delete()
    response = post(client, invitation)
    assert response.status_code == 200
    assert f"{NAME} has signed. It is not listed yet" in said(response)
    sign_on = SignOn.objects.get()
    assert (sign_on.status, sign_on.source) == (Status.PENDING, Source.INVITED)
    assert sign_on.confirmed_at is not None
    assert sign_on.organisations.get() == invitation.organisation
    assert (sign_on.website, sign_on.country) == ("https://www.mag.example.org", "GB")
    contact = Contact.objects.get()  # once, and the sign-on's
    assert (contact.sign_on, contact.invitation, contact.email) == (sign_on, None, ADA.email)
    assert not OutgoingMail.objects.exists()
    assert again(invitation).sign_on == sign_on


def test_the_form_is_filled_in_and_the_address_is_shown_fixed(
    client: Client, invitation: Invitation
) -> None:
    Organisation.objects.update(country="GB", website="https://www.mag.example.org")
    response = open_link(client, invitation)
    page = response.content.decode()
    for value in (NAME, "Ada Lovelace", "Director", "https://www.mag.example.org"):
        assert f'value="{value}"' in page
    assert '<option value="GB" selected>' in page
    assert ADA.email in page
    assert f'value="{ADA.email}"' not in page
    assert "The Coalition asks" in said(response)
    assert not response.cookies


def test_opening_the_link_changes_nothing(client: Client, invitation: Invitation) -> None:
    before = Invitation.objects.values().get()
    events = invitation.events.count()  # type: ignore[attr-defined]
    for method in ("get", "head"):
        getattr(client, method)(link_of(invitation))
    assert Invitation.objects.values().get() == before
    assert invitation.events.count() == events  # type: ignore[attr-defined]
    assert not SignOn.objects.exists()


def test_a_form_on_another_site_signs_nothing(client: Client, invitation: Invitation) -> None:
    for headers in ({"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}):
        response = client.post(link_of(invitation), FORM, headers=headers)
        assert response.status_code == 403
    assert not SignOn.objects.exists()


def test_the_page_gives_the_link_to_nobody(client: Client, invitation: Invitation) -> None:
    response = open_link(client, invitation)
    page = response.content.decode()
    assert response.headers["Referrer-Policy"] == "same-origin"
    assert response.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert "no-store" in response.headers["Cache-Control"]
    token = link_of(invitation).split("/")[2]
    assert token not in page.partition("</head>")[0]
    for link in page.split("<a ")[1:]:
        tag = link.partition(">")[0]
        assert "#" in tag or "mailto:" in tag or 'referrerpolicy="no-referrer"' in tag


def test_what_was_approved_in_advance_is_listed_at_once(client: Client, letter: Letter) -> None:
    invitation = InvitationFactory(letter=letter, name=NAME, person=ADA, pre_approved=True)
    assert "the sign-on is approved" in said(post(client, invitation))
    sign_on = SignOn.objects.public().get()
    assert sign_on.listed_name == NAME
    told = OutgoingMail.objects.latest("pk")
    assert (told.kind, told.references["sign_on"]) == ("sign_on.listed", sign_on.pk)


def test_an_alias_that_staff_know_is_listed_at_once_too(client: Client, letter: Letter) -> None:
    invitation = InvitationFactory(letter=letter, name=NAME, pre_approved=True)
    Organisation.objects.update(aliases=["MAG"])
    post(client, invitation, organisation="M A G".replace(" ", ""))
    assert SignOn.objects.get().status == Status.APPROVED


def test_another_name_than_was_approved_in_advance_waits_for_staff(
    client: Client, letter: Letter
) -> None:
    """Staff approved an organisation, not whatever is typed for it."""
    invitation = InvitationFactory(letter=letter, name=NAME, pre_approved=True)
    assert "It is not listed yet" in said(post(client, invitation, organisation="Evil Corporation"))
    assert SignOn.objects.get().status == Status.PENDING


def test_signing_twice_makes_one_sign_on(client: Client, invitation: Invitation) -> None:
    post(client, invitation)
    assert "Signed before" in said(post(client, invitation))
    assert "Signed before" in said(open_link(client, invitation))
    assert SignOn.objects.count() == 1


def test_who_has_signed_by_the_form_is_told_so(client: Client, invitation: Invitation) -> None:
    SignOnFactory(letter=invitation.letter, name=NAME, status=Status.APPROVED)
    assert "Signed before" in said(post(client, invitation))
    assert SignOn.objects.count() == 1


def test_a_form_that_the_same_person_left_unconfirmed_is_confirmed_in_its_place(
    client: Client, invitation: Invitation
) -> None:
    waiting = SignOnFactory(
        letter=invitation.letter, name=NAME, person=ADA, status=Status.UNCONFIRMED
    )
    post(client, invitation)
    sign_on = SignOn.objects.get()
    assert (sign_on.pk, sign_on.status) == (waiting.pk, Status.PENDING)
    assert sign_on.organisations.get() == invitation.organisation
    assert Contact.objects.get().sign_on == sign_on


def test_what_is_wrong_is_named_and_what_was_typed_stays(
    client: Client, invitation: Invitation
) -> None:
    response = post(client, invitation, contact_title="", organisation="MAG\u202e", authorised="")
    assert response.status_code == 422
    page = said(response)
    assert "Please give your title" in page
    assert "control character" in page
    assert "Please tick that you are authorised" in page
    assert 'value="Ada Lovelace"' in response.content.decode()
    assert not SignOn.objects.exists()


def test_a_text_that_changed_meanwhile_is_shown_before_it_is_signed(
    client: Client, invitation: Invitation
) -> None:
    set_words(invitation.letter, Words(title="Act now", body="Please act **today**."), note="x")
    response = post(client, invitation)
    assert response.status_code == 422
    assert "<ins>today</ins>" in response.content.decode()
    assert not SignOn.objects.exists()
    post(client, invitation, text="2")
    assert SignOn.objects.get().wording.text.number == 2


@pytest.mark.parametrize(
    ("verbs", "status", "words"),
    [
        (["close_letter"], 409, "Signing has closed"),
        (["close_letter", "archive_letter"], 410, "This letter is archived"),
    ],
)
def test_a_letter_that_takes_no_sign_ons_says_so_in_plain_words(
    client: Client, invitation: Invitation, verbs: list[str], status: int, words: str
) -> None:
    for verb in verbs:
        getattr(letters, verb)(invitation.letter)
    for response in (open_link(client, invitation), post(client, invitation)):
        assert response.status_code == status
        assert words in said(response)
    assert not SignOn.objects.exists()


def test_an_unlisted_letter_is_signed_by_its_link(client: Client, letter: Letter) -> None:
    letters.make_unlisted(letter)
    invitation = InvitationFactory(letter=letter, name=NAME, person=ADA)
    page = open_link(client, invitation).content.decode()
    assert letter.unlisted_path in page
    assert f"/letters/{letter.slug}/" not in page
    assert post(client, invitation).status_code == 200
    assert SignOn.objects.get().status == Status.PENDING


def test_limits_stop_no_invited_signer(
    client: Client, letter: Letter, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.RATE_LIMITS = True

    def asked(**_: object) -> None:
        raise AssertionError("the limits were asked")

    monkeypatch.setattr("signatories.views.invitation.judge", asked)
    assert post(client, InvitationFactory(letter=letter, person=ADA)).status_code == 200


def test_it_is_put_into_the_group_that_staff_chose(client: Client, letter: Letter) -> None:
    group = letter.groups.get(key="committee")
    post(client, InvitationFactory(letter=letter, person=ADA, group=group))
    assert SignOn.objects.get().group == group


# Somebody else


def test_another_address_is_not_proven_by_the_link_and_has_to_confirm(
    client: Client, letter: Letter
) -> None:
    """Who forwards the mail lets a colleague sign; approval in advance was for who was asked."""
    invitation = InvitationFactory(letter=letter, name=NAME, person=ADA, pre_approved=True)
    response = post(client, invitation, contact_name="Bea", email="bea@mag.example.org")
    assert response.status_code == 302
    assert response["Location"].endswith("/check-email/")
    sign_on = SignOn.objects.get()
    assert (sign_on.status, sign_on.source) == (Status.UNCONFIRMED, Source.FORM)
    assert OutgoingMail.objects.latest("pk").kind == "sign_on.confirm"
    confirming.confirm(sign_on=sign_on, wording=sign_on.wording)
    assert sign_on.status == Status.PENDING
    assert sign_on.organisations.get() == invitation.organisation
    assert "Signed before" in said(open_link(client, invitation))
    assert "with another address than the one invited" in inviting.authority_of(sign_on)


def test_the_invited_address_in_another_spelling_is_proven(
    client: Client, invitation: Invitation
) -> None:
    post(client, invitation, email="ADA@MAG.example.org")
    assert SignOn.objects.get().status == Status.PENDING


def test_while_another_address_has_not_confirmed_the_link_still_signs(
    client: Client, invitation: Invitation
) -> None:
    post(client, invitation, contact_name="Bea", email="bea@mag.example.org")
    assert "has signed" in said(post(client, invitation))
    assert again(invitation).sign_on.status == Status.PENDING  # type: ignore[union-attr]


def test_a_colleague_gets_a_link_of_their_own_and_the_old_one_ends(
    client: Client, invitation: Invitation
) -> None:
    response = client.post(link_of(invitation), COLLEAGUE)
    assert "We mail Bea at bea@mag.example.org a link of their own" in said(response)
    assert open_link(client, invitation).status_code == 404
    passed = again(invitation)
    assert passed.passed_on == 1
    contact = Contact.objects.get()  # who was asked first is forgotten
    assert (contact.name, contact.email) == ("Bea", "bea@mag.example.org")
    mail = OutgoingMail.objects.latest("pk")
    assert (mail.kind, mail.pk) == ("invitation.passed_on", passed.mail_id)
    post(client, passed, contact_name="Bea", contact_title="Chair")
    sign_on = SignOn.objects.get()
    assert sign_on.contacts.get().email == "bea@mag.example.org"
    assert "passed on by the address that was invited, on" in inviting.authority_of(sign_on)


def test_it_is_not_passed_on_to_the_address_that_has_it(
    client: Client, invitation: Invitation
) -> None:
    response = client.post(link_of(invitation), {**COLLEAGUE, "email": "Ada@mag.example.org"})
    assert response.status_code == 422
    assert "This is the address that we invited" in said(response)
    assert 'value="Bea"' in response.content.decode()


def test_a_link_cannot_be_used_to_mail_strangers(client: Client, invitation: Invitation) -> None:
    for number in range(MOST_OTHERS):
        invitation = again(invitation)
        if number % 2:
            client.post(link_of(invitation), {**COLLEAGUE, "email": f"x{number}@example.org"})
        else:
            post(client, invitation, email=f"x{number}@example.org")
    count, invitation = OutgoingMail.objects.count(), again(invitation)
    for response in (
        client.post(link_of(invitation), {**COLLEAGUE, "email": "more@example.org"}),
        post(client, invitation, email="more@example.org"),
    ):
        assert response.status_code == 429
        assert "as many other addresses as it may" in said(response)
    assert OutgoingMail.objects.count() == count
    assert post(client, invitation).status_code == 200  # but it still signs


def test_declining_is_kept_with_its_reason_and_can_be_changed(
    client: Client, invitation: Invitation
) -> None:
    response = client.post(link_of(invitation), {"action": "decline", "reason": "Our board."})
    assert "will not sign. We send no reminder" in said(response)
    declined = again(invitation)
    assert declined.declined_at
    assert declined.decline_reason == "Our board."
    assert "You told us that it will not sign" in said(open_link(client, invitation))
    post(client, invitation)
    signed = again(invitation)
    assert signed.sign_on
    assert (signed.declined_at, signed.decline_reason) == (None, "")


def test_a_reason_that_is_too_long_is_said_and_not_cut(
    client: Client, invitation: Invitation
) -> None:
    response = client.post(link_of(invitation), {"action": "decline", "reason": "x" * 501})
    assert response.status_code == 422
    assert "longer than 500 characters" in said(response)
    assert not again(invitation).declined_at


@pytest.mark.parametrize("action", ["pass-on", "decline"])
def test_once_signed_nothing_else_is_answered(
    client: Client, invitation: Invitation, action: str
) -> None:
    post(client, invitation)
    response = client.post(link_of(invitation), {**COLLEAGUE, "action": action})
    assert "Signed before" in said(response)
    assert again(invitation).passed_on == 0


@pytest.mark.parametrize("to", [Status.WITHDRAWN, Status.REJECTED])
def test_a_signature_that_was_taken_back_or_refused_is_not_signed_anew_by_the_link(
    client: Client, invitation: Invitation, to: Status
) -> None:
    post(client, invitation)
    sign_on = SignOn.objects.get()
    if to == Status.WITHDRAWN:
        moderation.withdraw(sign_on=sign_on)
    else:
        moderation.reject(sign_on=sign_on, reason="x", tell=False)
    assert "The signature was" in said(post(client, invitation))
    assert SignOn.objects.count() == 1


def test_links_that_open_nothing_are_answered_alike(client: Client, invitation: Invitation) -> None:
    old = link_of(invitation)
    inviting.take_back(invitation=invitation)
    forged = old[:-2] + ("A/" if old[-2] != "A" else "B/")
    answers = {client.get(path).content for path in (old, forged, "/invitations/999-x/")}
    assert len(answers) == 1
    for path in (old, forged):
        assert client.post(path, FORM).status_code == 404
    assert not SignOn.objects.exists()


def test_braces_in_an_address_are_no_template(client: Client, letter: Letter) -> None:
    person = Person("{{ 7|add:7 }}", "{% now 'Y' %}", "{{7}}{%x%}@example.org")
    page = said(open_link(client, InvitationFactory(letter=letter, person=person)))
    assert "{{7}}{%x%}@example.org" in page


def test_the_page_and_the_signature_cost_a_bounded_number_of_queries(
    client: Client, invitation: Invitation, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(4):
        open_link(client, invitation)
    with django_assert_num_queries(21):
        post(client, invitation)
