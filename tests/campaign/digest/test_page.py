"""My digest, at the desk."""

import pytest
from django.test import Client

from campaign.models import Digest
from campaign.models.digest import Wanted
from signatories.roles import VIEWER
from tests.factories import StaffFactory
from tests.signatories.test_views import html

pytestmark = pytest.mark.django_db

URL = "/admin/digest/"
CHOICE = {"wanted": "daily", "hour": "7", "time_zone": "Europe/Paris"}


def test_one_chooses_whether_when_and_where(client: Client) -> None:
    user = StaffFactory(may=VIEWER, email="vera@example.org")
    client.force_login(user)
    page = html(client.get(URL))
    assert "vera@example.org" in page
    assert 'name="email"' not in page
    answer = client.post(URL, CHOICE, follow=True)
    assert "The next digest is due on" in html(answer)
    digest = Digest.objects.get()
    assert (digest.user, digest.wanted, digest.hour) == (user, Wanted.DAILY, 7)
    assert digest.next_at
    assert digest.events.get().pgh_context.metadata["user"] == user.pk  # type: ignore[attr-defined]


def test_and_none_again(client: Client) -> None:
    client.force_login(StaffFactory(email="vera@example.org"))
    client.post(URL, CHOICE)
    assert "You get no digest." in html(client.post(URL, {**CHOICE, "wanted": "none"}, follow=True))
    assert Digest.objects.get().next_at is None


def test_an_account_without_an_address_is_asked_for_one(client: Client) -> None:
    user = StaffFactory(may=VIEWER)
    client.force_login(user)
    refused = client.post(URL, CHOICE)
    assert refused.status_code == 422
    assert "Please give the address" in html(refused)
    assert '<option value="7" selected>' in html(refused), "what was typed stays"
    wrong = client.post(URL, {**CHOICE, "email": "nowhere"})
    assert wrong.status_code == 422
    assert not Digest.objects.exists()
    client.post(URL, {**CHOICE, "email": "vera@example.org"})
    user.refresh_from_db()
    assert user.email == "vera@example.org"


def test_who_wants_none_needs_no_address(client: Client) -> None:
    client.force_login(StaffFactory())
    assert client.post(URL, {**CHOICE, "wanted": "none"}).status_code == 302


def test_an_address_that_is_there_is_not_written_over(client: Client) -> None:
    user = StaffFactory(email="vera@example.org")
    client.force_login(user)
    client.post(URL, {**CHOICE, "email": "else@example.org"})
    user.refresh_from_db()
    assert user.email == "vera@example.org"


@pytest.mark.parametrize(
    "wrong",
    [{"wanted": "hourly"}, {"hour": "24"}, {"hour": "x"}, {"time_zone": "Mars"}, {"wanted": ""}],
)
def test_what_is_none_of_the_choices_is_refused(client: Client, wrong: dict[str, str]) -> None:
    client.force_login(StaffFactory(email="vera@example.org"))
    answer = client.post(URL, {**CHOICE, **wrong})
    assert answer.status_code == 422
    assert f'id="id_{next(iter(wrong))}_error"' in html(answer)
    assert not Digest.objects.exists()


def test_everybody_has_their_own(client: Client) -> None:
    other = StaffFactory(email="other@example.org")
    client.force_login(other)
    client.post(URL, CHOICE)
    client.force_login(StaffFactory(email="vera@example.org"))
    page = html(client.get(URL))
    assert "other@example.org" not in page
    assert '<option value="8" selected>' in page


def test_without_rights_it_says_that_none_is_sent(client: Client) -> None:
    client.force_login(StaffFactory(may=[]))
    assert "no digest is sent" in html(client.get(URL))


def test_the_mails_of_staff_are_in_the_list_without_their_names(client: Client) -> None:
    from campaign.models import OutgoingMail
    from tests.campaign.digest.test_mails import queued

    user = queued(VIEWER)
    client.force_login(StaffFactory())
    page = html(client.get("/admin/campaign/outgoingmail/"))
    assert f"Account {user.pk}" in page
    mail = OutgoingMail.objects.get()
    one = html(client.get(f"/admin/campaign/outgoingmail/{mail.pk}/change/"))
    assert "Digest for staff" in one
    assert user.email not in page + one
