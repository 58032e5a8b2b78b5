"""As an outsider: can one learn whether an address has signed, or who signed and is not approved?

Answers are compared byte by byte, headers and cookies included. Time is left aside; instead the
statements that the database is sent are counted.
"""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from campaign.letters import close_letter
from campaign.models import Letter
from campaign.tokens import make_token
from signatories.models import SignOn
from signatories.models.sign_on import Status
from signatories.privacy import subject
from tests.checks.undone import undone
from tests.signatories.privacy.planted import Planted, plant
from tests.signatories.test_signing import deliver

FORM = {
    "contact_name": "Ada Lovelace",
    "contact_title": "Director",
    "authorised": "on",
    "website": "",
    "country": "GB",
    "text": "1",
}
#: So long as each other, so that even lengths are equal.
KNOWN, UNKNOWN = "zyxaddress@planted.example", "qqqaddress@planted.example"
BODY, OTHER_BODY = "Zyxbody", "Qqqbody"


def answer(response: Any) -> tuple[int, dict[str, str], dict[str, Any], str]:
    """All that an outsider receives, with what they typed made the same."""
    page = response.content.decode()
    for typed, same in ((UNKNOWN, KNOWN), (OTHER_BODY, BODY)):
        page = page.replace(typed, same)
    headers = {name: value for name, value in response.headers.items() if name != "Expires"}
    return response.status_code, headers, dict(response.cookies), page  # it expired just now


def post(letter: Letter, organisation: str, email: str, **other: str) -> Any:
    data = {**FORM, "organisation": organisation, "email": email, **other}
    return Client().post(f"/letters/{letter.slug}/sign/", data)


#: What else may be right or wrong in the form.
OTHERS: list[dict[str, str]] = [
    {}, {"authorised": ""}, {"text": "7"}, {"website": "x y"}, {"contact_name": ""},
]  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("status", Status.values)
def test_the_form_answers_the_same_whether_the_address_has_signed_or_not(
    letter: Letter, status: str
) -> None:
    plant(letter, Status(status), name=BODY)
    for other in OTHERS:
        with undone():
            expected = answer(post(letter, OTHER_BODY, UNKNOWN, **other))
            assert answer(post(letter, BODY, KNOWN, **other)) == expected
            assert answer(post(letter, BODY, KNOWN, **other)) == expected  # the second time, too
            assert answer(post(letter, OTHER_BODY, KNOWN, **other)) == expected
            assert answer(post(letter, BODY, UNKNOWN, **other)) == expected


@pytest.mark.django_db
def test_an_erased_address_is_answered_as_an_unknown_one(letter: Letter) -> None:
    plant(letter, Status.APPROVED, name=BODY)
    subject.erase(KNOWN)
    assert answer(post(letter, BODY, KNOWN)) == answer(post(letter, OTHER_BODY, UNKNOWN))


@pytest.mark.django_db
@pytest.mark.parametrize("status", Status.values)
def test_a_closed_letter_answers_the_same(letter: Letter, status: str) -> None:
    plant(letter, Status(status), name=BODY)
    close_letter(letter)
    assert answer(post(letter, BODY, KNOWN)) == answer(post(letter, OTHER_BODY, UNKNOWN))


def statements(letter: Letter, organisation: str, email: str, **other: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert post(letter, organisation, email, **other).status_code == 302
    return len(captured)


#: What a double costs more than a new one: its words are replaced, its mail is looked for.
MOST_MORE = 3


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("status", Status.values)
def test_the_work_behind_the_form_is_about_the_same(letter: Letter, status: str) -> None:
    plant(letter, Status(status), name=BODY)
    statements(letter, "First Of The Process", "first@else.example")  # it reads the letter's words
    new = statements(letter, OTHER_BODY, UNKNOWN)
    for again in ({}, {"contact_name": "Another", "website": "www.other.example"}):
        deliver()
        for _ in range(2):  # with the mail to ask for, and while it waits already
            known = statements(letter, BODY, KNOWN, **again)
            assert new - 1 <= known <= new + MOST_MORE


def versions() -> set[tuple[int, str]]:
    """Each sign-on with the transaction that wrote it last."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, xmin::text FROM signatories_signon")
        return set(cursor.fetchall())


def written() -> str:
    """How far the write-ahead log has come."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_wal_insert_lsn()::text")
        return str(cursor.fetchone()[0])


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("status", Status.values)
def test_every_thanks_waits_for_the_disk(letter: Letter, status: str) -> None:
    """Waiting is most of what a post takes: if only new ones did, that would tell them apart."""
    plant(letter, Status(status), name=BODY)
    for organisation, email in ((OTHER_BODY, UNKNOWN), (BODY, KNOWN), (BODY, KNOWN)):
        versions_before, log_before = versions(), written()
        with CaptureQueriesContext(connection) as captured:
            assert post(letter, organisation, email).status_code == 302
        assert written() != log_before
        assert len(versions() - versions_before) == 1
        sent = [query["sql"] for query in captured]
        assert [one for one in sent if one in {"BEGIN", "COMMIT", "ROLLBACK"}] == [
            "BEGIN", "COMMIT",
        ]  # fmt: skip
        assert sent[-1] == "COMMIT"
        assert not any("synchronous_commit" in one for one in sent)


def forged(planted: Planted, purpose: str) -> dict[str, str]:
    """Links that open nothing, for a sign-on that is there and for one that is not."""
    sign_on = planted.sign_on
    right = make_token(purpose, sign_on.pk, sign_on.epoch)
    mac = right.split("-", 1)[1]
    old = make_token(purpose, sign_on.pk, sign_on.epoch)
    SignOn.objects.filter(pk=sign_on.pk).update(epoch=sign_on.epoch + 1)
    return {
        "an old one": old,
        "of another purpose": make_token("other", sign_on.pk, sign_on.epoch + 1),
        "forged": f"{sign_on.pk}-{mac[::-1]}",
        "cut short": right[:-1],
        "too long": f"{right}A",
        "of nothing": f"{sign_on.pk + 1000}-{mac}",
        "without a code": f"{sign_on.pk}-",
        "without an id": f"-{mac}",
        "of a huge id": f"{'9' * 18}-{mac}",
        "no token": "x",
    }


PAGES = [
    ("confirm", "get", "confirm/{}/"),
    ("confirm", "head", "confirm/{}/"),
    ("confirm", "post", "confirm/{}/"),
    ("confirm", "get", "confirm/{}/renew/"),
    ("confirm", "post", "confirm/{}/renew/"),
    ("manage", "get", "manage/{}/"),
    ("manage", "post", "manage/{}/"),
]


@pytest.mark.django_db
@pytest.mark.parametrize("status", Status.values)
def test_a_link_that_opens_nothing_does_not_say_whether_there_is_something(
    letter: Letter, status: str
) -> None:
    planted = plant(letter, Status(status), name=BODY)
    for purpose, method, path in PAGES:
        data = {"text": "1", "action": "withdraw", "sure": "on"} if method == "post" else {}
        answers, work = {}, {}
        with undone():
            for what, token in forged(planted, purpose).items():
                before = SignOn.objects.values("status", "confirm_by").get()
                with CaptureQueriesContext(connection) as captured:
                    response = getattr(Client(), method)(f"/sign-ons/{path.format(token)}", data)
                answers[what], work[what] = answer(response), len(captured)
                assert SignOn.objects.values("status", "confirm_by").get() == before
        assert len({repr(one) for one in answers.values()}) == 1, path
        assert answers["forged"][0] in {404, 405}
        # As much is looked up for what is there as for what is not.
        alike = ("an old one", "forged", "of nothing", "too long")
        assert len({work[what] for what in alike}) == 1, path


@pytest.mark.django_db
@pytest.mark.parametrize("status", Status.values)
def test_the_form_shown_again_knows_nobody_who_is_waiting(letter: Letter, status: str) -> None:
    planted = plant(letter, Status(status), name=BODY)
    for response in (post(letter, OTHER_BODY, ""), post(letter, OTHER_BODY, UNKNOWN, text="7")):
        assert response.status_code == 422
        page = response.content.decode()
        for secret in (BODY, planted.person.name, KNOWN):
            assert secret not in page
