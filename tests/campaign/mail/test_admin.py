"""The desk for mails and publications: to look at, and to try again."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from campaign.mail.queue import queue_mail
from campaign.models import OutgoingMail, Publication
from campaign.models.mail import MailState
from tests.factories import LetterFactory, StaffFactory

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
        "1 mail left alone: neither failed nor withheld.",
    ]


def test_no_page_on_mails_shows_an_address_or_its_key(desk: Client, mail: OutgoingMail) -> None:
    for url in (MAILS, reverse("admin:campaign_outgoingmail_change", args=[mail.pk])):
        page = desk.get(url).content.decode()
        assert "sign_on.listed" in page
        assert mail.recipient_key not in page
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
