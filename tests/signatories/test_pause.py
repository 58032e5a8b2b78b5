"""A paused letter: sign-ons are taken with the usual answer, and nobody is mailed."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import Settings

from campaign import letters
from campaign.admin.moments import said
from campaign.letters import LetterError, pause_letter, resume_letter
from campaign.mail import deliver
from campaign.models import Letter, OutgoingMail
from campaign.models.mail import MailState, Withheld
from signatories import calendar
from signatories.models import Contact, SignOn
from signatories.models.sign_on import Status
from signatories.privacy import purge
from signatories.services import confirming, moderation
from signatories.services.signing import Person
from tests.factories import LetterFactory, StaffFactory
from tests.plans import many_mails, plans
from tests.servers import Sink
from tests.signatories.test_signing import sign
from tests.signatories.test_views import FORM, SIGN

AT_ONCE = timedelta(0)


def test_while_paused_the_answer_is_the_same_and_the_mail_is_held(
    client: Client, letter: Letter, smtp_sink: Sink
) -> None:
    usual = client.post(SIGN, FORM)
    deliver.run(overdue=AT_ONCE)
    pause_letter(letter)
    answer = client.post(SIGN, {**FORM, "organisation": "Held Body", "email": "b@example.org"})
    assert (answer.status_code, answer["Location"]) == (usual.status_code, usual["Location"])
    deliver.run(overdue=AT_ONCE)
    assert len(smtp_sink.messages) == 1
    assert SignOn.objects.filter(listed_name="Held Body").exists()
    held = OutgoingMail.objects.first()
    assert held
    assert (held.state, held.withheld_for) == (MailState.WITHHELD, Withheld.PAUSE)


def test_what_staff_reject_during_the_pause_is_not_mailed_at_its_end(
    letter: Letter, smtp_sink: Sink
) -> None:
    pause_letter(letter)
    fake, honest = sign(letter, name="Fake Body"), sign(letter, name="Honest Body")
    moderation.reject(sign_on=fake, reason="Not a body that exists.", tell=True)
    assert resume_letter(letter) == 1
    deliver.run(overdue=AT_ONCE)
    assert [honest.listed_name in str(m) for m in smtp_sink.messages] == [True]


#: How a mail may stand, not yet sent, as the pause begins.
UNSENT: list[dict[str, object]] = [
    {},
    {"slow": True},
    {"withheld_for": Withheld.CAP, "state": MailState.WITHHELD},
    {"attempts": 2, "problem": "SMTPDataError (451)"},
    {"attempts": 1, "unsure": True, "unanswered": 1},
]


@pytest.mark.parametrize("stands", UNSENT, ids=["queued", "slow", "capped", "retried", "unsure"])
def test_what_is_queued_as_the_pause_begins_is_held_too(
    letter: Letter, smtp_sink: Sink, stands: dict[str, object]
) -> None:
    sign(letter)
    OutgoingMail.objects.update(**stands)
    pause_letter(letter)
    deliver.run(overdue=AT_ONCE)
    assert smtp_sink.messages == []
    assert OutgoingMail.objects.get().withheld_for == Withheld.PAUSE
    assert resume_letter(letter) == 1
    deliver.run(overdue=AT_ONCE)
    assert len(smtp_sink.messages) == 1


def test_what_was_being_sent_as_the_pause_began_is_not_tried_again(
    letter: Letter, smtp_sink: Sink
) -> None:
    sign(letter, "Its Sender Died")
    sign(letter, "To Be Tried Again", Person("Bob", "Director", "bob@example.org"))
    past = timezone.now() - timedelta(seconds=1)
    OutgoingMail.objects.update(state=MailState.SENDING, claimed_until=past)
    pause_letter(letter)
    again = OutgoingMail.objects.latest("pk")
    OutgoingMail.objects.filter(pk=again.pk).update(state=MailState.QUEUED, claimed_until=None)
    deliver.run(overdue=AT_ONCE)
    assert smtp_sink.messages == []
    assert set(OutgoingMail.objects.values_list("withheld_for", flat=True)) == {Withheld.PAUSE}
    resume_letter(letter)
    deliver.run(overdue=AT_ONCE)
    assert len(smtp_sink.messages) == 2


@pytest.mark.parametrize("paused_first", [True, False])
@pytest.mark.parametrize("state", [MailState.QUEUED, MailState.SENDING])
def test_of_a_joined_mail_only_the_part_of_the_paused_letter_waits(
    letter: Letter, smtp_sink: Sink, settings: Settings, paused_first: bool, state: str
) -> None:
    """The server may have it already, or its sender died: it would go again as it was."""
    settings.RATE_LIMITS = True
    other = LetterFactory(open=True, public=True)
    sign(letter if paused_first else other, "First Body")
    sign(other if paused_first else letter, "Second Body")
    lead, inside = OutgoingMail.objects.order_by("pk")
    claimed = timezone.now() - timedelta(seconds=1) if state == MailState.SENDING else None
    OutgoingMail.objects.update(state=state, claimed_until=claimed, unsure=True)
    OutgoingMail.objects.filter(pk=inside.pk).update(sent_with=lead)
    pause_letter(letter)
    deliver.run(overdue=AT_ONCE)
    (message,) = smtp_sink.messages
    text = message.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert ("Second Body" if paused_first else "First Body") in text
    assert ("First Body" if paused_first else "Second Body") not in text
    held = OutgoingMail.objects.get(letter=letter)
    assert (held.withheld_for, held.sent_with) == (Withheld.PAUSE, None)
    resume_letter(letter)
    deliver.run(overdue=AT_ONCE)
    assert len(smtp_sink.messages) == 2


def test_what_staff_wrote_of_goes_out_all_the_same(letter: Letter, smtp_sink: Sink) -> None:
    """Nobody can cause it by typing an address."""
    sign_on = sign(letter)
    deliver.run(overdue=AT_ONCE)
    confirming.confirm(sign_on=sign_on, wording=sign_on.wording)
    moderation.approve(sign_on=sign_on)
    pause_letter(letter)
    deliver.run(overdue=AT_ONCE)
    assert len(smtp_sink.messages) == 2


def test_what_a_pause_held_has_its_three_days_anew(letter: Letter) -> None:
    sign(letter)
    long_ago = timezone.now() - timedelta(days=4)
    OutgoingMail.objects.update(attempts=1, first_failed_at=long_ago)
    pause_letter(letter)
    resume_letter(letter)
    assert OutgoingMail.objects.get().first_failed_at is None


def test_pressing_again_while_paused_holds_one_mail(client: Client, letter: Letter) -> None:
    pause_letter(letter)
    for _ in range(5):
        assert client.post(SIGN, FORM).status_code == 302
    assert OutgoingMail.objects.count() == 1


def test_a_new_link_asked_for_while_paused_is_held_too(letter: Letter) -> None:
    sign_on = sign(letter)
    OutgoingMail.objects.all().delete()
    pause_letter(letter)
    confirming.renew(sign_on=SignOn.objects.get(pk=sign_on.pk))
    assert OutgoingMail.objects.get().withheld_for == Withheld.PAUSE


def test_going_on_sends_what_was_held(letter: Letter, smtp_sink: Sink) -> None:
    pause_letter(letter)
    sign(letter)
    assert resume_letter(letter) == 1
    assert letter.paused_at is None
    deliver.run(overdue=AT_ONCE)
    assert len(smtp_sink.messages) == 1


def test_whoever_signed_before_a_long_pause_ended_can_still_confirm(
    letter: Letter, smtp_sink: Sink
) -> None:
    """Their mail is held, so their term must not run out meanwhile."""
    start = timezone.now()
    with time_machine.travel(start, tick=False):
        before = sign(letter, "Before The Pause")
        deliver.run(overdue=AT_ONCE)
    with time_machine.travel(start + timedelta(hours=1), tick=False):
        pause_letter(letter)
        held = sign(letter, "During The Pause")
    for day in range(1, 41):
        with time_machine.travel(start + timedelta(days=day), tick=False):
            calendar.run(overdue=AT_ONCE)
    with time_machine.travel(start + timedelta(days=40, hours=1), tick=False):
        resume_letter(letter)
        deliver.run(overdue=AT_ONCE)
        assert len(smtp_sink.messages) == 2
    with time_machine.travel(start + timedelta(days=47), tick=False):
        calendar.run(overdue=AT_ONCE)
        held.refresh_from_db()
        assert confirming.confirm(sign_on=held, wording=held.wording)
        before.refresh_from_db()
        assert before.status == Status.LAPSED


def test_what_one_pause_holds_lapses_and_is_deleted_after_ninety_days(letter: Letter) -> None:
    """Nobody of whom nothing is confirmed, perhaps a stranger, is kept for ever."""
    start = timezone.now()
    with time_machine.travel(start, tick=False):
        pause_letter(letter)
        sign(letter, "At The Beginning")

    def stands(day: int) -> list[tuple[str, str]]:
        with time_machine.travel(start + timedelta(days=day, minutes=1), tick=False):
            calendar.run(overdue=AT_ONCE)
            purge.purge(timezone.now())
        return list(SignOn.objects.values_list("listed_name", "status").order_by("pk"))

    for day in range(1, 90, 3):
        assert stands(day) == [("At The Beginning", Status.UNCONFIRMED)], day
    with time_machine.travel(start + timedelta(days=89), tick=False):
        sign(letter, "At The End")
    assert stands(90) == [("At The End", Status.UNCONFIRMED)]
    assert stands(104) == [("At The End", Status.LAPSED)]
    assert stands(120) == []
    assert not Contact.objects.exists()
    assert not OutgoingMail.objects.exists()


def test_a_new_pause_holds_for_ninety_days_again(letter: Letter) -> None:
    start = timezone.now()
    for begins in (0, 100):
        with time_machine.travel(start + timedelta(days=begins), tick=False):
            pause_letter(letter)
            sign_on = sign(letter, f"Of Day {begins}")
        for day in range(begins, begins + 80, 3):
            with time_machine.travel(start + timedelta(days=day), tick=False):
                calendar.run(overdue=AT_ONCE)
        sign_on.refresh_from_db()
        assert sign_on.status == Status.UNCONFIRMED
        with time_machine.travel(start + timedelta(days=begins + 81), tick=False):
            resume_letter(letter)


def test_what_staff_reject_while_paused_is_never_mailed(letter: Letter, smtp_sink: Sink) -> None:
    pause_letter(letter)
    sign_on = sign(letter)
    moderation.reject(sign_on=sign_on, reason="Made up.", tell=False)
    resume_letter(letter)
    deliver.run(overdue=AT_ONCE)
    assert smtp_sink.messages == []


def test_what_a_request_held_as_the_pause_ended_goes_out_by_itself(letter: Letter) -> None:
    """It had read the letter before, and committed after."""
    pause_letter(letter)
    stale = Letter.objects.get(pk=letter.pk)
    resume_letter(letter)
    sign(stale)
    assert OutgoingMail.objects.get().state == MailState.WITHHELD
    calendar.run(overdue=AT_ONCE)
    assert OutgoingMail.objects.get().state == MailState.QUEUED


def test_the_calendar_leaves_held_what_a_pause_holds(letter: Letter) -> None:
    pause_letter(letter)
    sign(letter)
    calendar.run(overdue=AT_ONCE)
    assert OutgoingMail.objects.get().state == MailState.WITHHELD


def test_what_is_held_is_found_by_an_index_of_few(letter: Letter) -> None:
    many_mails(letter, 1000)
    with plans() as found:
        assert not OutgoingMail.objects.filter(letter=letter, withheld_for=Withheld.PAUSE).exists()
    # Either holds none of what was sent, so either will do.
    assert found[0].indexes <= {"mail_held_by_pause", "mail_worth_a_look"}


def test_a_letter_is_paused_once_and_only_while_it_is_open(letter: Letter) -> None:
    with pytest.raises(LetterError):
        resume_letter(letter)
    pause_letter(letter)
    with pytest.raises(LetterError):
        pause_letter(letter)
    draft = LetterFactory()
    with pytest.raises(LetterError):
        pause_letter(draft)


def test_a_letter_that_closed_while_paused_can_go_on(letter: Letter) -> None:
    pause_letter(letter)
    sign(letter)
    letters.close_letter(letter)
    assert resume_letter(letter) == 1


def test_staff_see_the_pause_with_the_number_held_and_who_pressed_the_button(
    client: Client, letter: Letter
) -> None:
    client.force_login(StaffFactory(username="maya"))
    page = reverse("admin:campaign_letter_change", args=[letter.pk])

    def press(name: str) -> str:
        url = reverse("admin:campaign_letter_move", args=[letter.pk, name])
        return client.post(url, follow=True).content.decode()

    assert "mail nobody until you have looked" in client.get(page).content.decode()
    press("pause")
    letter.refresh_from_db()
    sign(letter)
    shown = client.get(page).content.decode()
    assert "Paused since" in shown
    assert "Held for those who signed meanwhile: 1 mail" in shown
    assert letter.paused_at
    until = said(letter.paused_at + timedelta(days=90), letter.time_zone)
    assert f"Go on before {until}" in shown
    went_on = press("resume")
    assert "held by the pause, and going out now: 1 mail" in went_on
    trail = went_on.split('id="trail"')[1]
    assert "Paused" in trail
    assert "Gone on" in trail
    assert "maya" in trail


def test_who_may_only_look_cannot_pause(client: Client, letter: Letter) -> None:
    client.force_login(StaffFactory(may=["campaign.view_letter"]))
    url = reverse("admin:campaign_letter_move", args=[letter.pk, "pause"])
    assert client.post(url).status_code == 403
    letter.refresh_from_db()
    assert letter.paused_at is None


def test_what_is_held_can_be_listed(client: Client, letter: Letter) -> None:
    sign(letter, "Before The Pause")
    OutgoingMail.objects.update(state=MailState.SENT, sent_at=timezone.now())
    pause_letter(letter)
    sign(letter, "During The Pause")
    client.force_login(StaffFactory())
    page = client.get("/admin/signatories/signon/?mail=held").content.decode()
    assert "During The Pause" in page
    assert "Before The Pause" not in page
