"""The front page of the desk: a card a letter, for each role what it may see and do."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from campaign.admin import start
from campaign.letters import pause_letter
from campaign.mail.queue import queue_mail
from campaign.models import Letter, OutgoingMail, Publication
from campaign.models.mail import MailState
from campaign.texts import Words
from tests.factories import LetterFactory, StaffFactory
from tests.roles import client_of
from tests.signatories.test_views import html

pytestmark = pytest.mark.django_db


def front_page(client: Client) -> str:
    return html(client.get("/admin/"))


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(StaffFactory())
    return client


def titled(title: str, **options: object) -> Letter:
    return LetterFactory(words=Words(title=title, body="Please act **now**."), **options)


def fail_a_mail(letter: Letter, **changes: object) -> None:
    queue_mail("sign_on.listed", letter=letter, address="jo@example.org", language="en-GB")
    newest = OutgoingMail.objects.latest("pk")
    OutgoingMail.objects.filter(pk=newest.pk).update(**(changes or {"state": MailState.FAILED}))


def test_an_empty_site_says_what_to_do_first_with_links(desk: Client) -> None:
    page = front_page(desk)
    assert "in three steps" in page
    for url in (
        "/admin/campaign/letter/add/",
        "/admin/campaign/letter/from-file/",
        "/admin/signatories/signon/",
        "/admin/digest/",
    ):
        assert f'href="{url}"' in page


def test_who_may_not_write_is_not_sent_to_write() -> None:
    page = front_page(client_of("viewer"))
    assert "in three steps" in page
    assert "/admin/campaign/letter/add/" not in page


def test_a_letter_says_its_state_visibility_and_days_left(desk: Client) -> None:
    letter = titled("Ban the noise", open=True, public=True, time_zone="Europe/Paris")
    Letter.objects.filter(pk=letter.pk).update(closes=timezone.now() + timedelta(days=9))
    page = front_page(desk)
    for words in ("Ban the noise", "Open for signatures", "Public", "9 days left: closes"):
        assert words in page
    assert f'href="{letter.path}"' in page
    assert f'href="/admin/campaign/letter/{letter.pk}/change/"' in page
    assert "in three steps" not in page


def test_an_unlisted_letter_is_reached_by_its_unlisted_link(desk: Client) -> None:
    letter = LetterFactory(open=True)
    Letter.objects.filter(pk=letter.pk).update(public_at=timezone.now() + timedelta(days=1))
    page = front_page(desk)
    assert f'href="{letter.unlisted_path}"' in page
    assert "Unlisted until" in page
    assert f"/letters/{letter.slug}/" not in page


def test_what_runs_and_ends_first_is_first_and_what_is_archived_is_folded(desk: Client) -> None:
    later = titled("Ends later", open=True)
    Letter.objects.filter(pk=later.pk).update(closes=timezone.now() + timedelta(days=9))
    titled("Open without end", open=True)
    sooner = titled("Ends sooner", open=True)
    Letter.objects.filter(pk=sooner.pk).update(closes=timezone.now() + timedelta(days=2))
    titled("Archived", archived=True)
    titled("Closed", closed=True)
    titled("Draft")
    response = desk.get("/admin/")
    assert [card.title for card in response.context["cards"]] == [
        "Ends sooner", "Ends later", "Open without end", "Draft", "Closed",
    ]  # fmt: skip
    page = html(response)
    fold = page[page.index("Archived letters") :]
    assert ">Archived</a>" in fold[: fold.index("</details>")]


def test_with_very_many_letters_the_others_are_in_the_list(
    desk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(start, "MOST", 2)
    monkeypatch.setattr(start, "MOST_ARCHIVED", 1)
    for _ in range(3):
        LetterFactory()
        LetterFactory(archived=True)
    response = desk.get("/admin/")
    assert len(response.context["cards"]) == 2
    page = html(response)
    assert '<a href="/admin/campaign/letter/">All letters</a>' in page
    assert "?state__exact=archived" in page


def test_what_failed_or_was_withheld_is_on_the_card_with_a_link_to_it(desk: Client) -> None:
    letter = LetterFactory(open=True, public=True)
    now = timezone.now()
    fail_a_mail(letter)
    fail_a_mail(letter)
    sent = {"state": MailState.SENT, "sent_at": now, "bounced_at": now}
    fail_a_mail(letter, **sent, bounce="permanent")
    fail_a_mail(letter, **sent, bounce="complaint")
    fail_a_mail(letter, **sent, bounce="soft")
    fail_a_mail(letter, state=MailState.WITHHELD, withheld_for="suppressed")
    fail_a_mail(letter, state=MailState.WITHHELD, withheld_for="cap")
    Publication.objects.filter(letter=letter).update(failures=2, problem="No space left")
    pause_letter(letter)
    [card] = desk.get("/admin/").context["cards"]
    told = {problem.text: problem.url for problem in card.problems}
    mails = f"/admin/campaign/outgoingmail/?letter={letter.pk}&"
    assert told.pop("It cannot be published: No space left") == "/admin/campaign/publication/"
    paused = next(text for text in told if text.startswith("Paused since"))
    assert told.pop(paused) == f"/admin/campaign/letter/{letter.pk}/change/"
    assert told == {
        "2 mails failed for good": f"{mails}state__exact=failed",
        "1 mail came back, refused for good": f"{mails}bounce__exact=permanent",
        "1 mail came back, reported as unwanted": f"{mails}bounce__exact=complaint",
        "1 mail withheld, as the address bounced or complained":
            f"{mails}withheld_for__exact=suppressed",
        "1 mail held back, as there were many to one address": f"{mails}withheld_for__exact=cap",
    }  # fmt: skip
    for url in told.values():
        listed = desk.get(url).context["cl"]
        assert listed.result_count == (2 if "failed" in url else 1)
    assert card.stands == "Open for signatures, paused"


def test_mails_of_another_letter_or_of_long_ago_are_not_told(desk: Client) -> None:
    letter, other = LetterFactory(open=True), LetterFactory(archived=True)
    fail_a_mail(other)
    fail_a_mail(letter)
    long_ago = timezone.now() - timedelta(days=30)
    OutgoingMail.objects.update(created_at=long_ago, not_before=long_ago)
    [card] = desk.get("/admin/").context["cards"]
    assert card.problems == []


@pytest.mark.parametrize(
    ("role", "mails", "publication", "writes"),
    [
        ("viewer", False, False, False),
        ("moderator", True, False, False),
        ("editor", False, True, True),
        ("administrator", True, True, True),
    ],
)
def test_each_role_is_told_what_it_may_see(
    role: str, mails: bool, publication: bool, writes: bool
) -> None:
    letter = LetterFactory(open=True, public=True)
    LetterFactory(slug="begun")
    fail_a_mail(letter)
    Publication.objects.filter(letter=letter).update(failures=2, problem="No space left")
    page = front_page(client_of(role))
    assert ("1 mail failed for good" in page) is mails
    assert ("/admin/campaign/outgoingmail/" in page) is mails
    assert ("No space left" in page) is publication
    assert ("Go on writing, or open it" in page) is writes


def test_without_rights_one_is_told_whom_to_ask(client: Client) -> None:
    titled("Ban the noise", open=True, public=True)
    client.force_login(StaffFactory(may=[]))
    page = front_page(client)
    assert "Ask an administrator" in page
    assert "Ban the noise" not in page
    assert "in three steps" not in page


def test_letters_without_sign_ons_are_for_those_who_may_not_see_these(
    client: Client, settings: Settings
) -> None:
    LetterFactory(open=True, public=True)
    client.force_login(StaffFactory(may=["campaign.view_letter"]))
    [card] = client.get("/admin/").context["cards"]
    assert card.figures == []
    assert [link.label for link in card.links] == ["The letter", "Public page"]


def test_the_lists_of_django_and_ones_own_actions_are_there_too(desk: Client) -> None:
    page = front_page(desk)
    fold = page[page.index("All lists") :]
    assert 'href="/admin/auth/user/"' in fold
    assert "What you did last" in fold


def test_the_list_of_mails_by_letter_takes_no_nonsense(desk: Client) -> None:
    letter = LetterFactory(open=True)
    fail_a_mail(letter)
    for value in ("x", "9" * 30, "²", ""):
        assert desk.get("/admin/campaign/outgoingmail/", {"letter": value}).status_code == 200
