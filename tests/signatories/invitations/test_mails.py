"""The mails that invite: what they say, and when they say nothing any more."""

import pytest
from pytest_django.fixtures import Settings

from campaign.letters import close_letter, pause_letter
from campaign.mail.rendered import Gone
from campaign.models import Letter, OutgoingMail
from campaign.models.mail import Withheld
from signatories import invitation_mails, mails
from signatories.invitation_mails import Invited
from signatories.models import Contact, Invitation
from signatories.models.sign_on import Status
from signatories.services import invited, inviting
from signatories.services.invitations import link_of
from signatories.services.invite_list import read_list
from signatories.services.signing import Person
from tests.factories import InvitationFactory, LetterFactory, SignOnFactory

pytestmark = pytest.mark.django_db

ANN = Person("Ann Lee", "Chair", "ann@example.org")


def about(mail: OutgoingMail | None = None) -> Invited | Gone:
    mail = mail or OutgoingMail.objects.latest("pk")
    found = invitation_mails.about_invitations([mail])[mail.pk]
    assert not isinstance(found, mails.About)
    return found


def told(found: Invited | Gone) -> Invited:
    assert isinstance(found, Invited)
    return found


def test_the_mail_says_who_asks_what_for_and_in_whose_words(letter: Letter) -> None:
    invitation = InvitationFactory(
        letter=letter, name="R&D <Body>", person=ANN, message="As agreed in May.\nYours, Cleo"
    )
    mail = invitation_mails.invite(told(about()))
    assert mail.to == ANN.email
    assert mail.subject == "Will you sign: Act now"
    for part in (mail.text, mail.html):
        for word in ("Ann Lee", "The Coalition", "Act now", "Yours, Cleo", link_of(invitation)):
            assert word in part
    assert "R&D <Body>" in mail.text
    assert "R&amp;D &lt;Body&gt;" in mail.html
    assert "\n\n\n\n" not in mail.text


def test_all_kinds_render_one_and_several(letter: Letter) -> None:
    rows = read_list(letter, f"A Body, Ann, {ANN.email}\nB Body, Ann, {ANN.email}")
    inviting.invite(letter=letter, rows=rows, by=None)
    found = told(about())
    assert [one.organisation for one in found.asked] == ["A Body", "B Body"]
    for kind in (
        invitation_mails.invite, invitation_mails.reminder, invitation_mails.passed_on,
    ):  # fmt: skip
        mail = kind(found)
        assert mail.text.count("/invitations/") == 2
        assert "on the letter" not in mail.text


def test_what_colleagues_pass_on_is_one_mail_about_several_letters(letter: Letter) -> None:
    """As the cap joins them; and it greets nobody by what a stranger typed."""
    founds = []
    for each in (letter, LetterFactory(open=True)):
        invitation = InvitationFactory(letter=each)
        invited.pass_on(invitation=invitation, person=ANN)
        founds.append(told(about()))
    mail = invitation_mails.passed_on_several(founds)
    assert "on the letter: Ban the noise now" in mail.text
    assert "Ann Lee" not in mail.text + mail.html


def test_the_preview_is_the_mail_without_a_link_that_works(letter: Letter) -> None:
    assert letter.current_text
    mail = invitation_mails.preview(
        letter=letter, wording=letter.current_text.wording_in("en-GB"), message="Hi",
        organisation="A Body", person=ANN,
    )  # fmt: skip
    assert "each-gets-a-link-of-their-own" in mail.text


def test_nothing_is_asked_any_more_of_who_has_answered(letter: Letter) -> None:
    invitation = InvitationFactory(letter=letter, name="Body")
    other = InvitationFactory(letter=letter)
    mail = OutgoingMail.objects.get(pk=invitation.mail_id)
    assert isinstance(about(mail), Invited)
    invited.decline(invitation=invitation)
    assert isinstance(about(mail), Gone)
    Invitation.objects.update(declined_at=None)
    SignOnFactory(letter=letter, name="Body", status=Status.APPROVED)
    assert isinstance(about(mail), Gone)
    inviting.take_back(invitation=other)
    assert isinstance(about(OutgoingMail.objects.get(pk=other.mail_id)), Gone)


def test_a_link_never_goes_to_an_address_that_it_was_not_queued_for(letter: Letter) -> None:
    invitation = InvitationFactory(letter=letter)
    first = OutgoingMail.objects.get(pk=invitation.mail_id)
    inviting.correct(invitation=invitation, person=ANN)
    assert isinstance(about(first), Gone)
    assert told(about()).person == ANN


def test_a_closed_letter_asks_nobody(letter: Letter) -> None:
    InvitationFactory(letter=letter)
    close_letter(letter)
    assert isinstance(about(), Gone)


def test_a_pause_holds_what_colleagues_pass_on(letter: Letter) -> None:
    """As all that strangers can ask for."""
    invited.pass_on(invitation=InvitationFactory(letter=letter), person=ANN)
    passed = OutgoingMail.objects.latest("pk")
    pause_letter(letter)
    passed.refresh_from_db()
    assert passed.withheld_for == Withheld.PAUSE
    found = about(passed)
    assert isinstance(found, Gone)
    assert found.withheld_for == Withheld.PAUSE


def test_what_colleagues_pass_on_is_capped_and_what_staff_send_is_not(settings: Settings) -> None:
    assert "invitation.passed_on" in settings.MAIL_JOINS
    assert not {"invitation.invite", "invitation.reminder"} & set(settings.MAIL_JOINS)


def test_a_contact_that_is_gone_leaves_nothing_to_tell(letter: Letter) -> None:
    InvitationFactory(letter=letter)
    Contact.objects.all().delete()
    assert isinstance(about(), Gone)
