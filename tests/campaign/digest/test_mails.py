"""The digest as it arrives: what its reader may see, as it is then, with a link that stops it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from campaign.digest.choosing import choose, digest_of, stop, stop_token
from campaign.digest.mails import about, has_something
from campaign.digest.schedule import queue_due
from campaign.letters import close_letter
from campaign.mail import deliver
from campaign.models import Digest, Letter, OutgoingMail, Publication, Suppression
from campaign.models.digest import Wanted
from campaign.models.mail import MailState
from campaign.texts import Words
from campaign.tokens import address_key
from signatories.privacy import subject
from signatories.roles import EDITOR, MODERATOR, VIEWER
from signatories.services import statistics
from tests.factories import LetterFactory, SignOnFactory, StaffFactory
from tests.servers import Sink

pytestmark = pytest.mark.django_db

NOW = timedelta(0)
ADDRESS = "vera@example.org"


def queued(may: list[str] | None = None, *, wanted: Wanted = Wanted.DAILY) -> User:
    """A member of staff whose digest has just been queued."""
    user: User = StaffFactory(may=may, email=ADDRESS)
    now = datetime.now(UTC)
    choose(user, wanted=wanted, hour=now.hour, time_zone="UTC")
    Digest.objects.filter(user=user).update(next_at=now - timedelta(seconds=1))
    assert queue_due() == 1
    return user


def sent(sink: Sink) -> EmailMessage:
    deliver.run(overdue=NOW)
    [message] = sink.messages
    return message


def text_of(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    assert body
    return str(body.get_content())


def html_of(message: EmailMessage) -> str:
    body = message.get_body(("html",))
    assert body
    return str(body.get_content())


@pytest.fixture
def letter() -> Letter:
    letter = LetterFactory(open=True, public=True, time_zone="Europe/Paris")
    SignOnFactory.create_batch(2, letter=letter)
    SignOnFactory(letter=letter, status="approved", name="Zyxbody Approved")
    SignOnFactory(letter=letter, status="unconfirmed")
    statistics.bring_up_to_date([letter])
    return letter


def test_it_says_of_each_letter_what_waits_and_what_is_new(
    letter: Letter, smtp_sink: Sink, settings: Settings
) -> None:
    queued(MODERATOR)
    message = sent(smtp_sink)
    assert message["To"] == ADDRESS
    assert message["Subject"] == "Open letters today: 2 sign-ons waiting"
    for said in (text_of(message), html_of(message)):
        for words in ("Ban the noise now", "Listed: 1", "Waiting for you: 2", "the oldest since",
                      "Waiting for them: 1", "New today: 3", "No closing date"):  # fmt: skip
            assert words in said
    assert (
        f"{settings.PUBLIC_URL}/admin/signatories/signon/?letter={letter.pk}&status__exact=pending"
        in text_of(message)
    )


def test_what_is_neither_open_nor_waits_is_left_out(letter: Letter, smtp_sink: Sink) -> None:
    words = Words(title="Long over", body="Please act **now**.")
    LetterFactory(words=words, closed=True)
    LetterFactory(words=replace(words, title="Still a draft"))
    waiting = LetterFactory(words=replace(words, title="Closed and waiting"), open=True)
    SignOnFactory(letter=waiting)
    close_letter(waiting)
    queued(VIEWER)
    said = text_of(sent(smtp_sink))
    assert "Closed and waiting" in said
    assert "Long over" not in said
    assert "Still a draft" not in said


def test_on_a_site_without_letters_it_says_so(smtp_sink: Sink) -> None:
    queued(VIEWER)
    message = sent(smtp_sink)
    assert message["Subject"] == "Open letters today: nothing waits"
    assert "No letter is open, and nothing waits." in text_of(message)


def test_nothing_personal_is_in_it(letter: Letter, smtp_sink: Sink) -> None:
    queued(None)
    message = sent(smtp_sink)
    said = text_of(message) + html_of(message) + message["Subject"]
    for sign_on in letter.sign_ons.all():  # type: ignore[attr-defined]
        contact = sign_on.contacts.get()
        assert contact.name not in said
        assert contact.email not in said


@pytest.mark.parametrize(
    ("may", "mails", "publication", "label"),
    [
        (VIEWER, False, False, "Waiting for approval: 2"),
        (MODERATOR, True, False, "Waiting for you: 2"),
        (EDITOR, False, True, "Waiting for approval: 2"),
        (None, True, True, "Waiting for you: 2"),
        (["campaign.view_letter"], False, False, "Ban the noise now"),
    ],
)
def test_each_reads_what_they_may_see(
    letter: Letter, smtp_sink: Sink, may: list[str] | None, mails: bool, publication: bool,
    label: str,
) -> None:  # fmt: skip
    queued(may)
    digest = OutgoingMail.objects.get()
    OutgoingMail.objects.create(
        kind="sign_on.listed", letter=letter, language="en-GB", message_id="<x@y>",
        state=MailState.FAILED, not_before=timezone.now(),
    )  # fmt: skip
    Publication.objects.filter(letter=letter).update(failures=2, problem="No space left")
    said = text_of(sent(smtp_sink))
    digest.refresh_from_db()
    assert digest.state == MailState.SENT
    assert label in said
    assert ("1 mail failed for good" in said) is mails
    assert ("No space left" in said) is publication
    assert ("Listed" in said) is (may != ["campaign.view_letter"])


def test_it_is_made_when_it_is_sent(letter: Letter, smtp_sink: Sink) -> None:
    queued(VIEWER)
    SignOnFactory(letter=letter)
    assert "Waiting for approval: 3" in text_of(sent(smtp_sink))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda user: User.objects.filter(pk=user.pk).update(is_active=False), "is closed"),
        (lambda user: User.objects.filter(pk=user.pk).update(is_staff=False), "is closed"),
        (lambda user: user.user_permissions.clear(), "has no rights any more"),
        (lambda user: User.objects.filter(pk=user.pk).update(email="else@example.org"), "another"),
        (lambda user: stop(user.digest), "no digest is wanted"),
        (lambda user: user.delete(), "no digest is wanted"),
        (lambda user: subject.erase(ADDRESS), ""),
    ],
)
def test_what_changed_meanwhile_counts(
    letter: Letter, smtp_sink: Sink, change: object, why: str
) -> None:
    user = queued(VIEWER)
    change(user)  # type: ignore[operator]
    deliver.run(overdue=NOW)
    mail = OutgoingMail.objects.get(kind="desk.digest")
    if why:
        assert smtp_sink.messages == []
        assert (mail.state, mail.withheld_for) == (MailState.WITHHELD, "gone")
        assert why in mail.problem


def test_when_nothing_waits_any_more_none_is_sent(letter: Letter, smtp_sink: Sink) -> None:
    queued(VIEWER, wanted=Wanted.WAITING)
    letter.sign_ons.filter(status="pending").delete()  # type: ignore[attr-defined]
    deliver.run(overdue=NOW)
    assert smtp_sink.messages == []
    assert OutgoingMail.objects.get().problem == "nothing waits any more"


def test_an_address_that_bounced_is_left_alone(letter: Letter, smtp_sink: Sink) -> None:
    queued(VIEWER)
    Suppression.objects.create(address_key=address_key(ADDRESS), reason="permanent")
    deliver.run(overdue=NOW)
    assert smtp_sink.messages == []


def test_mail_programs_can_stop_it_with_one_click(letter: Letter, smtp_sink: Sink) -> None:
    """RFC 8058, and RFC 2369 for those that open the link."""
    user = queued(VIEWER)
    message = sent(smtp_sink)
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = message["List-Unsubscribe"].strip(" <>")
    assert link in text_of(message)
    assert f'href="{link}"' in html_of(message)
    path = link.removeprefix("http://").partition("/")[2]
    answer = Client().post(f"/{path}", {"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    user.digest.refresh_from_db()
    assert (user.digest.wanted, user.digest.next_at) == (Wanted.NONE, None)


def test_other_mails_have_no_such_link(letter: Letter, smtp_sink: Sink) -> None:
    SignOnFactory(letter=letter, status="unconfirmed")
    from tests.campaign.mail.servers import ask

    ask(letter)
    assert sent(smtp_sink)["List-Unsubscribe"] is None


def test_those_with_the_same_rights_cost_no_more_queries(
    letter: Letter, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(6):
        user = StaffFactory(email=f"vera{number}@example.org")
        digest = choose(user, wanted=Wanted.DAILY, hour=8, time_zone="UTC")
        Digest.objects.filter(pk=digest.pk).update(next_at=timezone.now())
        OutgoingMail.objects.create(
            kind="desk.digest", letter=None, references={"user": user.pk}, language="en-GB",
            message_id=f"<{number}@y>", not_before=timezone.now(),
        )  # fmt: skip
    mails = list(OutgoingMail.objects.all())
    with django_assert_num_queries(11):  # digests; letters, their mails; four of sign-ons; notices
        found = about(mails)
    assert len(found) == 6


def test_a_link_of_somebody_else_stops_nothing(letter: Letter) -> None:
    ours = choose(StaffFactory(), wanted=Wanted.DAILY, hour=8, time_zone="UTC")
    other = choose(StaffFactory(), wanted=Wanted.DAILY, hour=8, time_zone="UTC")
    assert digest_of(stop_token(ours)) == ours
    forged = f"{other.pk}-{stop_token(ours).partition('-')[2]}"
    for token in (forged, "1-x", "x", f"{ours.pk}-", "9" * 30):
        assert digest_of(token) is None
        assert Client().post(f"/digest/stop/{token}/").status_code == 404
    assert Digest.objects.exclude(wanted=Wanted.NONE).count() == 2


def test_looking_at_the_link_stops_nothing(letter: Letter) -> None:
    """Mail scanners open links."""
    digest = choose(StaffFactory(), wanted=Wanted.DAILY, hour=8, time_zone="UTC")
    url = f"/digest/stop/{stop_token(digest)}/"
    page = Client().get(url)
    assert "Stop the digest" in page.content.decode()
    assert page.headers["X-Robots-Tag"] == "noindex, nofollow"
    digest.refresh_from_db()
    assert digest.wanted == Wanted.DAILY
    assert Client().post(url, headers={"Origin": "https://evil.example"}).status_code == 403
    assert Client().post(url).status_code == 200
    assert "is stopped" in Client().get(url).content.decode()
    assert Client().post(url).status_code == 200, "again it does nothing, and says the same"


def test_it_is_in_the_audit_who_stopped_it(letter: Letter) -> None:
    user = StaffFactory()
    digest = choose(user, wanted=Wanted.DAILY, hour=8, time_zone="UTC")
    Client().post(f"/digest/stop/{stop_token(digest)}/")
    newest = digest.events.latest("pgh_id")  # type: ignore[attr-defined]
    assert newest.wanted == Wanted.NONE
    assert newest.pgh_context.metadata == {"user": user.pk, "action": "stop digest"}


def test_something_waits_only_for_those_who_may_see_it(letter: Letter) -> None:
    assert has_something(StaffFactory(may=VIEWER))
    assert not has_something(StaffFactory(may=["campaign.view_letter"]))


def test_it_is_found_and_told_with_the_account(letter: Letter) -> None:
    queued(VIEWER)
    [account] = subject.held(ADDRESS)["staff_accounts"]
    assert account["digest__wanted"] == Wanted.DAILY
