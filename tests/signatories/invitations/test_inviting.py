"""Inviting from a list, and what staff do with an invitation afterwards."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from campaign.letters import close_letter, pause_letter
from campaign.models import Letter, OutgoingMail, Suppression
from campaign.models.mail import MailState
from campaign.tokens import address_key
from signatories.models import Contact, Invitation, InvitationBatch, Organisation
from signatories.models.sign_on import Status
from signatories.services import invited, inviting, reminding
from signatories.services.invitations import Standing, counts_of, invitations_of, link_of
from signatories.services.invite_list import Verdict, read_list
from signatories.services.moving import Refused
from signatories.services.signing import Person
from tests.factories import (
    InvitationFactory,
    LetterFactory,
    OrganisationFactory,
    SignOnFactory,
    StaffFactory,
)

pytestmark = pytest.mark.django_db

WEEK = timedelta(days=7, minutes=1)


def verdicts(letter: Letter, typed: str) -> list[tuple[str, Verdict]]:
    return [(row.organisation, row.verdict) for row in read_list(letter, typed)]


def later(by: timedelta) -> None:
    """As if all had been invited, reminded and passed on so much earlier."""
    for invitation in Invitation.objects.all():
        Invitation.objects.filter(pk=invitation.pk).update(
            invited_at=invitation.invited_at - by,
            reminded_at=invitation.reminded_at and invitation.reminded_at - by,
            passed_on_at=invitation.passed_on_at and invitation.passed_on_at - by,
        )


def standing(invitation: Invitation) -> str:
    return str(invitations_of(invitation.letter).get(pk=invitation.pk).standing)


# The list


def test_each_row_is_judged_by_what_is_there_already(letter: Letter) -> None:
    OrganisationFactory(display_name="Known Body", aliases=["The Known"])
    SignOnFactory(letter=letter, name="Listed Body", status=Status.APPROVED)
    SignOnFactory(letter=letter, name="Waiting Body", status=Status.PENDING)
    InvitationFactory(letter=letter, name="Asked Body")
    typed = "\n".join(
        f"{name}, Ann Lee, ann@example.org"
        for name in (
            "New Body", "KNOWN BODY", "The Known", "Listed Body", "Waiting Body", "Asked Body"
        )
    )  # fmt: skip
    found = dict(verdicts(letter, typed))
    assert found["New Body"] == Verdict.NEW
    assert found["KNOWN BODY"] == Verdict.KNOWN
    assert found["Listed Body"] == found["Waiting Body"] == Verdict.SIGNED
    assert found["Asked Body"] == Verdict.INVITED
    twice = next(row for row in read_list(letter, typed) if row.organisation == "The Known")
    assert (twice.verdict, twice.problem) == (
        Verdict.WRONG, "This organisation stands in line 2 already.",
    )  # fmt: skip


@pytest.mark.parametrize(
    "typed",
    [
        "Body, Ltd.\tAnn Lee\tann@example.org\tDirector\tThe Committee",
        '"Body, Ltd.", Ann Lee, ann@example.org, Director, committee',
        "Body, Ltd.;Ann Lee;ann@example.org;Director;THE COMMITTEE",
        "e-mail;Organization;contact;position;group\n"
        "ann@example.org;Body, Ltd.;Ann Lee;Director;committee",
        "\ufeffBody, Ltd.\tAnn Lee\tann@example.org\tDirector\tcommittee\r\n\r\n",
    ],
)
def test_a_list_is_read_as_spreadsheets_and_people_write_it(letter: Letter, typed: str) -> None:
    [row] = read_list(letter, typed)
    assert (row.organisation, row.verdict) == ("Body, Ltd.", Verdict.NEW)
    assert row.person == Person("Ann Lee", "Director", "ann@example.org")
    assert row.group
    assert row.group.key == "committee"


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        (", Ann, a@example.org", "There is no organisation."),
        ("Body, , a@example.org", "There is no name of a contact."),
        ("Body, Ann", "There is no e-mail address."),
        ("Body, Ann, a@", "The e-mail address cannot be right"),
        ("Body, Ann, a@example.org, x, Nowhere", "The letter has no group “Nowhere”."),
        ("Bo\u202edy, Ann, a@example.org", "Organisation: the name holds the control character"),
        ("Body, 123--, a@example.org, ---", "Please give the title, in letters."),
    ],
)
def test_what_is_wrong_in_a_row_is_said_with_its_line(
    letter: Letter, typed: str, problem: str
) -> None:
    row = read_list(letter, f"Good Body, Ann, good@example.org\n{typed}")[1]
    assert row.verdict == Verdict.WRONG
    assert problem in row.problem
    assert row.line == 2


def test_an_empty_list_is_refused(letter: Letter) -> None:
    with pytest.raises(ValidationError, match="There is no row"):
        read_list(letter, " \n\n")


# Inviting


def invite(letter: Letter, typed: str, **more: Any) -> int:
    return inviting.invite(letter=letter, rows=read_list(letter, typed), by=StaffFactory(), **more)


def test_thousands_are_invited_within_bounded_statements(letter: Letter) -> None:
    """All or none of them, each with a contact and a mail of its own."""
    typed = "\n".join(f"Body {n:05} {n * 7919:x}, Ann, a{n}@example.org" for n in range(2500))
    rows = read_list(letter, typed)
    with CaptureQueriesContext(connection) as captured:
        assert inviting.invite(letter=letter, rows=rows, by=StaffFactory()) == 2500
    assert len(captured) <= 25
    assert Invitation.objects.count() == Contact.objects.count() == 2500
    assert OutgoingMail.objects.filter(kind="invitation.invite").count() == 2500
    assert Organisation.objects.count() == 2500
    assert not Invitation.objects.filter(mail=None).exists()
    [one] = Invitation.objects.filter(contacts__email="a7@example.org").select_related("mail")
    assert one.mail
    assert one.mail.references["invitations"] == [one.pk]


def test_one_address_gets_one_mail_for_all_its_organisations(letter: Letter) -> None:
    invite(letter, "Body A, Ann, ann@example.org\nBody B, Ann, ANN@example.org\nC, Bo, b@x.org")
    assert OutgoingMail.objects.count() == 2
    mail = OutgoingMail.objects.earliest("pk")
    theirs = Invitation.objects.filter(contacts__email__iexact="ann@example.org")
    assert sorted(mail.references["invitations"]) == sorted(theirs.values_list("pk", flat=True))
    assert {one.mail_id for one in theirs} == {mail.pk}


def test_the_rows_of_mails_and_events_hold_no_person_and_no_token(letter: Letter) -> None:
    invitation = InvitationFactory(
        letter=letter, person=Person("Ann Lee", "Chair", "ann@secret.example"), authority="Ann said"
    )
    inviting.show_link(invitation=invitation)
    inviting.correct(invitation=invitation, person=Person("Bo Lee", "", "bo@secret.example"))
    rows = [*OutgoingMail.objects.values(), *invitation.events.values()]  # type: ignore[attr-defined]
    for secret in ("ann", "secret.example", "lee", link_of(invitation).split("-")[1].lower()):
        assert not any(secret in str(row).lower() for row in rows)


def test_nobody_is_invited_twice_at_the_same_moment(letter: Letter) -> None:
    rows = read_list(letter, "Body A, Ann, ann@example.org")
    inviting.invite(letter=letter, rows=rows, by=None)
    with pytest.raises(Refused, match="at the same moment"):
        inviting.invite(letter=letter, rows=rows, by=None)
    assert InvitationBatch.objects.count() == 1


@pytest.mark.parametrize("verb", [close_letter, pause_letter])
def test_nobody_is_invited_to_a_letter_that_is_not_open_or_paused(
    letter: Letter, verb: Any
) -> None:
    rows = read_list(letter, "Body A, Ann, ann@example.org")
    verb(letter)
    with pytest.raises(Refused, match=r"is (not open|paused)"):
        inviting.invite(letter=letter, rows=rows, by=None)


# How they stand


def test_every_standing_is_told_from_what_happened(letter: Letter) -> None:
    made = {name: InvitationFactory(letter=letter, name=f"Body of {name}") for name in
            ("waiting", "silent", "declined", "bounced", "linked", "named", "by-link")}  # fmt: skip
    Invitation.objects.filter(pk=made["silent"].pk).update(reminders=1, reminded_at=timezone.now())
    invited.decline(invitation=made["declined"])
    OutgoingMail.objects.filter(pk=made["bounced"].mail_id).update(
        state=MailState.SENT, sent_at=timezone.now(), bounce="permanent", bounced_at=timezone.now()
    )
    SignOnFactory(letter=letter, name="Body of linked", status=Status.APPROVED)
    SignOnFactory(letter=letter, name="BODY of named", status=Status.PENDING)
    assert letter.current_text
    invited.sign(
        invitation=made["by-link"], wording=letter.current_text.wording_in("en-GB"),
        listed_name="Body of by-link", person=Person("A", "B", Contact.objects.get(
            invitation=made["by-link"]).email),
    )  # fmt: skip
    assert {name: standing(one) for name, one in made.items()} == {
        "waiting": "invited", "silent": "silent", "declined": "declined", "bounced": "bounced",
        "linked": "signed", "named": "signed", "by-link": "signed",
    }  # fmt: skip
    assert counts_of(letter) == {
        Standing.SIGNED: 3, Standing.DECLINED: 1, Standing.BOUNCED: 1, Standing.SILENT: 1,
        Standing.INVITED: 1,
    }  # fmt: skip


def test_a_signature_on_another_letter_says_nothing(letter: Letter) -> None:
    invitation = InvitationFactory(letter=letter, name="Body")
    SignOnFactory(letter=LetterFactory(open=True), name="Body", status=Status.APPROVED)
    assert standing(invitation) == "invited"


@pytest.mark.parametrize(
    "change",
    [
        {"state": MailState.FAILED},
        {"state": MailState.WITHHELD, "withheld_for": "suppressed"},
    ],
)
def test_a_mail_that_never_arrives_counts_as_bounced(
    letter: Letter, change: dict[str, str]
) -> None:
    invitation = InvitationFactory(letter=letter)
    OutgoingMail.objects.update(**change)
    assert standing(invitation) == "bounced"


# Reminding


def reminded(letter: Letter) -> int:
    try:
        return reminding.remind(letter=letter).count
    except Refused:
        return 0


def test_the_silent_are_reminded_once_a_week_and_three_times_at_most(letter: Letter) -> None:
    invitation = InvitationFactory(letter=letter)
    assert reminded(letter) == 0  # the first mail is of now
    sent = []
    for _ in range(5):
        later(WEEK)
        sent.append(reminded(letter))
        assert reminded(letter) == 0  # pressed again
    assert sent == [1, 1, 1, 0, 0]
    assert OutgoingMail.objects.filter(kind="invitation.reminder").count() == 3
    assert Invitation.objects.get(pk=invitation.pk).reminders == 3


def test_nobody_is_reminded_who_signed_declined_bounced_was_taken_back_or_is_suppressed(
    letter: Letter,
) -> None:
    names = ("silent", "declined", "bounced", "signed", "taken", "suppressed")
    made = {name: InvitationFactory(letter=letter, name=f"Body of {name}") for name in names}
    invited.decline(invitation=made["declined"])
    OutgoingMail.objects.filter(pk=made["bounced"].mail_id).update(state=MailState.FAILED)
    SignOnFactory(letter=letter, name="Body of signed", status=Status.APPROVED)
    address = Contact.objects.get(invitation=made["suppressed"]).email
    Suppression.objects.create(address_key=address_key(address), reason="complaint")
    inviting.take_back(invitation=made["taken"])
    later(WEEK)
    found = reminding.remind(letter=letter)
    assert (found.count, found.suppressed) == (1, 1)
    [mail] = OutgoingMail.objects.filter(kind="invitation.reminder", state=MailState.QUEUED)
    assert mail.references["invitations"] == [made["silent"].pk]
    assert standing(made["suppressed"]) == "bounced"
    assert reminded(letter) == 0


# One invitation


def test_taking_back_ends_the_link_and_forgets_the_person(client: Client, letter: Letter) -> None:
    invitation = InvitationFactory(letter=letter)
    inviting.take_back(invitation=invitation)
    assert client.get(link_of(invitation)).status_code == 404
    assert not Contact.objects.exists()
    InvitationFactory(letter=letter, name=invitation.organisation.display_name)  # and anew


def test_a_corrected_address_gets_a_mail_and_the_old_link_ends(
    client: Client, letter: Letter
) -> None:
    invitation = InvitationFactory(letter=letter)
    inviting.correct(invitation=invitation, person=Person("Bo", "", "bo@example.org"))
    assert client.get(link_of(invitation)).status_code == 404
    corrected = Invitation.objects.get()
    assert client.get(link_of(corrected)).status_code == 200
    assert OutgoingMail.objects.count() == 2
    assert corrected.mail_id == OutgoingMail.objects.latest("pk").pk


def test_what_has_signed_is_neither_corrected_nor_taken_back(letter: Letter) -> None:
    invitation = InvitationFactory(letter=letter, name="Body")
    SignOnFactory(letter=letter, name="Body", status=Status.APPROVED)
    for verb in (inviting.take_back, inviting.show_link):
        with pytest.raises(Refused, match="has signed"):
            verb(invitation=invitation)


def test_merging_organisations_keeps_one_invitation_to_a_letter(letter: Letter) -> None:
    kept = InvitationFactory(letter=letter)
    gone = InvitationFactory(letter=letter)
    elsewhere = InvitationFactory(
        letter=LetterFactory(open=True), name=gone.organisation.display_name
    )
    inviting.join_invitations(kept=kept.organisation, gone=gone.organisation)
    assert not gone.organisation.invitations.exists()
    assert Invitation.objects.get(pk=gone.pk).taken_back_at
    assert Invitation.objects.get(pk=elsewhere.pk).organisation == kept.organisation
    gone.organisation.delete()
