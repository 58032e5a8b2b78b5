"""The desk for mails and publications: to look at, and to try again."""

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape

from campaign.mail import outbox
from campaign.mail.queue import queue_mail
from campaign.models import OutgoingMail, Publication, Suppression
from campaign.models.mail import Bounce, MailState, Withheld
from tests.factories import LetterFactory, SignOnFactory, StaffFactory

pytestmark = pytest.mark.django_db

MAILS = "/admin/campaign/outgoingmail/"
PUBLICATIONS = "/admin/campaign/publication/"


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(StaffFactory())
    return client


@pytest.fixture
def mail() -> OutgoingMail:
    letter = LetterFactory(open=True)
    queue_mail("sign_on.listed", letter=letter, address="jo@example.org", language="en-GB")
    return OutgoingMail.objects.get()


def messages_of(response: Any) -> list[str]:
    return [str(message) for message in response.context["messages"]]


def test_failed_and_withheld_mails_are_sent_again_and_others_left_alone(
    desk: Client, mail: OutgoingMail
) -> None:
    letter = mail.letter
    queue_mail("sign_on.listed", letter=letter, address="bo@example.org", language="en-GB")
    OutgoingMail.objects.filter(pk=mail.pk).update(
        state=MailState.FAILED, attempts=9, problem="SMTPRecipientsRefused 550"
    )
    every = [str(pk) for pk in OutgoingMail.objects.values_list("pk", flat=True)]
    post = {"action": "send_again", "_selected_action": every}
    response = desk.post(MAILS, post, follow=True)
    mail.refresh_from_db()
    assert (mail.state, mail.attempts, mail.problem) == (MailState.QUEUED, 0, "")
    assert messages_of(response) == [
        "1 mail queued again.",
        "1 mail left alone: sent, being sent or next anyway, or to an address that bounced or "
        "complained.",
    ]


def test_send_again_ends_the_rest_of_a_server_that_was_mended(
    desk: Client, mail: OutgoingMail
) -> None:
    later = timezone.now() + timedelta(hours=1)
    OutgoingMail.objects.update(attempts=3, not_before=later, problem="ConnectionRefusedError")
    outbox.rest(outbox.look(), now=timezone.now(), problem="ConnectionRefusedError")
    post = {"action": "send_again", "_selected_action": [mail.pk]}
    assert messages_of(desk.post(MAILS, post, follow=True)) == ["1 mail queued again."]
    mail.refresh_from_db()
    assert mail.not_before <= timezone.now()
    assert not outbox.resting(outbox.look(), now=timezone.now())


def test_a_suppressed_address_is_mailed_again_by_its_own_action_only(
    desk: Client, mail: OutgoingMail
) -> None:
    Suppression.objects.create(address_key=mail.address_key, reason=Bounce.PERMANENT)
    OutgoingMail.objects.update(state=MailState.WITHHELD, withheld_for=Withheld.SUPPRESSED)
    desk.post(MAILS, {"action": "send_again", "_selected_action": [mail.pk]}, follow=True)
    mail.refresh_from_db()
    assert mail.withheld_for == Withheld.SUPPRESSED
    action = "send_despite_suppression"
    response = desk.post(MAILS, {"action": action, "_selected_action": [mail.pk]}, follow=True)
    mail.refresh_from_db()
    assert (mail.state, mail.withheld_for) == (MailState.QUEUED, "")
    assert not Suppression.objects.exists()
    assert messages_of(response) == ["1 mail queued again."]


@pytest.mark.parametrize("reason", list(Withheld))
def test_the_list_says_why_a_mail_is_withheld_and_can_be_asked_for_it(
    desk: Client, mail: OutgoingMail, reason: Withheld
) -> None:
    OutgoingMail.objects.update(state=MailState.WITHHELD, withheld_for=reason)
    page = desk.get(f"{MAILS}?withheld_for__exact={reason.value}")
    assert escape(reason.label) in page.content.decode()
    assert page.context["cl"].result_count == 1
    others = desk.get(f"{MAILS}?state__exact=sent")
    assert others.context["cl"].result_count == 0


def test_the_list_shows_what_bounced_and_what_went_out_inside_another(
    desk: Client, mail: OutgoingMail
) -> None:
    queue_mail("sign_on.listed", letter=mail.letter, address="jo@example.org", language="en-GB")
    OutgoingMail.objects.update(state=MailState.SENT, sent_at=timezone.now())
    OutgoingMail.objects.filter(pk=mail.pk).update(
        bounce=Bounce.COMPLAINT, bounced_at=timezone.now()
    )
    OutgoingMail.objects.exclude(pk=mail.pk).update(sent_with=mail)
    page = desk.get(MAILS).content.decode()
    assert Bounce.COMPLAINT.label in page
    assert f"inside mail {mail.pk}" in page


def test_every_kind_has_a_name_for_staff(desk: Client, mail: OutgoingMail) -> None:
    assert set(settings.MAIL_NAMES) == set(settings.MAIL_KINDS)
    page = desk.get(MAILS, {"kind": "sign_on.confirm"}).content.decode()
    assert reverse("admin:campaign_outgoingmail_change", args=[mail.pk]) not in page
    page = desk.get(MAILS, {"kind": "sign_on.listed"}).content.decode()
    assert reverse("admin:campaign_outgoingmail_change", args=[mail.pk]) in page
    assert f"{mail.created_at:%-d %B %Y, %H:%M} UTC" in page


def test_staff_come_from_a_mail_to_its_sign_on(desk: Client) -> None:
    sign_on = SignOnFactory()
    queue_mail(
        "sign_on.listed", letter=sign_on.letter, address="jo@example.org", language="en-GB",
        sign_on=sign_on.pk,
    )  # fmt: skip
    page = desk.get(MAILS).content.decode()
    assert reverse("admin:signatories_signon_change", args=[sign_on.pk]) in page


def test_staff_see_that_sending_rests(desk: Client, mail: OutgoingMail) -> None:
    assert "Sending rests" not in desk.get(MAILS).content.decode()
    outbox.rest(outbox.look(), now=timezone.now(), problem="ConnectionRefusedError")
    page = desk.get(MAILS).content.decode()
    assert "Sending rests until" in page
    assert "ConnectionRefusedError, 1 time in a row" in page


def test_no_page_on_mails_shows_an_address_or_its_key(desk: Client, mail: OutgoingMail) -> None:
    for url in (MAILS, reverse("admin:campaign_outgoingmail_change", args=[mail.pk])):
        page = desk.get(url).content.decode()
        assert "Now listed" in page
        assert mail.recipient_key not in page
        assert mail.address_key not in page
        assert "jo@" not in page
        assert 'name="_save"' not in page


def test_mails_and_publications_are_neither_made_nor_deleted_by_hand(
    desk: Client, mail: OutgoingMail
) -> None:
    publication = Publication.objects.get(letter=mail.letter)
    for name, pk in [("outgoingmail", mail.pk), ("publication", publication.pk)]:
        assert desk.get(reverse(f"admin:campaign_{name}_add")).status_code == 403
        delete = reverse(f"admin:campaign_{name}_delete", args=[pk])
        assert desk.post(delete, {"post": "yes"}).status_code == 403


def test_a_publication_is_asked_for_again(desk: Client) -> None:
    letter = LetterFactory(open=True, public=True)
    before = Publication.objects.get(letter=letter)
    assert "The list of letters" in desk.get(PUBLICATIONS).content.decode()
    desk.post(PUBLICATIONS, {"action": "publish_again", "_selected_action": [before.pk]})
    assert Publication.objects.get(letter=letter).wanted == before.wanted + 1


@pytest.mark.parametrize("number", [5, 50])
def test_the_list_of_mails_takes_as_many_queries_for_5_as_for_50(
    desk: Client, number: int, django_assert_max_num_queries: Any
) -> None:
    for place in range(number):
        address = f"jo{place}@example.org"
        letter = LetterFactory(words=None)
        queue_mail("sign_on.listed", letter=letter, address=address, language="en-GB")
    with django_assert_max_num_queries(8):
        desk.get(MAILS)
