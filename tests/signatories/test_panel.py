"""The panel of what was refused or withheld."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from campaign.models import Letter, OutgoingMail
from campaign.models.mail import MailState
from signatories.models import Refusal
from signatories.models.refusal import Outcome
from signatories.services import pressure
from signatories.services.pressure import Pressure
from signatories.services.refusing import count_refusal
from tests.factories import LetterFactory, StaffFactory
from tests.signatories.test_signing import sign
from tests.signatories.test_views import html

DAY = timedelta(days=1)


def refuse(letter: Letter, outcome: Outcome = Outcome.ASKED, times: int = 1, key: str = "") -> None:
    for _ in range(times):
        count_refusal(letter=letter, limit="range", outcome=outcome, range_key=key)


def test_refusals_of_an_hour_and_network_are_one_row(letter: Letter) -> None:
    refuse(letter, times=3, key="a" * 43)
    refuse(letter, times=2, key="b" * 43)
    assert sorted(Refusal.objects.values_list("count", flat=True)) == [2, 3]


def everything(letter: Letter) -> None:
    refuse(letter, times=3)
    refuse(letter, Outcome.REFUSED, times=2)
    for number, change in enumerate(
        [
            {"slow": True},
            {"state": MailState.WITHHELD, "withheld_for": "cap"},
            {"state": MailState.WITHHELD, "withheld_for": "pause"},
            {"state": MailState.WITHHELD, "withheld_for": "suppressed"},
            {
                "state": MailState.SENT,
                "sent_at": timezone.now(),
                "bounce": "permanent",
                "bounced_at": timezone.now(),
            },
            {},
        ]
    ):
        sign(letter, f"Body {number}")
        newest = OutgoingMail.objects.latest("pk")
        OutgoingMail.objects.filter(pk=newest.pk).update(**change)
    # Not by pause_letter, which would hold those that wait.
    Letter.objects.filter(pk=letter.pk).update(paused_at=timezone.now())


def test_everything_that_was_refused_or_withheld_is_counted(letter: Letter) -> None:
    everything(letter)
    [(_, counted)] = pressure.by_hour(letter.pk, of=DAY)
    assert counted == Pressure(
        asked=3, refused=2, slowed=1, capped=1, paused=1, suppressed=1, bounced=1
    )
    assert pressure.by_letter(of=DAY) == {letter.pk: counted}


def test_what_is_older_is_left_out(letter: Letter) -> None:
    everything(letter)
    long_ago = timezone.now() - timedelta(days=9)
    Refusal.objects.update(hour=long_ago)
    OutgoingMail.objects.update(created_at=long_ago)
    assert pressure.by_hour(letter.pk, of=DAY) == []


def test_staff_see_it_by_letter_and_by_hour(client: Client, letter: Letter) -> None:
    everything(letter)
    client.force_login(StaffFactory())
    every = html(client.get("/admin/campaign/letter/panel/"))
    one = f"/admin/campaign/letter/{letter.pk}/panel/"
    assert one in every
    page = html(client.get(one))
    assert "Asked for a calculation" in page
    assert "<td>3</td><td>2</td>" in page.replace("</td> <td>", "</td><td>")
    assert "The letter is paused" in page
    assert one in html(client.get(f"/admin/campaign/letter/{letter.pk}/change/"))
    assert "/admin/campaign/letter/panel/" in html(client.get("/admin/"))


def test_a_quiet_letter_says_so(client: Client, letter: Letter) -> None:
    client.force_login(StaffFactory())
    page = html(client.get(f"/admin/campaign/letter/{letter.pk}/panel/"))
    assert "Nothing was refused or withheld." in page


@pytest.mark.parametrize("path", ["panel/", "{}/panel/"])
def test_only_who_may_see_it_sees_it(client: Client, letter: Letter, path: str) -> None:
    url = f"/admin/campaign/letter/{path.format(letter.pk)}"
    assert client.get(url).status_code == 302
    client.force_login(StaffFactory(may=["campaign.view_letter"]))
    assert client.get(url).status_code == 403
    assert "Refused and withheld" not in html(client.get("/admin/"))
    client.force_login(StaffFactory(may=["signatories.view_refusal"]))
    assert client.get(url).status_code == 200


def test_the_panel_costs_the_same_however_much_there_was(
    client: Client, letter: Letter, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(5):
        other = LetterFactory(open=True, public=True)
        refuse(other, times=number + 1, key=str(number) * 43)
        refuse(letter, times=number + 1, key=str(number) * 43)
    client.force_login(StaffFactory())
    with django_assert_num_queries(6):  # session, user, refusals, mails, letters, what waits
        client.get("/admin/campaign/letter/panel/")
    with django_assert_num_queries(7):  # session, user, letter, refusals, mails, networks, waits
        client.get(f"/admin/campaign/letter/{letter.pk}/panel/")
