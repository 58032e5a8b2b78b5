"""What is asked every second or hour, or for one page of the desk, reads what it needs, not all."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from campaign.letters import close_letter, pause_letter
from campaign.models import Letter, OutgoingMail
from signatories import calendar
from signatories.editions.freeze import site_document
from signatories.models import Hold, Organisation, SignOn
from signatories.models.sign_on import Status
from signatories.privacy.forget import forget_sign_ons
from signatories.privacy.rule import Rule
from signatories.privacy.rules import RULES
from signatories.privacy.sign_on_rules import AFTER_LETTER
from signatories.services import bodies
from signatories.services.similar import similar, similar_names, with_similar
from tests.factories import LetterFactory, SignOnFactory, StaffFactory
from tests.plans import Plan, many_mails, many_sign_ons, past_audit, plans

pytestmark = pytest.mark.django_db

SIGN_ONS = "signatories_signon"
MAILS = "campaign_outgoingmail"
ORGANISATIONS = "signatories_organisation"
LIST = "/admin/signatories/signon/"
PAGE = 50


@pytest.fixture
def letter() -> Letter:
    return LetterFactory(open=True, public=True)


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(StaffFactory())
    return client


def reading_whole(table: str, found: list[Plan]) -> list[str]:
    return [plan.sql for plan in found if table in plan.read_whole]


def many_organisations(count: int) -> None:
    with connection.cursor() as cursor:
        past_audit(cursor, "signatories_organisation")
        cursor.execute(
            "INSERT INTO signatories_organisation (display_name, name_key, sort_as, aliases,"
            " website, country, created_at)"
            " SELECT name, name, '', ARRAY['Alias of ' || name], '', '', now()"
            " FROM (SELECT md5(number::text) AS name FROM generate_series(1, %s) AS number) AS m",
            [count],
        )
        # What autovacuum does; until then it is searched from end to end.
        cursor.execute("SELECT gin_clean_pending_list('organisation_like')")
        cursor.execute("ANALYZE signatories_organisation")


def link_them() -> None:
    """Each sign-on to an organisation."""
    with connection.cursor() as cursor:
        past_audit(cursor, "signatories_signonorganisation")
        cursor.execute(
            "INSERT INTO signatories_signonorganisation (sign_on_id, organisation_id, approved)"
            " SELECT sign_on.id, body.id, false"
            " FROM (SELECT id, row_number() OVER () AS place FROM signatories_signon) AS sign_on"
            " JOIN (SELECT id, row_number() OVER () AS place FROM signatories_organisation) AS body"
            " USING (place)"
        )
        cursor.execute("ANALYZE signatories_signonorganisation")


def names(response: object) -> list[str]:
    return [row.listed_name for row in response.context["cl"].result_list]  # type: ignore[attr-defined]


# Every second


def test_what_the_calendar_asks_reads_no_sign_ons_that_have_nothing_to_do_with_it(
    letter: Letter,
) -> None:
    many_sign_ons(letter, 3000)
    many_sign_ons(letter, 1000, status="unconfirmed")
    pause_letter(LetterFactory(open=True))
    calendar.run(overdue=timedelta(0))
    with plans() as found:
        calendar.run(overdue=timedelta(0))
    assert not reading_whole(SIGN_ONS, found)
    used = set().union(*(plan.indexes for plan in found))
    assert "sign_on_by_state" not in used, "all that are unconfirmed were looked at"


def test_without_a_paused_letter_no_links_are_looked_for(letter: Letter) -> None:
    calendar.run(overdue=timedelta(0))
    with plans() as found:
        calendar.run(overdue=timedelta(0))
    assert len([plan for plan in found if SIGN_ONS in plan.sql]) == 1, "only for what lapses"


# Every hour


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_what_a_rule_of_the_purge_finds_comes_from_an_index(letter: Letter, rule: Rule) -> None:
    """Also while nothing is due, every hour of a site's life, and in the weeks of a flood."""
    many_sign_ons(letter, 3000, days=90)
    many_sign_ons(letter, 500, key="a key")
    for status in ("unconfirmed", "lapsed", "rejected", "withdrawn"):
        many_sign_ons(letter, 500, status=status)
    many_mails(letter, 3000, days=90, key="")
    many_mails(letter, 500)
    with plans() as found:
        assert rule.batch(timezone.now()).total() == 0
    assert not reading_whole(SIGN_ONS, found)
    assert not reading_whole(MAILS, found)


def test_a_batch_is_forgotten_without_reading_the_mails_of_others(letter: Letter) -> None:
    sign_on = SignOnFactory(letter=letter)
    many_mails(letter, 3000)
    newest = OutgoingMail.objects.filter(pk=OutgoingMail.objects.latest("pk").pk)
    newest.update(references={"sign_on": sign_on.pk})
    with plans() as found:
        forget_sign_ons([sign_on.pk])
    assert not reading_whole(MAILS, found)
    # All that was mailed lately.
    assert not any("mail_to_address" in plan.indexes for plan in found)
    assert not any("mail_to_forget" in plan.indexes for plan in found)


def test_the_oldest_hashes_are_forgotten_first(letter: Letter) -> None:
    many_sign_ons(letter, 1000, days=90, key="a key")
    rule = next(rule for rule in RULES if rule.name == "aged signon client_key")
    assert rule.batch(timezone.now()).total() == 500
    left = SignOn.objects.exclude(client_key="").earliest("created_at").created_at
    assert not SignOn.objects.filter(client_key="", created_at__gt=left).exists()


def test_while_no_letter_is_over_the_purge_reads_no_sign_ons(letter: Letter) -> None:
    close_letter(letter)
    SignOnFactory()
    with plans() as found:
        assert AFTER_LETTER.batch(timezone.now()).total() == 0
    assert not [plan for plan in found if SIGN_ONS in plan.sql]


# With each approval


def test_an_organisation_is_found_by_its_alias_through_an_index(letter: Letter) -> None:
    many_organisations(3000)
    Organisation.objects.filter(pk=Organisation.objects.latest("pk").pk).update(aliases=["Ours"])
    sign_on = SignOnFactory(letter=letter, name="Ours")
    with plans() as found:
        bodies.organisation_named(sign_on)
    assert not reading_whole(ORGANISATIONS, found)


def test_the_counts_of_the_site_edition_come_from_an_index(letter: Letter) -> None:
    many_sign_ons(letter, 3000)
    held, twice = SignOn.objects.all()[:2]
    for sign_on, kind in [(held, "pause"), (twice, "pause"), (twice, "board")]:
        Hold.objects.create(sign_on=sign_on, kind=kind)
    Hold.objects.create(sign_on=SignOn.objects.latest("pk"), kind="board", lifted_at=timezone.now())
    with plans() as found:
        document = site_document(edition=1, published_at=timezone.now(), previous="")
    assert [each["count"] for each in document["letters"]] == [2998]
    assert not reading_whole(SIGN_ONS, found)


# The desk


def test_names_are_compared_with_those_that_share_a_key(letter: Letter) -> None:
    many_sign_ons(letter, 3000)
    many_organisations(3000)
    asked = [SignOnFactory(letter=letter, name=f"Quiet Skies {number}") for number in range(2)]
    with plans() as found:
        assert with_similar([one.pk for one in asked]) == {one.pk for one in asked}
        assert similar(asked[0]) == [asked[1]]
        similar_names(["Quiet Skies", "Loud Skies"])
    assert not reading_whole(SIGN_ONS, found)
    assert not reading_whole(ORGANISATIONS, found)


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?letter={letter}",
        "?letter={letter}&status__exact=approved",
        "?part=all",
        "?part=them",
        "?part=listed&letter={letter}",
        "?part=others",
    ],
)
def test_a_page_of_the_list_sorts_no_more_than_what_waits(
    desk: Client, letter: Letter, query: str
) -> None:
    many_sign_ons(letter, 3000)
    many_sign_ons(letter, 20, status="pending")
    many_sign_ons(letter, 300, status="lapsed")
    with plans() as found:
        response = desk.get(LIST + query.format(letter=letter.pk))
    assert response.status_code == 200
    assert max(plan.sorted_rows for plan in found if SIGN_ONS in plan.sql) < 1000


def test_the_pages_of_the_list_are_the_whole_list_in_its_order(
    desk: Client, letter: Letter
) -> None:
    """Page by page, over the bounds of states: nobody is passed over or shown twice."""
    for status, count in [("approved", 45), ("pending", 30), ("unconfirmed", 45), ("lapsed", 5)]:
        many_sign_ons(letter, count, status=status)
    listed = []
    for page in (1, 2, 3):
        response = desk.get(LIST, {"p": page, "part": "all"})
        assert len(names(response)) == (PAGE if page < 3 else 25)
        listed += response.context["cl"].result_list
    assert len({row.pk for row in listed}) == 125
    order = [Status.PENDING, Status.UNCONFIRMED, Status.APPROVED, Status.LAPSED]
    assert [order.index(Status(row.status)) for row in listed] == sorted(
        order.index(Status(row.status)) for row in listed
    )
    pending = [row for row in listed if row.status == Status.PENDING]
    assert pending == sorted(pending, key=lambda row: row.confirmed_at)
    others = [row.pk for row in listed if row.status == Status.APPROVED]
    assert others == sorted(others, reverse=True)
    assert desk.get(LIST, {"p": 4, "part": "all"}).status_code == 302, "there is no fourth page"


def test_the_list_by_a_chosen_column_is_in_that_order(desk: Client, letter: Letter) -> None:
    many_sign_ons(letter, 10)
    many_sign_ons(letter, 10, status="pending")
    shown = names(desk.get(LIST, {"o": "1", "part": "all"}))
    assert shown == sorted(shown)


def test_a_search_by_name_reads_those_of_that_name(desk: Client, letter: Letter) -> None:
    many_sign_ons(letter, 3000)
    many_organisations(3000)
    link_them()
    ours = SignOnFactory(letter=letter, name="Quiet Skies")
    with plans() as found:
        assert names(desk.get(LIST, {"q": "quiet SKIES"})) == [ours.listed_name]
    assert not reading_whole(SIGN_ONS, found)
    assert not reading_whole(ORGANISATIONS, found)


def test_the_mails_of_a_sign_on_are_found_by_an_index(desk: Client, letter: Letter) -> None:
    sign_on = SignOnFactory(letter=letter)
    many_mails(letter, 3000)
    with plans() as found:
        desk.get(f"{LIST}{sign_on.pk}/change/")
    assert not reading_whole(MAILS, found)


@pytest.mark.parametrize("panel", ["panel/", "{letter}/panel/"])
def test_the_panels_count_what_was_withheld_without_reading_what_was_sent(
    desk: Client, letter: Letter, panel: str
) -> None:
    many_mails(letter, 3000)
    with plans() as found:
        desk.get(f"/admin/campaign/letter/{panel.format(letter=letter.pk)}")
    assert not reading_whole(MAILS, found)


def test_the_letters_are_counted_by_an_index(desk: Client, letter: Letter) -> None:
    many_sign_ons(letter, 3000)
    many_sign_ons(letter, 7, status="pending")
    with plans() as found:
        page = desk.get("/admin/campaign/letter/").content.decode()
    assert ">3000</a>" in page
    assert ">7</a>" in page
    assert not reading_whole(SIGN_ONS, found)


def test_a_page_of_organisations_reads_only_these(desk: Client, letter: Letter) -> None:
    many_organisations(3000)
    SignOnFactory(letter=letter, name="0 comes first", status="approved")
    with plans() as found:
        response = desk.get("/admin/signatories/organisation/")
    first = response.context["cl"].result_list[0]
    assert (first.display_name, first.sign_ons_count) == ("0 comes first", 1)
    assert max(plan.sorted_rows for plan in found if ORGANISATIONS in plan.sql) < 1000


def test_the_page_of_a_sign_on_reads_what_stands_beside_it_and_no_more(
    desk: Client, letter: Letter
) -> None:
    """Its place in the list, what is like it, the same body elsewhere, and what waits next."""
    many_sign_ons(letter, 3000)
    many_sign_ons(LetterFactory(open=True), 3000)
    many_sign_ons(letter, 300, status="pending")
    many_organisations(3000)
    link_them()
    sign_on = SignOnFactory(letter=letter, name="Quiet Skies")
    with plans() as found:
        assert desk.get(f"{LIST}{sign_on.pk}/change/").status_code == 200
    assert not reading_whole(SIGN_ONS, found)
    assert not reading_whole(ORGANISATIONS, found)
    assert not reading_whole("signatories_signonorganisation", found)
    assert max(plan.sorted_rows for plan in found if SIGN_ONS in plan.sql) < 1000
    used = set().union(*(plan.indexes for plan in found))
    assert "sign_on_in_its_place" in used
