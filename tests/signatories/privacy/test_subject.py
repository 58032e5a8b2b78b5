"""A person asks what is held about them, or for its erasure: by command and in the admin."""

import json
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.test import Client

from campaign import work
from campaign.models import Letter, OutgoingMail
from campaign.models.mail import MailState
from campaign.tokens import make_token
from signatories.models import Contact, Evidence, PurgeRecord, SignOn
from signatories.models.sign_on import Status
from signatories.privacy import subject
from signatories.services import moderation
from tests.factories import ContactFactory, SignOnFactory, StaffFactory
from tests.signatories.privacy.planted import plant
from tests.signatories.privacy.whole_database import places_of
from tests.signatories.test_signing import confirm

pytestmark = pytest.mark.django_db

PAGE = "/admin/signatories/signon/personal-data/"
ADDRESS = "zyxaddress@planted.example"
WORDS = ("Quuxling", "zyxaddress", "planted.example")


def command(*words: str) -> str:
    out = StringIO()
    call_command("personal_data", *words, stdout=out)
    return out.getvalue()


def told(address: str = ADDRESS) -> Any:
    return json.loads(command(address))


def test_all_that_is_held_about_an_address_is_told(letter: Letter) -> None:
    planted = plant(letter, Status.APPROVED)
    other = SignOnFactory(letter=letter)
    Evidence.objects.create(sign_on=other, note=f"forwarded by {ADDRESS}")
    found = told()
    assert [one["name"] for one in found["contacts"]] == [planted.person.name]
    assert [one["listed_name"] for one in found["sign_ons"]] == [planted.sign_on.listed_name]
    assert len(found["evidence"]) == 2
    assert [one["state"] for one in found["known_by_a_keyed_hash"]["campaign.OutgoingMail"]] == [
        "queued"
    ]


@pytest.mark.parametrize(
    "typed", [ADDRESS, " ZyxAddress@Planted.EXAMPLE ", "ZYXADDRESS@planted.example"]
)
def test_the_spelling_of_the_address_does_not_matter(letter: Letter, typed: str) -> None:
    plant(letter, Status.PENDING)
    assert len(told(typed)["contacts"]) == 1


def test_nothing_is_told_about_others(letter: Letter) -> None:
    plant(letter, Status.PENDING)
    found = told("somebody@else.example")
    assert not found["contacts"]
    assert not found["sign_ons"]
    assert not found["evidence"]


@pytest.mark.parametrize("status", Status.values)
def test_after_an_erasure_nothing_of_the_person_is_left(letter: Letter, status: str) -> None:
    plant(letter, Status(status))
    SignOn.objects.filter(reason__startswith="zyx").update(
        reason=f"Zyxname Quuxling asked, {ADDRESS}"
    )
    other = SignOnFactory(letter=letter)
    Evidence.objects.create(sign_on=other, note=f"forwarded by {ADDRESS}")
    key = SignOn.objects.exclude(email_key="").first().email_key  # type: ignore[union-attr]
    assert command(ADDRESS, "--erase").startswith("erased: ")
    for word in (*WORDS, key):
        assert places_of(word) == set(), word


def test_erasing_keeps_the_signature_and_its_evidence_without_the_name(letter: Letter) -> None:
    planted = plant(letter, Status.APPROVED)
    Evidence.objects.update(note="Zyxname Quuxling said yes")
    subject.erase(ADDRESS)
    assert SignOn.objects.public().get() == planted.sign_on
    assert Evidence.objects.get().note == subject.ERASED


def test_erasing_again_does_nothing(letter: Letter) -> None:
    plant(letter, Status.APPROVED)
    assert subject.erase(ADDRESS)
    records = PurgeRecord.objects.count()
    assert subject.erase(ADDRESS) == 0
    assert command(ADDRESS, "--erase") == "nothing to erase\n"
    assert PurgeRecord.objects.count() == records


@pytest.mark.parametrize("status", [Status.UNCONFIRMED, Status.LAPSED])
def test_what_was_never_confirmed_is_erased_whole_with_its_audit(
    letter: Letter, status: Status
) -> None:
    planted = plant(letter, status, name="Zyxorganisation of Nothing")
    subject.erase(ADDRESS)
    assert not SignOn.objects.filter(pk=planted.sign_on.pk).exists()
    assert places_of("Zyxorganisation") == set()
    assert places_of("zyxnote") == set()


def test_asked_to_the_signature_is_withdrawn_too(letter: Letter) -> None:
    planted = plant(letter, Status.APPROVED)
    command(ADDRESS, "--erase", "--withdraw")
    planted.sign_on.refresh_from_db()
    assert planted.sign_on.status == Status.WITHDRAWN
    assert OutgoingMail.objects.exclude(recipient_key="").count() == 0


def test_another_contact_of_the_same_sign_on_stays(letter: Letter) -> None:
    planted = plant(letter, Status.PENDING)
    other = ContactFactory(sign_on=planted.sign_on)
    subject.erase(ADDRESS)
    assert Contact.objects.get() == other
    assert subject.erase(other.email) > 0
    assert not Contact.objects.exists()


def test_links_in_the_old_mails_of_an_erased_person_end(client: Client, letter: Letter) -> None:
    sign_on = plant(letter, Status.APPROVED).sign_on
    link = f"/sign-ons/manage/{make_token('manage', sign_on.pk, sign_on.epoch)}/"
    assert client.get(link).status_code == 200
    subject.erase(ADDRESS)
    assert client.get(link).status_code == 404


def test_mails_to_an_erased_person_are_withheld(letter: Letter) -> None:
    sign_on = plant(letter, Status.PENDING).sign_on
    moderation.approve(sign_on=sign_on)
    subject.erase(ADDRESS)
    work.run("mail", overdue=timedelta(0))
    assert set(OutgoingMail.objects.values_list("state", flat=True)) == {MailState.WITHHELD}


def test_an_erased_person_may_sign_again(letter: Letter) -> None:
    plant(letter, Status.UNCONFIRMED)
    subject.erase(ADDRESS)
    confirm(plant(letter, Status.UNCONFIRMED).sign_on)
    assert SignOn.objects.get().status == Status.PENDING


def test_the_record_of_an_erasure_does_not_say_of_whom(letter: Letter) -> None:
    plant(letter, Status.APPROVED)
    subject.erase(ADDRESS)
    assert set(PurgeRecord.objects.values_list("rule", "letter")) == {
        ("erasure", letter.pk),
        ("erasure", None),
    }


@pytest.mark.parametrize("words", [["no-address"], [ADDRESS, "--withdraw"]])
def test_the_command_says_in_one_line_what_is_wrong(db: None, words: list[str]) -> None:
    with pytest.raises(CommandError) as refused:
        command(*words)
    assert "\n" not in str(refused.value)


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(
        StaffFactory(
            may=[
                "signatories.view_signon",
                "signatories.view_contact",
                "signatories.answer_for_contact",
            ]
        )
    )
    return client


def test_the_admin_shows_what_is_held_and_erases_it(desk: Client, letter: Letter) -> None:
    plant(letter, Status.APPROVED)
    assert "Personal data of an address" in desk.get("/admin/signatories/signon/").content.decode()
    page = desk.post(PAGE, {"address": ADDRESS})
    assert "Quuxling" in page.content.decode()
    assert "no-store" in page["Cache-Control"]
    unsure = desk.post(PAGE, {"address": ADDRESS, "erase": "1"})
    assert unsure.status_code == 422
    assert Contact.objects.exists()
    done = desk.post(PAGE, {"address": ADDRESS, "erase": "1", "sure": "on"})
    assert (done.status_code, done["Location"]) == (302, PAGE)
    assert not Contact.objects.exists()
    assert PurgeRecord.objects.filter(by__isnull=False).exists()


def test_the_admin_says_so_where_nothing_is_held(desk: Client, letter: Letter) -> None:
    plant(letter, Status.APPROVED)
    page = desk.post(PAGE, {"address": "nobody@planted.example"}).content.decode()
    assert "Nothing is held about this address." in page
    assert "Erase for good" not in page
    assert "Nothing is held" not in desk.post(PAGE, {"address": ADDRESS}).content.decode()


def test_the_address_is_in_no_message_log_entry_session_or_log(
    desk: Client, letter: Letter, capfd: pytest.CaptureFixture[str]
) -> None:
    plant(letter, Status.APPROVED)
    desk.post(PAGE, {"address": ADDRESS})
    answer = desk.post(PAGE, {"address": ADDRESS, "erase": "1", "sure": "on"}, follow=True)
    assert "zyxaddress" not in answer.content.decode()
    assert "zyxaddress" not in str(answer.cookies)
    assert not LogEntry.objects.exists()
    assert all("zyxaddress" not in str(one.get_decoded()) for one in Session.objects.all())
    assert "zyxaddress" not in "".join(capfd.readouterr())


def test_the_address_is_never_taken_from_the_pages_own_address(
    desk: Client, letter: Letter
) -> None:
    plant(letter, Status.APPROVED)
    assert "Quuxling" not in desk.get(PAGE, {"address": ADDRESS}).content.decode()


@pytest.mark.parametrize(
    "may",
    [
        ["signatories.view_signon"],
        ["signatories.view_signon", "signatories.view_contact"],
        ["signatories.view_signon", "signatories.answer_for_contact"],
    ],
)
def test_without_the_right_nobody_is_looked_up(
    client: Client, letter: Letter, may: list[str]
) -> None:
    plant(letter, Status.APPROVED)
    client.force_login(StaffFactory(may=may))
    refused = client.get(PAGE)
    assert refused.status_code == 403
    assert "Your account may not do this" in refused.content.decode()
    assert client.post(PAGE, {"address": ADDRESS}).status_code == 403
    assert PAGE not in client.get("/admin/signatories/signon/").content.decode()


def test_what_was_purged_is_shown_and_cannot_be_changed(
    admin_client: Client, letter: Letter
) -> None:
    plant(letter, Status.APPROVED)
    subject.erase(ADDRESS)
    record = PurgeRecord.objects.filter(letter=letter).get()
    url = f"/admin/signatories/purgerecord/{record.pk}/change/"
    assert "A person asked for it" in admin_client.get(url).content.decode()
    assert admin_client.post(url, {"rule": "other"}).status_code == 403
    assert (
        admin_client.post(f"/admin/signatories/purgerecord/{record.pk}/delete/").status_code == 403
    )
    assert admin_client.get("/admin/signatories/purgerecord/add/").status_code == 403
