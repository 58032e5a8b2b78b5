"""What the page behind the link of the mail shows is what is confirmed, and nothing else."""

from typing import Any

import pytest
from django.test import Client

from campaign.models import Letter
from signatories.models import SignOn
from signatories.models.sign_on import Status
from signatories.services import confirming, signing
from signatories.services.confirming import NotWhatWasShown
from signatories.services.shown import shown_of
from tests.signatories.confirm_page import fields_of
from tests.signatories.test_signing import sign
from tests.signatories.test_signing_again import of_ada, of_mallory, post
from tests.signatories.test_views import link, said


def status(sign_on: SignOn) -> str:
    return SignOn.objects.get(pk=sign_on.pk).status


def test_it_shows_all_that_will_be_published_and_the_person(client: Client, letter: Letter) -> None:
    page = said(client.get(link(of_ada(letter))))
    for typed in ("Greenpeace", "https://greenpeace.org", "Netherlands", "Ada Lovelace, Director"):
        assert typed in page
    assert "ada@" not in page.lower()  # nor where the mail went: a link may be passed on


def test_a_website_that_somebody_typed_is_text_and_no_link(client: Client, letter: Letter) -> None:
    page = client.get(link(of_mallory(letter))).content.decode()
    assert "https://evil.example" in page
    assert 'href="https://evil.example' not in page


def test_what_the_letter_asks_for_and_was_left_empty_is_said(
    client: Client, letter: Letter
) -> None:
    Letter.objects.update(asks_website=True, asks_country=True)
    assert said(client.get(link(sign(letter)))).count("not given") == 2


@pytest.mark.parametrize(
    "change",
    [
        {"listed_name": "GREENPEACE"},
        {"website": "https://evil.example"},
        {"country": "AQ"},
        {"contact_name": "Mallory"},
        {"contact_title": "Nobody"},
    ],
)
def test_a_change_since_the_page_was_opened_is_shown_before_anything_is_confirmed(
    client: Client, letter: Letter, change: dict[str, str]
) -> None:
    sign_on = of_ada(letter)
    opened = fields_of(client.get(link(sign_on)))
    contact = sign_on.contacts.get()
    for name, value in change.items():
        of_contact, _, column = name.partition("contact_")
        changed: Any = contact if column and not of_contact else sign_on
        setattr(changed, column or name, value)
        changed.save()
    again = client.post(link(sign_on), opened)
    assert again.status_code == 422
    assert "has changed since you opened this page" in said(again)
    assert next(iter(change.values())) in said(again) or change == {"country": "AQ"}
    assert status(sign_on) == Status.UNCONFIRMED
    assert client.post(link(sign_on), fields_of(again)).status_code == 200
    assert status(sign_on) == Status.PENDING


def test_a_post_by_somebody_else_in_between_is_not_confirmed_unseen(
    client: Client, letter: Letter
) -> None:
    sign_on = of_ada(letter)
    opened = fields_of(client.get(link(sign_on)))
    of_mallory(letter)
    again = client.post(link(sign_on), opened)
    assert again.status_code == 422
    assert "https://evil.example" in said(again)
    assert status(sign_on) == Status.UNCONFIRMED


def test_a_post_at_the_very_moment_is_not_confirmed_unseen_either(
    client: Client, letter: Letter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the page's fields were compared, and before anything is written."""
    sign_on = of_ada(letter)
    opened = fields_of(client.get(link(sign_on)))
    really = confirming.confirm

    def late(**values: Any) -> bool:
        of_mallory(letter)
        return really(**values)

    monkeypatch.setattr(confirming, "confirm", late)
    again = client.post(link(sign_on), opened)
    assert again.status_code == 422
    assert "https://evil.example" in said(again)
    assert status(sign_on) == Status.UNCONFIRMED


def test_confirming_what_was_not_shown_is_refused(letter: Letter) -> None:
    sign_on = of_ada(letter)
    seen = shown_of(sign_on, sign_on.contacts.first())
    of_mallory(letter)
    with pytest.raises(NotWhatWasShown):
        confirming.confirm(sign_on=sign_on, wording=sign_on.wording, seen=seen)


def test_the_same_typed_again_does_not_disturb_an_open_page(client: Client, letter: Letter) -> None:
    sign_on = of_ada(letter)
    opened = fields_of(client.get(link(sign_on)))
    of_ada(letter)
    assert client.post(link(sign_on), opened).status_code == 200
    assert status(sign_on) == Status.PENDING


@pytest.mark.parametrize(
    "fields", [{"text": "1"}, *({"text": "1", "shown": wrong} for wrong in ("", "é", "0" * 64))]
)
def test_without_what_was_shown_the_page_is_shown(
    client: Client, letter: Letter, fields: dict[str, str]
) -> None:
    sign_on = of_ada(letter)
    assert client.post(link(sign_on), fields).status_code == 422
    assert status(sign_on) == Status.UNCONFIRMED


def test_once_confirmed_another_post_does_not_trouble_who_presses_again(
    client: Client, letter: Letter
) -> None:
    sign_on = of_ada(letter)
    opened = fields_of(client.get(link(sign_on)))
    client.post(link(sign_on), opened)
    post(letter, "GREENPEACE", signing.Person("Mallory", "Nobody", "ada@example.org"))
    assert client.post(link(sign_on), opened).status_code == 200
