"""After a substantive Text signatories are asked whether they still sign: all of them, or none."""

from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from campaign.letters import archive_letter, close_letter
from campaign.mail.rendered import Gone, Renderer
from campaign.models import Letter, OutgoingMail, Publication, Text
from campaign.models.text import Change
from campaign.texts import Words, set_words
from campaign.tokens import make_token
from signatories import sample_mails
from signatories.models import Contact, Evidence, Hold, SignOn
from signatories.models.hold import HoldKind
from signatories.models.sign_on import Status
from signatories.services import confirming, moderation, reaffirming
from signatories.services.moving import Refused
from tests.factories import ContactFactory, LetterFactory, SignOnFactory, StaffFactory

pytestmark = pytest.mark.django_db

KIND = reaffirming.KIND


@pytest.fixture
def letter() -> Letter:
    return LetterFactory(open=True, public=True)


def change(letter: Letter, body: str, *, substantive: bool = True, note: str = "A demand.") -> Text:
    kind = Change.SUBSTANTIVE if substantive else Change.EDITORIAL
    text = set_words(letter, Words(title="Ban the noise now", body=body), change=kind, note=note)
    assert text is not None
    letter.refresh_from_db()
    return text


def page_of(sign_on: SignOn) -> str:
    token = make_token("manage", sign_on.pk, sign_on.epoch)
    return reverse("signatories:manage", args=[token])


def listed(letter: Letter) -> set[str]:
    return set(SignOn.objects.public().filter(letter=letter).values_list("listed_name", flat=True))


def mails(**references: int) -> list[OutgoingMail]:
    found = OutgoingMail.objects.filter(kind=KIND, references__contains=references)
    return list(found.order_by("pk"))


def text_of(mail: OutgoingMail) -> str:
    renderer = Renderer()
    renderer.read([mail])
    about = renderer.about(mail)
    assert not isinstance(about, Gone), about
    return str(renderer.message([mail]).body)


def test_a_substantive_text_holds_every_listed_sign_on_and_asks_its_contacts(
    letter: Letter,
) -> None:
    one, other = SignOnFactory.create_batch(2, letter=letter, status=Status.APPROVED)
    ContactFactory(sign_on=one)
    waiting = SignOnFactory(letter=letter)
    elsewhere = SignOnFactory(status=Status.APPROVED)
    change(letter, "Please act today.")
    assert listed(letter) == set()
    assert listed(elsewhere.letter) == {elsewhere.listed_name}
    asked = Hold.objects.filter(kind=HoldKind.REAFFIRM, lifted_at=None)
    assert {hold.sign_on_id for hold in asked} == {one.pk, other.pk}
    assert [len(mails(sign_on=s.pk)) for s in (one, other, waiting, elsewhere)] == [2, 1, 0, 0]
    said = text_of(mails(sign_on=other.pk)[0])
    assert "Does your organisation still sign?" in said
    assert "A demand." in said
    assert page_of(other) in said


def test_an_editorial_text_asks_nobody(letter: Letter) -> None:
    sign_on = SignOnFactory(letter=letter, status=Status.APPROVED)
    change(letter, "Please act.", substantive=False)
    assert listed(letter) == {sign_on.listed_name}
    assert not Hold.objects.exists()
    assert mails() == []


def test_asking_is_part_of_fixing_the_text_or_nothing_happens(
    letter: Letter, monkeypatch: pytest.MonkeyPatch
) -> None:
    SignOnFactory(letter=letter, status=Status.APPROVED)

    def broken(*_: Any, **__: Any) -> int:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(reaffirming, "queue_mails", broken)
    with pytest.raises(RuntimeError):
        change(letter, "Please act today.")
    assert letter.texts.count() == 1
    assert not Hold.objects.exists()


def test_asking_takes_as_many_statements_for_many_as_for_one(
    django_assert_max_num_queries: Any,
) -> None:
    few, many = LetterFactory(open=True), LetterFactory(open=True)
    SignOnFactory(letter=few, status=Status.APPROVED)
    SignOnFactory.create_batch(12, letter=many, status=Status.APPROVED)
    for asked, count in [(few, 1), (many, 12)]:
        with django_assert_max_num_queries(17):
            change(asked, "Please act today.")
        assert OutgoingMail.objects.filter(letter=asked, kind=KIND).count() == count


def test_the_page_shows_what_changed_and_a_yes_lists_the_organisation_again(
    letter: Letter, client: Client
) -> None:
    sign_on = SignOnFactory(letter=letter, status=Status.APPROVED)
    change(letter, "Please act **today**.")
    wanted = Publication.objects.get(letter=letter).wanted
    page = unescape(client.get(page_of(sign_on)).content.decode())
    assert "Do you still sign?" in page
    assert "A demand." in page
    assert "<ins>" in page
    assert "Our organisation still signs" in page
    assert listed(letter) == set(), "a GET changes nothing"
    answer = client.post(page_of(sign_on), {"action": "reaffirm", "text": "2"})
    assert answer.status_code == 200
    assert "signs Text 2" in answer.content.decode()
    assert listed(letter) == {sign_on.listed_name}
    sign_on.refresh_from_db()
    assert sign_on.wording.text == letter.current_text
    assert Publication.objects.get(letter=letter).wanted > wanted
    # The mail that was still to be sent is not.
    assert {mail.withheld_for for mail in mails(sign_on=sign_on.pk)} == {"gone"}


def test_re_affirming_twice_changes_nothing(letter: Letter, client: Client) -> None:
    sign_on = SignOnFactory(letter=letter, status=Status.APPROVED)
    change(letter, "Please act today.")
    yes = {"action": "reaffirm", "text": "2"}
    client.post(page_of(sign_on), yes)
    before = (SignOn.objects.values().get(), Publication.objects.get(letter=letter).wanted)
    assert client.post(page_of(sign_on), yes).status_code == 200
    assert (SignOn.objects.values().get(), Publication.objects.get(letter=letter).wanted) == before
    assert Hold.objects.count() == 1


def test_after_yet_another_text_the_page_shows_the_newest_and_an_old_yes_is_not_taken(
    letter: Letter, client: Client
) -> None:
    sign_on = SignOnFactory(letter=letter, status=Status.APPROVED)
    change(letter, "Please act today.")
    change(letter, "Please act by noon.", note="By noon.")
    assert len(mails(sign_on=sign_on.pk)) == 1, "who was asked already is not asked once more"
    answer = client.post(page_of(sign_on), {"action": "reaffirm", "text": "2"})
    assert answer.status_code == 422
    page = unescape(answer.content.decode())
    assert "changed again" in page
    assert "noon" in page
    assert "A demand." in page
    assert listed(letter) == set()
    client.post(page_of(sign_on), {"action": "reaffirm", "text": "3"})
    sign_on.refresh_from_db()
    assert sign_on.wording.text.number == 3
    change(letter, "Please act now.")
    assert listed(letter) == set()
    assert len(mails(sign_on=sign_on.pk)) == 2


@pytest.mark.parametrize("text", ["", "x", "0", "9" * 40, "٢"])
def test_a_yes_to_no_text_is_not_taken(letter: Letter, client: Client, text: str) -> None:
    sign_on = SignOnFactory(letter=letter, status=Status.APPROVED)
    change(letter, "Please act today.")
    answer = client.post(page_of(sign_on), {"action": "reaffirm", "text": text})
    assert answer.status_code == 422
    assert listed(letter) == set()


def test_after_an_editorial_text_the_page_shows_it_and_asks_nothing(
    letter: Letter, client: Client
) -> None:
    sign_on = SignOnFactory(letter=letter, status=Status.APPROVED)
    change(letter, "Please act.", substantive=False)
    page = client.get(page_of(sign_on)).content.decode()
    assert "The words were edited" in page
    assert "still signs" not in page


def test_what_signed_older_words_is_approved_on_hold_and_asked(letter: Letter) -> None:
    sign_on = SignOnFactory(letter=letter)
    change(letter, "Please act today.")
    moderation.approve(sign_on=sign_on)
    assert sign_on.status == Status.APPROVED
    assert listed(letter) == set()
    assert len(mails(sign_on=sign_on.pk)) == 1
    assert not OutgoingMail.objects.filter(kind="sign_on.listed").exists()


def test_who_waits_for_approval_can_say_yes_beforehand(letter: Letter, client: Client) -> None:
    sign_on = SignOnFactory(letter=letter)
    change(letter, "Please act today.")
    client.post(page_of(sign_on), {"action": "reaffirm", "text": "2"})
    sign_on.refresh_from_db()
    moderation.approve(sign_on=sign_on)
    assert listed(letter) == {sign_on.listed_name}


def test_who_confirms_the_newer_words_is_not_asked(letter: Letter) -> None:
    sign_on = SignOnFactory(letter=letter, status=Status.UNCONFIRMED)
    text = change(letter, "Please act today.")
    confirming.confirm(sign_on=sign_on, wording=text.wordings.get())
    moderation.approve(sign_on=sign_on)
    assert listed(letter) == {sign_on.listed_name}


def test_who_withdraws_or_has_another_link_by_now_re_affirms_nothing(
    letter: Letter, client: Client
) -> None:
    gone, changed = SignOnFactory.create_batch(2, letter=letter, status=Status.APPROVED)
    change(letter, "Please act today.")
    url, yes = page_of(changed), {"action": "reaffirm", "text": "2"}
    moderation.withdraw(sign_on=gone)
    SignOn.objects.filter(pk=changed.pk).update(epoch=7)
    assert client.post(page_of(gone), yes).status_code == 409
    assert client.post(url, yes).status_code == 404
    with pytest.raises(Refused):
        reaffirming.reaffirm(sign_on=changed, text_number=2, by_link=True)
    assert listed(letter) == set()


def test_on_an_archived_letter_nobody_answers_any_more(letter: Letter, client: Client) -> None:
    sign_on = SignOnFactory(letter=letter, status=Status.APPROVED)
    change(letter, "Please act today.")
    close_letter(letter)
    archive_letter(letter)
    assert "Our organisation still signs" not in client.get(page_of(sign_on)).content.decode()
    answer = client.post(page_of(sign_on), {"action": "reaffirm", "text": "2"})
    assert answer.status_code == 409
    assert listed(letter) == set()


def test_who_answers_staff_is_listed_again_with_the_evidence(letter: Letter) -> None:
    sign_on, staff = SignOnFactory(letter=letter, status=Status.APPROVED), StaffFactory()
    change(letter, "Please act today.")
    with pytest.raises(Refused, match="how they told you"):
        reaffirming.reaffirm_for(sign_on=sign_on, evidence=" ", added_by=staff)
    reaffirming.reaffirm_for(sign_on=sign_on, evidence="E-mail of 3 May.", added_by=staff)
    assert Evidence.objects.get().note == "E-mail of 3 May."
    assert sign_on.wording.text.number == 2
    assert listed(letter) == {sign_on.listed_name}
    with pytest.raises(Refused, match="answered already"):
        reaffirming.reaffirm_for(sign_on=sign_on, evidence="Once more.", added_by=staff)


def test_listing_again_after_another_hold_does_not_answer_for_them(letter: Letter) -> None:
    sign_on = SignOnFactory(letter=letter, status=Status.APPROVED)
    change(letter, "Please act today.")
    moderation.place_hold(sign_on=sign_on, kind=HoldKind.CHALLENGE)
    moderation.lift_holds(sign_on=sign_on)
    assert listed(letter) == set()
    with pytest.raises(Refused, match="not held"):
        moderation.lift_holds(sign_on=sign_on)


def test_the_silent_are_asked_again_once_a_day_at_most(letter: Letter) -> None:
    one, other = SignOnFactory.create_batch(2, letter=letter, status=Status.APPROVED)
    Contact.objects.filter(sign_on=other).delete()
    change(letter, "Please act today.")
    assert set(reaffirming.silent(letter)) == {one, other}
    assert set(reaffirming.without_contact(reaffirming.silent(letter))) == {other}
    assert reaffirming.ask_again(letter) == 0, "the first mail is still to be sent"
    OutgoingMail.objects.update(state="failed")
    assert reaffirming.ask_again(letter) == 1
    assert reaffirming.ask_again(letter) == 0
    OutgoingMail.objects.update(state="failed")
    reaffirming.reaffirm(sign_on=one, text_number=2)
    assert reaffirming.ask_again(letter) == 0


def test_a_mail_to_who_has_answered_meanwhile_is_not_sent(letter: Letter) -> None:
    sign_on = SignOnFactory(letter=letter, status=Status.APPROVED)
    change(letter, "Please act today.")
    mail = mails(sign_on=sign_on.pk)[0]
    reaffirming.reaffirm(sign_on=sign_on, text_number=2)
    renderer = Renderer()
    renderer.read([mail])
    assert renderer.about(mail) == Gone("it was answered by now")


def test_the_audit_knows_who_said_yes(letter: Letter, client: Client) -> None:
    sign_on = SignOnFactory(letter=letter, status=Status.APPROVED)
    change(letter, "Please act today.")
    client.post(page_of(sign_on), {"action": "reaffirm", "text": "2"})
    event = sign_on.events.latest("pgh_id")  # type: ignore[attr-defined]
    assert event.pgh_context.metadata["action"] == "reaffirm"
    assert event.wording_id == letter.current_text.wordings.get().pk  # type: ignore[union-attr]


@pytest.mark.parametrize("sample", sample_mails.SAMPLES)
def test_a_test_mail_is_marked_and_goes_to_the_account_only(letter: Letter, sample: str) -> None:
    staff = StaffFactory(email="desk@example.org")
    mail = OutgoingMail(
        pk=1,
        kind=sample_mails.KIND,
        letter=letter,
        references={"user": staff.pk, "sample": sample},
        message_id="<1@example.org>",
    )
    renderer = Renderer()
    renderer.read([mail])
    message = renderer.message([mail])
    assert message.subject.startswith("[Test] ")
    assert message.to == ["desk@example.org"]
    assert sample_mails.NAME in str(message.body)
    staff.email = ""
    staff.save()
    renderer.read([mail])
    assert isinstance(renderer.about(mail), Gone)
