"""The list of outgoing mails finds what needs somebody without reading what was sent."""

import pytest
from django.db import connection
from django.test import Client

from campaign.models import Letter
from tests.factories import LetterFactory, StaffFactory
from tests.plans import many_mails, plans

pytestmark = pytest.mark.django_db

LIST = "/admin/campaign/outgoingmail/"


@pytest.fixture
def letter() -> Letter:
    return LetterFactory(open=True)


@pytest.mark.parametrize(
    "query",
    [
        "state__exact=failed",
        "state__exact=withheld",
        "state__exact=queued",
        "withheld_for__exact=gone",
        "withheld_for__exact=suppressed",
        "bounce__exact=permanent",
        "bounce__exact=complaint",
    ],
)
def test_what_went_wrong_is_found_without_reading_what_was_sent(
    client: Client, letter: Letter, query: str
) -> None:
    client.force_login(StaffFactory())
    many_mails(letter, 3000)
    with plans() as found:
        assert client.get(f"{LIST}?{query}").status_code == 200
    whole = [plan.sql for plan in found if "campaign_outgoingmail" in plan.read_whole]
    assert not whole


def test_the_kinds_to_choose_from_are_not_looked_up_among_the_mails(
    client: Client, letter: Letter
) -> None:
    client.force_login(StaffFactory())
    many_mails(letter, 10)
    with plans() as found:
        page = client.get(LIST).content.decode()
    assert "?kind=sign_on.rejected" in page, "also a kind of which there is none yet"
    assert not [plan.sql for plan in found if "DISTINCT" in plan.sql]
    chosen = client.get(f"{LIST}?kind=sign_on.rejected")
    assert chosen.context["cl"].result_count == 0
    assert client.get(f"{LIST}?kind=sign_on.listed").context["cl"].result_count == 10


@pytest.mark.parametrize("index", ["mail_worth_a_look", "mail_erased", "mail_forgotten"])
def test_an_ordinary_mail_enters_no_index_of_what_went_wrong_or_was_forgotten(
    letter: Letter, index: str
) -> None:
    """So that these cost nothing where mails are queued and sent."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_get_expr(indpred, indrelid) FROM pg_index"
            " WHERE indexrelid = to_regclass(%s)",
            [index],
        )
        (condition,) = cursor.fetchone()
        many_mails(letter, 5)
        cursor.execute(f"SELECT count(*) FROM campaign_outgoingmail WHERE {condition}")
        assert cursor.fetchone() == (0,)
        # As it is queued, before it is sent.
        cursor.execute("UPDATE campaign_outgoingmail SET state = 'queued', sent_at = NULL")
        cursor.execute(f"SELECT count(*) FROM campaign_outgoingmail WHERE {condition}")
        assert cursor.fetchone() == (0,)
