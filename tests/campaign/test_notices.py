"""The front page of the desk says what is paused or broken, to those who may see it."""

import pytest
from django.test import Client
from django.utils import timezone

from campaign.letters import pause_letter
from campaign.mail import outbox
from campaign.mail.queue import queue_mail
from campaign.models import OutgoingMail, Publication, ScheduledBackup
from campaign.models.mail import MailState
from tests.factories import LetterFactory, StaffFactory

pytestmark = pytest.mark.django_db
TITLE = "To know first"


def front_page(client: Client) -> str:
    return client.get("/admin/").content.decode()


def break_everything() -> None:
    letter = LetterFactory(open=True, public=True)
    queue_mail("sign_on.listed", letter=letter, address="jo@example.org", language="en-GB")
    OutgoingMail.objects.update(state=MailState.FAILED)
    outbox.rest(outbox.look(), now=timezone.now(), problem="ConnectionRefusedError")
    Publication.objects.filter(letter=letter).update(failures=2, problem="No space left")
    ScheduledBackup.objects.create(failures=1, failed_at=timezone.now(), problem="no such key")
    pause_letter(letter)


def test_where_all_is_well_nothing_is_said(client: Client) -> None:
    client.force_login(StaffFactory())
    assert TITLE not in front_page(client)


def test_what_is_paused_or_broken_is_said_first(client: Client) -> None:
    client.force_login(StaffFactory())
    break_everything()
    page = front_page(client)
    for words in (
        "is paused",
        "No mail goes out at the moment: ConnectionRefusedError",
        "1 mail of this week failed",
        "cannot be published: No space left",
        "The last backup could not be made: no such key",
    ):
        assert words in page


def test_nobody_is_told_of_what_they_may_not_see(client: Client) -> None:
    break_everything()
    client.force_login(StaffFactory(may=[]))
    assert TITLE not in front_page(client)
    client.force_login(StaffFactory(may=["campaign.view_letter"]))
    page = front_page(client)
    assert "is paused" in page
    assert "No mail goes out" not in page
