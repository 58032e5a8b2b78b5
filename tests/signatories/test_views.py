"""The form's POST and the links in mails, as a browser or a mail scanner sends them."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.db import OperationalError
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from campaign.letters import close_letter, make_unlisted
from campaign.models import Letter, OutgoingMail
from campaign.texts import Words, set_words
from campaign.tokens import make_token
from signatories.models import SignOn
from signatories.models.sign_on import Status
from signatories.services import moderation
from signatories.services.asking import confirmation_token
from tests.signatories.confirm_page import fields_of
from tests.signatories.test_signing import confirm, deliver, sign

FORM = {
    "organisation": "Mines Advisory Group (MAG)",
    "contact_name": "Ada Lovelace",
    "contact_title": "Director",
    "email": "ada@example.org",
    "authorised": "on",
    "website": "",
    "country": "GB",
    "text": "1",
}
SIGN = "/letters/ours/sign/"


def html(response: object) -> str:
    return " ".join(response.content.decode().split())  # type: ignore[attr-defined]


def said(response: object) -> str:
    """What a reader reads: without tags, with entities resolved."""
    return unescape(re.sub(r"<[^>]+>", "", html(response)))


def test_posting_the_form_thanks_and_keeps_the_sign_on(client: Client, letter: Letter) -> None:
    response = client.post(SIGN, FORM)
    assert response.status_code == 302
    assert response["Location"] == "/letters/ours/check-email/"
    sign_on = SignOn.objects.get()
    assert sign_on.listed_name == "Mines Advisory Group (MAG)"
    assert sign_on.country == "GB"
    assert sign_on.group.key == "partners"


@pytest.mark.django_db(transaction=True)
def test_posting_costs_at_most_six_queries(
    client: Client, letter: Letter, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client.post(SIGN, FORM)  # the first in a process also reads the letter and its words
    with django_assert_num_queries(6):  # begin and commit included
        client.post(SIGN, {**FORM, "organisation": "Another Body"})


def test_public_pages_set_no_cookie(client: Client, letter: Letter) -> None:
    for response in (client.post(SIGN, FORM), client.post(SIGN, {}), client.get("/nowhere/")):
        assert not response.cookies


def test_what_cannot_be_read_is_answered_in_our_own_words(client: Client, letter: Letter) -> None:
    response = client.post(SIGN, {f"field{number}": "x" for number in range(1001)})
    assert response.status_code == 400
    assert "could not be read" in said(response)


def test_the_answer_is_the_same_for_what_is_there_already(client: Client, letter: Letter) -> None:
    first = client.post(SIGN, FORM)
    again = client.post(SIGN, FORM)
    assert (first.status_code, first["Location"]) == (again.status_code, again["Location"])
    assert SignOn.objects.count() == 1


def test_errors_stand_beside_their_fields_and_nothing_typed_is_lost(
    client: Client, letter: Letter
) -> None:
    response = client.post(SIGN, {**FORM, "email": "ada at example", "authorised": ""})
    page = html(response)
    assert response.status_code == 422
    assert "Mines Advisory Group (MAG)" in page
    assert "ada at example" in page
    assert "Ada Lovelace" in page
    assert page.count('aria-invalid="true"') == 2
    assert not SignOn.objects.exists()


def test_typed_markup_is_shown_not_run(client: Client, letter: Letter) -> None:
    page = html(client.post(SIGN, {**FORM, "organisation": "<script>x</script>", "email": ""}))
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_a_text_that_changed_meanwhile_comes_back_with_what_changed(
    client: Client, letter: Letter
) -> None:
    set_words(letter, Words(title="Act now", body="Please act **today**."))
    response = client.post(SIGN, FORM)
    page = html(response)
    assert response.status_code == 422
    assert "<ins>" in page
    assert "today" in page
    assert "Mines Advisory Group (MAG)" in page
    assert re.search(r'name="text"[^>]*value="2"|value="2"[^>]*name="text"', page)
    assert not SignOn.objects.exists()
    assert client.post(SIGN, {**FORM, "text": "2"}).status_code == 302
    assert SignOn.objects.get().wording.text.number == 2


def test_a_closed_letter_says_so_and_shows_what_was_typed(client: Client, letter: Letter) -> None:
    close_letter(letter)
    response = client.post(SIGN, FORM)
    assert response.status_code == 409
    assert "closed" in html(response).lower()
    assert "Mines Advisory Group (MAG)" in html(response)


def test_a_draft_says_that_it_is_not_open(client: Client, draft: Letter) -> None:
    response = client.post(f"{draft.unlisted_path}sign/", FORM)
    assert response.status_code == 409
    assert "not open" in html(response).lower()


@pytest.mark.parametrize("path", [SIGN, "/letters/unknown/sign/", "/unlisted/nokey/sign/"])
def test_what_is_unknown_or_unlisted_does_not_exist(
    client: Client, letter: Letter, path: str
) -> None:
    make_unlisted(letter)
    assert client.post(path, FORM).status_code == 404


def test_an_unlisted_letter_is_signed_by_its_key(client: Client, letter: Letter) -> None:
    make_unlisted(letter)
    response = client.post(f"{letter.unlisted_path}sign/", FORM)
    assert response["Location"] == f"{letter.unlisted_path}check-email/"
    assert SignOn.objects.count() == 1


def test_an_old_unlisted_link_leads_to_the_public_page(client: Client, letter: Letter) -> None:
    assert client.get(letter.unlisted_path)["Location"] == "/letters/ours/"
    assert client.get(f"{letter.unlisted_path}sign/")["Location"] == "/letters/ours/sign/"


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_a_form_on_another_site_is_refused(
    client: Client, letter: Letter, headers: dict[str, str]
) -> None:
    assert client.post(SIGN, FORM, headers=headers).status_code == 403
    assert not SignOn.objects.exists()


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:8000", "sec-fetch-site": "same-origin"},
        {"origin": "http://testserver"},
    ],
)
def test_our_own_form_is_taken(client: Client, letter: Letter, headers: dict[str, str]) -> None:
    assert client.post(SIGN, FORM, headers=headers).status_code == 302


@pytest.mark.parametrize(
    ("field", "value"), [("organisation", "ﷺ" * 40), ("website", "example.org/\0x")]
)
def test_what_the_database_could_not_hold_is_an_error_beside_its_field(
    client: Client, letter: Letter, field: str, value: str
) -> None:
    response = client.post(SIGN, {**FORM, field: value})
    assert response.status_code == 422
    assert 'aria-invalid="true"' in html(response)


@pytest.mark.parametrize("origin", ["http://[", "http://127.0.0.1:8000.evil.example", "x"])
def test_an_origin_that_is_none_of_ours_is_refused(
    client: Client, letter: Letter, origin: str
) -> None:
    assert client.post(SIGN, FORM, headers={"origin": origin}).status_code == 403


@pytest.mark.parametrize(
    "path", ["/unlisted/a%00b/", "/unlisted/a%00b/sign/", "/letters/%00/sign/"]
)
def test_a_path_with_a_null_character_does_not_exist(client: Client, path: str) -> None:
    assert client.get(path).status_code == 404


def test_a_letter_whose_default_group_was_deleted_still_takes_sign_ons(
    client: Client, letter: Letter
) -> None:
    letter.default_group.delete()  # type: ignore[union-attr]
    assert client.post(SIGN, FORM).status_code == 302


def test_a_path_that_fails_is_not_in_the_log(
    client: Client,
    letter: Letter,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    path = link(sign(letter))

    def fail(*_: object, **__: object) -> None:
        raise OperationalError

    monkeypatch.setattr("signatories.views.confirming.sign_on_of", fail)
    client.raise_request_exception = False
    response = client.get(path)
    assert response.status_code == 503
    assert response["Retry-After"]
    monkeypatch.setattr("signatories.views.confirming.sign_on_of", lambda *_: 1 / 0)
    assert client.get(path).status_code == 500
    out, err = capfd.readouterr()
    assert path.split("/")[3] not in out + err


def link(sign_on: SignOn) -> str:
    return f"/sign-ons/confirm/{confirmation_token(sign_on)}/"


def test_opening_the_link_shows_and_confirms_nothing(client: Client, letter: Letter) -> None:
    sign_on = sign(letter, "Peace & Direct")
    response = client.get(link(sign_on))
    assert response.status_code == 200
    assert "Confirm: Peace & Direct signs this letter" in said(response)
    assert client.head(link(sign_on)).status_code == 200
    sign_on.refresh_from_db()
    assert sign_on.status == Status.UNCONFIRMED


def test_pressing_the_button_confirms_once(client: Client, letter: Letter) -> None:
    sign_on = sign(letter)
    fields = fields_of(client.get(link(sign_on)))
    response = client.post(link(sign_on), fields)
    assert "Peace Direct has signed. It is not listed yet" in said(response)
    sign_on.refresh_from_db()
    assert sign_on.status == Status.PENDING
    first = sign_on.confirmed_at
    assert client.post(link(sign_on), fields).status_code == 200
    sign_on.refresh_from_db()
    assert sign_on.confirmed_at == first


def test_a_text_changed_since_signing_is_shown_before_confirming(
    client: Client, letter: Letter
) -> None:
    sign_on = sign(letter)
    set_words(letter, Words(title="Act now", body="Please act **today**."))
    page = client.get(link(sign_on))
    assert "<ins>" in html(page)
    assert client.post(link(sign_on), fields_of(page) | {"text": "1"}).status_code == 422
    sign_on.refresh_from_db()
    assert sign_on.status == Status.UNCONFIRMED
    client.post(link(sign_on), fields_of(page))
    sign_on.refresh_from_db()
    assert (sign_on.status, sign_on.wording.text.number) == (Status.PENDING, 2)


def test_an_expired_link_offers_a_new_mail(client: Client, letter: Letter) -> None:
    sign_on = sign(letter)
    deliver()
    SignOn.objects.update(confirm_by=timezone.now() - timedelta(seconds=1))
    response = client.get(link(sign_on))
    assert response.status_code == 410
    renew = re.search(r'action="(/sign-ons/confirm/[^"]+/renew/)"', html(response))
    assert renew
    assert client.get(renew[1]).status_code == 405
    answer = client.post(renew[1])
    assert answer["Location"] == f"{letter.path}check-email/"
    assert OutgoingMail.objects.count() == 2
    assert client.get(link(sign_on)).status_code == 404  # the old link is dead
    sign_on.refresh_from_db()
    assert client.get(link(sign_on)).status_code == 200


@pytest.mark.parametrize("token", ["x", "1", "1-", "-abc", "1-abc", "9" * 30 + "-abc", "é-ü"])
def test_a_wrong_token_opens_nothing(client: Client, letter: Letter, token: str) -> None:
    sign(letter)
    response = client.get(f"/sign-ons/confirm/{token}/")
    assert response.status_code == 404
    assert "Peace Direct" not in html(response)


def test_a_token_opens_only_what_it_is_for(client: Client, letter: Letter) -> None:
    sign_on = sign(letter)
    manage = make_token("manage", sign_on.pk, sign_on.epoch)
    assert client.get(f"/sign-ons/confirm/{manage}/").status_code == 404
    assert client.get(f"/sign-ons/manage/{confirmation_token(sign_on)}/").status_code == 404


def test_token_pages_are_not_kept_by_caches(client: Client, letter: Letter) -> None:
    response = client.get(link(sign(letter)))
    assert "no-store" in response["Cache-Control"]


def test_a_signatory_withdraws_on_its_own_page(client: Client, letter: Letter) -> None:
    sign_on = sign(letter)
    confirm(sign_on)
    moderation.approve(sign_on=sign_on)
    path = f"/sign-ons/manage/{make_token('manage', sign_on.pk, sign_on.epoch)}/"
    assert "Peace Direct" in html(client.get(path))
    assert client.post(path, {"action": "withdraw"}).status_code == 422
    assert client.post(path, {"action": "withdraw", "sure": "on"}).status_code == 200
    sign_on.refresh_from_db()
    assert sign_on.status == Status.WITHDRAWN


def test_a_confirmation_after_closing_still_reaches_staff(client: Client, letter: Letter) -> None:
    sign_on = sign(letter)
    close_letter(letter)
    client.post(link(sign_on), fields_of(client.get(link(sign_on))))
    sign_on.refresh_from_db()
    assert sign_on.status == Status.PENDING
