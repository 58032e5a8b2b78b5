"""Signals: what staff are shown, and what it does not do."""

from copy import copy
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from campaign.limits.judge import client_of
from campaign.models import Letter, OutgoingMail
from campaign.models.mail import MailState
from signatories.models import SignOn
from signatories.models.sign_on import Status
from signatories.services import signing
from signatories.services.signals import SIGNALS, signals_of, suspicious
from tests.factories import StaffFactory
from tests.signatories.test_signing import confirm, sign
from tests.signatories.test_views import FORM, SIGN, html

SITE = "https://www.example.org"


@pytest.mark.parametrize(
    ("email", "website", "expected"),
    [
        ("ada@example.org", SITE, []),
        ("ada@example.org", "", []),
        ("ada@mail.example.org", SITE, []),
        ("ada@example.org", "https://uk.example.org/about", []),
        ("ada@other.org", SITE, ["other-domain"]),
        ("ada@notexample.org", SITE, ["other-domain"]),
        ("ada@gmail.com", SITE, ["free-mail"]),
        ("ada@mailinator.com", SITE, ["disposable"]),
    ],
)
def test_the_address_says_something(email: str, website: str, expected: list[str]) -> None:
    assert signals_of(email=email, website=website, trap="", unproven=False) == expected


def test_what_stands_in_the_trap_is_a_signal_and_no_refusal(client: Client, letter: Letter) -> None:
    usual = client.post(SIGN, FORM)
    other = {**FORM, "organisation": "Programmed Body", "subject": "Buy now"}
    answer = client.post(SIGN, other)
    assert (answer.status_code, answer["Location"]) == (usual.status_code, usual["Location"])
    sign_on = SignOn.objects.get(listed_name="Programmed Body")
    assert sign_on.signals == ["trap"]
    assert not OutgoingMail.objects.filter(slow=True).exists()


def test_no_signal_alone_slows_a_mail_and_two_strong_ones_do(
    client: Client, letter: Letter
) -> None:
    assert not any(suspicious([name]) for name in SIGNALS)
    assert not suspicious(["free-mail", "other-domain", "quick"])
    client.post(SIGN, {**FORM, "subject": "x", "email": "ada@mailinator.com"})
    assert OutgoingMail.objects.get().slow


def test_people_neither_see_nor_reach_the_trap(client: Client, letter: Letter) -> None:
    page = html(client.post(SIGN, {}))
    trap = page.split('<div class="trap"')[1].split("</div> <button")[0]
    assert 'aria-hidden="true"' in trap
    assert 'tabindex="-1"' in trap
    assert 'autocomplete="off"' in trap
    assert "required" not in trap


def test_confirming_faster_than_people_read_is_a_signal(letter: Letter) -> None:
    for ago, expected in [(timedelta(seconds=1), ["quick"]), (timedelta(seconds=30), [])]:
        sign_on = sign(letter, f"Body {ago}")
        OutgoingMail.objects.filter(references__sign_on=sign_on.pk).update(
            state=MailState.SENT, sent_at=timezone.now() - ago
        )
        confirm(sign_on)
        assert (sign_on.status, sign_on.signals) == (Status.PENDING, expected)


def signed_from(letter: Letter, address: str, name: str, signals: list[str]) -> SignOn:
    assert letter.current_text
    assert letter.default_group
    signing.sign(
        letter=letter,
        wording=letter.current_text.wording_in(letter.language),
        group=letter.default_group,
        listed_name=name,
        person=signing.Person("Ada", "Director", f"{len(name)}@example.org"),
        client=client_of(address),
    )
    SignOn.objects.filter(listed_name=name).update(signals=signals)
    return SignOn.objects.get(listed_name=name)


def test_staff_see_signals_in_plain_words_and_others_of_the_network(
    client: Client, letter: Letter
) -> None:
    first = signed_from(letter, "192.0.2.1", "First", ["trap"])
    signed_from(letter, "192.0.2.99", "Second One", [])
    old = signed_from(letter, "192.0.2.98", "Old", [])
    SignOn.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(hours=3))
    signed_from(letter, "198.51.100.1", "Elsewhere", [])
    client.force_login(StaffFactory())
    page = html(client.get(f"/admin/signatories/signon/{first.pk}/change/"))
    assert SIGNALS["trap"] in page
    assert "1 other from the same network within an hour" in page
    assert "192.0.2" not in page
    listed = html(client.get(f"/admin/signatories/signon/?network={first.pk}"))
    assert "First" in listed
    assert "Second One" in listed
    assert "Elsewhere" not in listed
    assert ">Old<" not in listed


def test_sign_ons_can_be_listed_by_signal(client: Client, letter: Letter) -> None:
    signed_from(letter, "192.0.2.1", "Trapped Body", ["trap", "quick"])
    signed_from(letter, "192.0.2.1", "Honest Body", [])
    client.force_login(StaffFactory())
    page = html(client.get("/admin/signatories/signon/?signal=trap"))
    assert "Trapped Body" in page
    assert "Honest Body" not in page
    assert client.get("/admin/signatories/signon/?signal=nonsense").status_code == 200
    assert client.get("/admin/signatories/signon/?network=nonsense").status_code == 200


def test_a_sign_on_without_anything_to_point_out_shows_no_box(
    client: Client, letter: Letter
) -> None:
    sign_on = sign(letter)
    client.force_login(StaffFactory())
    page = html(client.get(f"/admin/signatories/signon/{sign_on.pk}/change/"))
    assert "Worth a look" not in page


def test_others_of_the_network_are_found_by_an_index(letter: Letter) -> None:
    from django.db import connection

    from signatories.admin.sign_on_page import neighbours

    sign_on = signed_from(letter, "192.0.2.1", "First", [])
    others = [copy(sign_on) for _ in range(200)]
    for number, other in enumerate(others):
        other.pk, other.name_key, other.range_key = None, f"body {number}", f"network {number}"
    SignOn.objects.bulk_create(others)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE signatories_signon")
        cursor.execute("SET LOCAL enable_seqscan = off")
        assert "sign_on_of_network" in neighbours(sign_on).explain()
