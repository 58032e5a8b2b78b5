"""The pages around a letter's form: lists to copy, test mails, and who has not answered."""

import pytest
from django.test import Client
from django.urls import reverse

from campaign.models import Letter, OutgoingMail
from campaign.models.text import Change
from campaign.texts import Words, set_words
from signatories import sample_mails
from signatories.models import Contact, Evidence, SignOn
from signatories.models.hold import HoldKind
from signatories.models.sign_on import Status
from signatories.services import moderation, reaffirming
from tests.factories import LetterFactory, SignOnFactory, StaffFactory
from tests.roles import client_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def letter() -> Letter:
    return LetterFactory(open=True, public=True)


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(StaffFactory())
    return client


def change(letter: Letter) -> None:
    words = Words(title="Ban the noise now", body="Other words.")
    set_words(letter, words, change=Change.SUBSTANTIVE, note="More.")


def url(letter: Letter, name: str) -> str:
    return reverse(f"admin:letter-{name}", args=[letter.pk])


def press(desk: Client, sign_on: SignOn, name: str, **data: str) -> str:
    where = reverse("admin:signatories_signon_move", args=[sign_on.pk, name])
    response = desk.post(where, data, follow=True)
    sign_on.refresh_from_db()
    return "\n".join(str(message) for message in response.context["messages"])


def test_the_list_to_copy_is_the_public_list_without_holds(desk: Client, letter: Letter) -> None:
    committee = letter.groups.get(key="steering-committee")
    SignOnFactory(letter=letter, status=Status.APPROVED, name="Zebra Trust")
    SignOnFactory(letter=letter, status=Status.APPROVED, name="Alpha <Union>")
    SignOnFactory(letter=letter, status=Status.APPROVED, name="The Chair", group=committee)
    held = SignOnFactory(letter=letter, status=Status.APPROVED, name="Held Body")
    moderation.place_hold(sign_on=held, kind=HoldKind.BOARD)
    SignOnFactory(letter=letter, name="Waiting Body")
    page = desk.get(url(letter, "lists"))
    mail = page.context["mail"].splitlines()
    assert mail[:2] == ["Ban the noise now", f"http://127.0.0.1:8000/letters/{letter.slug}/"]
    assert mail[3].startswith("3 signatories as of ")
    assert mail[5:] == [
        "Steering committee", "The Chair", "", "Partners", "Alpha <Union>", "Zebra Trust",
    ]  # fmt: skip
    assert page.context["paragraph"] == "The Chair, Alpha <Union> and Zebra Trust"
    assert "Alpha &lt;Union&gt;" in page.content.decode()


def test_test_mails_go_to_the_address_of_the_account_and_name_it_nowhere(letter: Letter) -> None:
    staff, client = StaffFactory(email="desk@example.org"), Client()
    client.force_login(staff)
    client.post(url(letter, "test-mails"))
    mails = OutgoingMail.objects.filter(kind=sample_mails.KIND)
    assert {mail.references["sample"] for mail in mails} == set(sample_mails.SAMPLES)
    assert all(mail.references["user"] == staff.pk for mail in mails)
    assert "desk@" not in str(list(mails.values()))


def test_who_has_no_address_is_asked_for_it_once(letter: Letter) -> None:
    staff, client = StaffFactory(), Client()
    client.force_login(staff)
    page = url(letter, "test-mails")
    assert "Your e-mail address" in client.get(page).content.decode()
    wrong = client.post(page, {"email": "no address"})
    assert wrong.status_code == 422
    assert "no address" in wrong.content.decode()
    assert not OutgoingMail.objects.filter(kind=sample_mails.KIND).exists()
    client.post(page, {"email": "desk@example.org"})
    staff.refresh_from_db()
    assert staff.email == "desk@example.org"
    client.post(page, {"email": "other@example.org"})
    staff.refresh_from_db()
    assert staff.email == "desk@example.org"
    assert OutgoingMail.objects.filter(kind=sample_mails.KIND).count() == 2 * len(
        sample_mails.SAMPLES
    )


def test_test_mails_are_capped(letter: Letter) -> None:
    client = Client()
    client.force_login(StaffFactory(email="desk@example.org"))
    for _ in range(6):
        said = client.post(url(letter, "test-mails"), follow=True)
    assert "Please wait a little" in str(list(said.context["messages"]))
    sets = OutgoingMail.objects.filter(kind=sample_mails.KIND).count() / len(sample_mails.SAMPLES)
    assert sets == 4


def test_a_letter_without_words_has_no_test_mails() -> None:
    client = Client()
    client.force_login(StaffFactory(email="desk@example.org"))
    said = client.post(url(LetterFactory(words=None), "test-mails"), follow=True)
    assert "has no text yet" in str(list(said.context["messages"]))


def test_staff_see_who_has_not_answered_and_whom_no_mail_reaches(
    desk: Client, letter: Letter
) -> None:
    one, other, answered = SignOnFactory.create_batch(3, letter=letter, status=Status.APPROVED)
    Contact.objects.filter(sign_on=other).delete()
    form = reverse("admin:campaign_letter_change", args=[letter.pk])
    assert "no answer yet" not in desk.get(form).content.decode()
    change(letter)
    reaffirming.reaffirm(sign_on=answered, text_number=2)
    said = desk.get(form).content.decode()
    assert "no answer yet: 2 sign-ons; 1 of them has no contact." in said
    assert url(letter, "silent") in said
    page = desk.get(url(letter, "silent"))
    rows = {row.pk: row.has_contact for row in page.context["page"]}
    assert rows == {one.pk: True, other.pk: False}
    changelist = reverse("admin:signatories_signon_changelist")
    held = desk.get(f"{changelist}?hold=reaffirm").context["cl"].result_list
    assert {row.pk for row in held} == {one.pk, other.pk}


def test_the_silent_are_asked_again_by_a_button(desk: Client, letter: Letter) -> None:
    SignOnFactory(letter=letter, status=Status.APPROVED)
    change(letter)
    said = desk.post(url(letter, "silent"), follow=True)
    assert "Nobody is asked" in str(list(said.context["messages"]))
    OutgoingMail.objects.update(state="failed")
    said = desk.post(url(letter, "silent"), follow=True)
    assert "Asked once more: 1 mail." in str(list(said.context["messages"]))


def test_who_reads_may_see_the_silent_and_ask_nobody(letter: Letter) -> None:
    viewer = client_of("viewer")
    assert viewer.get(url(letter, "silent")).status_code == 200
    assert viewer.post(url(letter, "silent")).status_code == 403


def test_who_answered_by_e_mail_is_listed_again_with_that_as_evidence(
    desk: Client, letter: Letter
) -> None:
    sign_on = SignOnFactory(letter=letter, status=Status.APPROVED)
    change(letter)
    assert "how they told you" in press(desk, sign_on, "still-signs").lower()
    assert not SignOn.objects.public().exists()
    said = press(desk, sign_on, "still-signs", evidence="E-mail of 3 May from the director.")
    assert "still signs: public now" in said
    assert Evidence.objects.get().note == "E-mail of 3 May from the director."
    assert SignOn.objects.public().get() == sign_on
    assert sign_on.wording.text.number == 2


def test_one_that_is_silent_is_asked_again_from_its_own_page(desk: Client, letter: Letter) -> None:
    sign_on = SignOnFactory(letter=letter, status=Status.APPROVED)
    change(letter)
    assert "Nobody is asked" in press(desk, sign_on, "ask-again")
    OutgoingMail.objects.update(state="failed")
    assert "asked once more" in press(desk, sign_on, "ask-again")


def test_a_hold_by_hand_is_never_the_question_of_a_text(desk: Client, letter: Letter) -> None:
    sign_on = SignOnFactory(letter=letter, status=Status.APPROVED)
    press(desk, sign_on, "hold", kind="reaffirm", reason="")
    assert SignOn.objects.public().get() == sign_on
