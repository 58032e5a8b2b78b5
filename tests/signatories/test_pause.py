"""A paused letter: sign-ons are taken with the usual answer, and nobody is mailed."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

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
from signatories.services import moderation, signing
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


def test_pressing_again_while_paused_holds_one_mail(client: Client, letter: Letter) -> None:
    pause_letter(letter)
    for _ in range(5):
        assert client.post(SIGN, FORM).status_code == 302
    assert OutgoingMail.objects.count() == 1


def test_a_new_link_asked_for_while_paused_is_held_too(letter: Letter) -> None:
    sign_on = sign(letter)
    OutgoingMail.objects.all().delete()
    pause_letter(letter)
    signing.renew(sign_on=SignOn.objects.get(pk=sign_on.pk))
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
    with time_machine.travel(start + timedelta(hours=1), tick=False):
        pause_letter(letter)
        held = sign(letter, "During The Pause")
    for day in range(1, 41):
        with time_machine.travel(start + timedelta(days=day), tick=False):
            calendar.run(overdue=AT_ONCE)
    with time_machine.travel(start + timedelta(days=40, hours=1), tick=False):
        resume_letter(letter)
        deliver.run(overdue=AT_ONCE)
        assert len(smtp_sink.messages) == 1
    with time_machine.travel(start + timedelta(days=47), tick=False):
        calendar.run(overdue=AT_ONCE)
        held.refresh_from_db()
        assert signing.confirm(sign_on=held, wording=held.wording)
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
    pause_letter(letter)
    sign(letter, "During The Pause")
    client.force_login(StaffFactory())
    page = client.get("/admin/signatories/signon/?mail=held").content.decode()
    assert "During The Pause" in page
    assert "Before The Pause" not in page
