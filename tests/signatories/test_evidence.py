"""Evidence with files: what is taken, that it is private, and that it goes."""

import os
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import Settings

from campaign import headers
from campaign.letters import close_letter, mark_delivered
from campaign.models import Letter, OutgoingMail
from signatories.models import Evidence, SignOn
from signatories.models.contact import EvidenceKind, FileType
from signatories.models.sign_on import Status
from signatories.privacy import subject
from signatories.privacy.forget import forget_contacts, forget_sign_ons
from signatories.privacy.rules import RULES
from signatories.roles import EDITOR, MODERATOR, VIEWER
from signatories.services import entering, moderation
from signatories.services.asking import confirmation_token
from signatories.services.evidence import add_evidence
from signatories.services.evidence_files import LARGEST, NotTaken, keep, path_of, type_of
from signatories.services.moving import Refused
from signatories.services.signing import Person
from tests.factories import LetterFactory, SignOnFactory, StaffFactory
from tests.signatories.test_admin_sign_ons import ADD, change_url, entry, press, said, shown_form

pytestmark = pytest.mark.django_db

PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj"
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00"
MAIL = b"From: Ada <ada@example.org>\r\nDate: Sun, 3 May 2026 10:00:00 +0000\r\n\r\nYes.\r\n"
HTML = b"<!doctype html><script>alert(1)</script>"
ADA = Person("Ada Lovelace", "Director", "ada@example.org")


@pytest.fixture
def letter() -> Letter:
    return LetterFactory(open=True, public=True)


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(StaffFactory(username="maya", may=MODERATOR))
    return client


def upload(content: bytes, name: str = "yes of Ada Lovelace.bin") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type="text/html")


def with_file(sign_on: SignOn, content: bytes = PDF, note: str = "Her mail.") -> Evidence:
    return add_evidence(
        sign_on=sign_on, kind=EvidenceKind.EMAIL, note=note, added_by=None, file=keep(content)
    )


def file_url(evidence: Evidence) -> str:
    return reverse("admin:signatories_signon_evidence", args=[evidence.sign_on_id, evidence.pk])


def files(settings: Settings) -> list[Path]:
    return sorted((settings.PRIVATE_DIR / "evidence").glob("*"))


# What is taken


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (PDF, FileType.PDF),
        (PNG, FileType.PNG),
        (JPEG, FileType.JPEG),
        (MAIL, FileType.EMAIL),
        (b"From ada Sun May  3\n" + MAIL, FileType.EMAIL),
        (b"Received: from x\r\n by y\r\nFrom: a@b\r\n\r\nGr\xfc\xdfe", FileType.EMAIL),
        ("Ja, wir zeichnen. Grüße".encode(), FileType.TEXT),
        (b"\xef\xbb\xbfYes", FileType.TEXT),
        (b"Note: she said yes.\nFrom: the director", FileType.TEXT),
    ],
)
def test_what_a_file_is_its_content_says(content: bytes, expected: FileType) -> None:
    assert type_of(content) == expected


@pytest.mark.parametrize(
    "content",
    [
        HTML,
        b"  <svg onload='x()'>",
        b"\xef\xbb\xbf<html>",
        b"MZ\x90\x00\x03",
        b"PK\x03\x04 a document of an office program",
        b"GIF89a\x01\x00",
        b"\x7fELF",
        b"Gr\xfc\xdfe in another encoding",
        b"text with \x00 in it",
        b"",
        b" \n ",
    ],
)
def test_what_is_not_safe_is_not_taken(content: bytes) -> None:
    with pytest.raises(NotTaken):
        keep(content)


def test_a_file_that_is_too_large_is_refused_with_its_size(desk: Client, letter: Letter) -> None:
    with pytest.raises(NotTaken, match=r"5\.2 MB; the most that is kept is 5 MB"):
        type_of(PDF + b"x" * 5_200_000)
    assert type_of(PDF.ljust(LARGEST)) == FileType.PDF
    response = desk.post(ADD, entry(letter, file=upload(PDF + b"x" * 5_200_000)))
    assert response.status_code == 422
    assert "5.2 MB" in response.context["form"].errors["file"][0]
    assert not SignOn.objects.exists()


def test_its_name_is_ours_and_unguessable_and_others_cannot_read_it(settings: Settings) -> None:
    kept = keep(PDF)
    path = path_of(kept.name)
    assert len(kept.name) == 40
    assert path.read_bytes() == PDF
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert keep(PDF).name != kept.name
    for name in ("../unlisted", "a" * 41, "", "A" * 40, "a" * 39 + "/"):
        with pytest.raises(ValueError, match="no name"):
            path_of(name)


# Who is given it, and how


@pytest.mark.parametrize(
    ("content", "kind", "ending"),
    [(PDF, "application/pdf", "pdf"), (MAIL, "message/rfc822", "eml"),
     (b"Yes <b>", "text/plain; charset=utf-8", "txt")],
)  # fmt: skip
def test_a_file_is_given_to_be_saved_and_can_do_nothing_in_a_browser(
    desk: Client, letter: Letter, content: bytes, kind: str, ending: str
) -> None:
    evidence = with_file(SignOnFactory(letter=letter), content)
    assert file_url(evidence) in desk.get(change_url(evidence.sign_on)).content.decode()
    response = desk.get(file_url(evidence))
    assert response.content == content
    assert response["Content-Type"] == kind
    assert response["Content-Disposition"] == (
        f'attachment; filename="evidence-{evidence.pk}.{ending}"'
    )
    assert "sandbox" in response["Content-Security-Policy"]
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in response["Cache-Control"]
    assert headers.KINDS[headers.DOWNLOAD]["X-Frame-Options"] == response["X-Frame-Options"]


@pytest.mark.parametrize(
    ("may", "status"),
    [
        (VIEWER, 403),
        (EDITOR, 403),
        (["signatories.view_evidence"], 403),
        (["signatories.view_contact"], 403),
        (MODERATOR, 200),
    ],
)
def test_only_who_may_see_contacts_is_given_a_file(
    client: Client, letter: Letter, may: list[str], status: int
) -> None:
    evidence = with_file(SignOnFactory(letter=letter))
    assert client.get(file_url(evidence)).status_code == 302
    client.force_login(StaffFactory(may=may))
    assert client.get(file_url(evidence)).status_code == status


def test_a_file_that_is_not_there_is_not_found(desk: Client, letter: Letter) -> None:
    sign_on = SignOnFactory(letter=letter)
    lost, other = with_file(sign_on), with_file(SignOnFactory(letter=letter))
    path_of(lost.file).unlink()
    bare = add_evidence(sign_on=sign_on, kind=EvidenceKind.POST, note="A card.", added_by=None)
    wrong = reverse("admin:signatories_signon_evidence", args=[sign_on.pk, other.pk])
    for url in (file_url(lost), file_url(bare), wrong):
        assert desk.get(url).status_code == 404


def test_evidence_with_a_file_is_added_on_the_page_at_any_time(
    desk: Client, letter: Letter
) -> None:
    sign_on = SignOnFactory(letter=letter, status=Status.APPROVED)
    data = shown_form(desk, sign_on) | {
        "evidence-0-kind": "reply", "evidence-0-note": "She said yes.",
        "evidence-0-upload": upload(MAIL),
    }  # fmt: skip
    assert desk.post(change_url(sign_on), data).status_code == 302
    evidence = sign_on.evidence.get()
    assert (evidence.kind, evidence.file_type) == (EvidenceKind.REPLY, FileType.EMAIL)
    assert path_of(evidence.file).read_bytes() == MAIL
    page = desk.get(change_url(sign_on)).content.decode()
    assert "Save the saved e-mail" in page
    assert "Evidence added: A “yes” by reply, with a file: saved e-mail" in page
    assert "Lovelace" not in str(list(sign_on.events.values()))
    assert "She said" not in str(list(evidence.events.values()))  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"evidence-0-note": "Look.", "evidence-0-upload": upload(HTML)}, "upload"),
        ({"evidence-0-note": "", "evidence-0-upload": upload(PDF)}, "note"),
    ],
)
def test_a_bad_file_or_one_without_a_note_is_refused_beside_its_field(
    desk: Client, letter: Letter, settings: Settings, data: dict[str, Any], field: str
) -> None:
    sign_on = SignOnFactory(letter=letter)
    response = desk.post(change_url(sign_on), shown_form(desk, sign_on) | data)
    formsets = [each.formset for each in response.context["inline_admin_formsets"]]
    errors = next(each for each in formsets if each.model is Evidence).forms[0].errors
    assert set(errors) == {field}
    assert files(settings) == []


# How it goes


def test_a_file_goes_with_its_evidence_once_that_is_committed(
    letter: Letter, settings: Settings, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    evidence = with_file(SignOnFactory(letter=letter))
    other = with_file(SignOnFactory(letter=letter))
    with django_capture_on_commit_callbacks(execute=True):
        forget_contacts([evidence.sign_on_id])
        assert path_of(evidence.file).exists()
    assert files(settings) == [path_of(other.file)]
    with django_capture_on_commit_callbacks(execute=True):
        forget_sign_ons([other.sign_on_id])
    assert files(settings) == []
    assert not Evidence.objects.exists()


def test_an_erasure_takes_the_files_of_a_persons_sign_ons_and_of_notes_that_name_them(
    letter: Letter, settings: Settings, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    sign_on = SignOnFactory(letter=letter, person=ADA)
    theirs = with_file(sign_on)
    naming = with_file(SignOnFactory(letter=letter), note="Ada Lovelace called.")
    stays = with_file(SignOnFactory(letter=letter))
    held = subject.held(ADA.email)
    assert {row["file_type"] for row in held["evidence"]} == {"pdf"}
    assert len(held["evidence"]) == 2
    with django_capture_on_commit_callbacks(execute=True):
        subject.erase(ADA.email)
    assert files(settings) == [path_of(stays.file)]
    for evidence, note in [(theirs, "Her mail."), (naming, subject.ERASED)]:
        evidence.refresh_from_db()
        assert (evidence.file, evidence.file_type, evidence.note) == ("", "", note)


def swept(settings: Settings) -> int:
    rule = next(rule for rule in RULES if rule.name == "files of no evidence")
    return rule.batch(timezone.now()).total()


def test_a_file_that_no_row_names_is_swept_after_two_hours(
    letter: Letter, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.db.migrations.recorder import MigrationRecorder

    MigrationRecorder.Migration.objects.update(applied=timezone.now() - timedelta(days=3))
    evidence = with_file(SignOnFactory(letter=letter))
    old, fresh, foreign = keep(PDF), keep(PDF), keep(PDF)
    (settings.PRIVATE_DIR / "evidence" / "notes.txt").write_text("no file of ours")
    hours_ago = time.time() - 3 * 3600
    for name in (evidence.file, old.name):
        os.utime(path_of(name), (hours_ago, hours_ago))
    # Older than the database: perhaps it is not the one of this store.
    long_ago = time.time() - 30 * 24 * 3600
    os.utime(path_of(foreign.name), (long_ago, long_ago))
    assert swept(settings) == 1
    left = {path.name for path in files(settings)}
    assert left == {evidence.file, fresh.name, foreign.name, "notes.txt"}
    assert swept(settings) == 0


# Entering with it


def test_a_sign_on_is_entered_with_how_it_came_and_a_file(desk: Client, letter: Letter) -> None:
    close_letter(letter)
    data = entry(letter, kind="post", file=upload(PNG))
    response = desk.post(ADD, data, follow=True)
    evidence = SignOn.objects.get().evidence.get()
    assert (evidence.kind, evidence.file_type) == (EvidenceKind.POST, FileType.PNG)
    assert response.status_code == 200
    mark_delivered(letter)
    response = desk.post(ADD, entry(letter, listed_name="Too Late"))
    assert response.status_code == 422


def test_a_file_is_kept_while_its_form_comes_back(
    desk: Client, letter: Letter, settings: Settings
) -> None:
    response = desk.post(ADD, entry(letter, listed_name="", file=upload(PDF)))
    assert response.status_code == 422
    assert "Your file is kept: PDF" in response.content.decode()
    [path] = files(settings)
    kept = response.context["kept"]
    desk.post(ADD, entry(letter, kept=kept))
    assert SignOn.objects.get().evidence.get().file == path.name
    assert files(settings) == [path]


def test_nobody_claims_a_file_of_another_or_one_that_is_gone(
    client: Client, desk: Client, letter: Letter, settings: Settings
) -> None:
    kept = desk.post(ADD, entry(letter, listed_name="", file=upload(PDF))).context["kept"]
    other = Client()
    other.force_login(StaffFactory(may=MODERATOR))
    for who, token in [(other, kept), (desk, "made up"), (desk, kept + "x")]:
        response = who.post(ADD, entry(letter, kept=token))
        assert response.status_code == 422
        assert "choose it again" in response.context["form"].errors["file"][0]
    files(settings)[0].unlink()
    response = desk.post(ADD, entry(letter, kept=kept))
    assert "choose it again" in response.context["form"].errors["file"][0]
    assert not SignOn.objects.exists()


def test_another_name_that_is_alike_is_asked_about_anew(desk: Client, letter: Letter) -> None:
    first = SignOnFactory(letter=letter, name="Peace Direct UK")
    second = SignOnFactory(letter=letter, name="Quiet Skies UK")
    desk.post(ADD, entry(letter))
    data = entry(letter, listed_name="Quiet Skies", known=first.pk)
    response = desk.post(ADD, data)
    assert response.status_code == 422
    assert response.context["alike"] == [second]
    assert "another body" in response.content.decode()


def test_entering_another_one_keeps_letter_and_group(desk: Client, letter: Letter) -> None:
    committee = letter.groups.first()
    assert committee
    LetterFactory(open=True)
    data = entry(letter, group=committee.pk, _addanother="1")
    response = desk.post(ADD, data)
    assert response["Location"] == f"{ADD}?letter={letter.pk}&group={committee.pk}"
    form = desk.get(response["Location"]).context["form"]
    assert (form.initial["letter"], form.initial["group"]) == (letter, committee.pk)


WHOLE = {"contact_name": "Ada Lovelace", "contact_title": "Chair", "email": "ada@example.org"}


def test_the_organisation_may_be_asked_to_confirm_also_after_closing(
    client: Client, desk: Client, letter: Letter
) -> None:
    close_letter(letter)
    response = desk.post(ADD, entry(letter, confirm="ask"))
    assert "need an e-mail address" in response.context["form"].errors["email"][0]
    response = desk.post(ADD, entry(letter, confirm="ask", **WHOLE), follow=True)
    assert "is asked to confirm by mail" in str(said(response))
    sign_on = SignOn.objects.get()
    assert (sign_on.status, sign_on.source) == (Status.UNCONFIRMED, "staff")
    assert OutgoingMail.objects.get().kind == "sign_on.confirm"
    url = reverse("signatories:confirm", args=[confirmation_token(sign_on)])
    page = Client().get(url)
    assert page.status_code == 200
    assert page.context["text"]["number"] == 1
    shown = page.context["sign_on"]["shown"]
    assert Client().post(url, {"text": "1", "shown": shown}).status_code == 200
    sign_on.refresh_from_db()
    assert sign_on.status == Status.PENDING


def test_its_link_is_renewed_after_closing_by_them_and_by_staff(
    desk: Client, letter: Letter
) -> None:
    close_letter(letter)
    desk.post(ADD, entry(letter, confirm="ask", **WHOLE))
    sign_on = SignOn.objects.get()
    OutgoingMail.objects.all().delete()
    SignOn.objects.update(confirm_by=timezone.now() - timedelta(days=1))
    token = confirmation_token(sign_on)
    assert Client().post(reverse("signatories:renew", args=[token])).status_code == 302
    assert OutgoingMail.objects.count() == 1
    OutgoingMail.objects.all().delete()
    press(desk, sign_on, "ask-to-confirm")
    assert OutgoingMail.objects.count() == 1
    assert confirmation_token(sign_on) != token


def test_staff_may_do_without_the_confirmation_of_what_they_entered(
    desk: Client, letter: Letter
) -> None:
    desk.post(ADD, entry(letter, confirm="ask", **WHOLE))
    sign_on = SignOn.objects.get()
    assert "Their yes is evidence enough" in desk.get(change_url(sign_on)).content.decode()
    press(desk, sign_on, "without-confirmation")
    assert sign_on.status == Status.PENDING
    assert OutgoingMail.objects.get().withheld_for == "gone"
    moderation.approve(sign_on=sign_on)
    by_form = SignOnFactory(letter=letter, status=Status.UNCONFIRMED)
    assert "evidence enough" not in desk.get(change_url(by_form)).content.decode()
    assert said(press(desk, by_form, "without-confirmation"))[0][0] == "warning"
    assert by_form.status == Status.UNCONFIRMED
    with pytest.raises(Refused, match="waits for no confirmation"):
        entering.do_without_confirmation(sign_on=sign_on)
