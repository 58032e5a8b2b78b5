"""The front page of the desk says what is paused or broken, to those who may see it."""

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

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


def break_everything(settings: Settings) -> None:
    letter = LetterFactory(open=True, public=True)
    queue_mail("sign_on.listed", letter=letter, address="jo@example.org", language="en-GB")
    OutgoingMail.objects.update(state=MailState.FAILED)
    outbox.rest(outbox.look(), now=timezone.now(), problem="ConnectionRefusedError")
    Publication.objects.filter(letter=letter).update(failures=2, problem="No space left")
    settings.BACKUP_TO = ("age1somebody",)
    ScheduledBackup.objects.create(failures=1, failed_at=timezone.now(), problem="no such key")
    pause_letter(letter)


def test_where_all_is_well_nothing_is_said(client: Client) -> None:
    client.force_login(StaffFactory())
    assert TITLE not in front_page(client)


def test_what_is_paused_or_broken_is_said_first(client: Client, settings: Settings) -> None:
    client.force_login(StaffFactory())
    break_everything(settings)
    page = front_page(client)
    for words in (
        "is paused",
        "No mail goes out at the moment: ConnectionRefusedError",
        "1 mail of this week failed",
        "it cannot be published: No space left",
        "The last backup could not be made: no such key",
    ):
        assert words in page


def test_nobody_is_told_of_what_they_may_not_see(client: Client, settings: Settings) -> None:
    break_everything(settings)
    client.force_login(StaffFactory(may=[]))
    assert TITLE not in front_page(client)
    client.force_login(StaffFactory(may=["campaign.view_letter"]))
    page = front_page(client)
    assert "is paused" in page
    assert "No mail goes out" not in page


def test_a_pdf_that_could_not_be_made_is_said(client: Client) -> None:
    client.force_login(StaffFactory())
    letter = LetterFactory(open=True, public=True)
    Publication.objects.filter(letter=letter).update(problem="The PDF could not be made: a glyph")
    page = front_page(client)
    assert "The PDF could not be made: a glyph" in page
    assert "cannot be published" not in page
