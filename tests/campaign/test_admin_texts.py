"""Words on the desk: previewed as they are typed, looked at before they are fixed, and kept."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from campaign.admin.letter_form import WORDS, LetterForm
from campaign.admin.letter_typed import as_typed
from campaign.models import Letter, OutgoingMail
from campaign.models.letter import State
from campaign.models.text import Change
from campaign.texts import Words, set_words
from signatories.models import Contact, SignOn
from signatories.models.sign_on import Status
from signatories.services import reaffirming
from tests.campaign.test_admin_letters import change_url, errors_of, fix, shown_form
from tests.checks.typed import NASTY
from tests.factories import LetterFactory, SignOnFactory, StaffFactory

pytestmark = pytest.mark.django_db

SUBSTANTIVE = {"change": "substantive", "note": "We ask for more."}


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(StaffFactory())
    return client


def preview(
    desk: Client, data: dict[str, Any], letter: Letter | None = None, **more: str
) -> dict[str, Any]:
    url = (
        reverse("admin:letter-typed", args=[letter.pk])
        if letter
        else reverse("admin:letter-typed-new")
    )
    answer = desk.post(url, data | more, headers={"Accept": "application/json"})
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


# Preview


def test_the_preview_shows_what_is_typed_and_saves_nothing(desk: Client) -> None:
    letter = LetterFactory(open=True, public=True)
    sign_on = SignOnFactory(letter=letter, status=Status.APPROVED)
    data = shown_form(desk, letter) | {
        "body": "We **insist**, today.", "sender": "The New Coalition", "dateline": "1 May 2030",
    }  # fmt: skip
    before = Letter.objects.values().get()
    found = preview(desk, data, letter)
    assert "<strong>insist</strong>" in found["html"]
    assert "The New Coalition" in found["html"]
    assert "1 May 2030" in found["html"]
    assert sign_on.listed_name in found["html"]
    assert found["notes"] == []
    assert Letter.objects.values().get() == before
    assert letter.texts.get().wordings.get().body == "We ask you to act **now**."


def test_a_letter_that_does_not_exist_yet_has_a_preview_too(desk: Client) -> None:
    data = shown_form(desk) | {"title": "Act & now", "body": "Please."}
    assert "<h1>Act &amp; now</h1>" in preview(desk, data)["html"]
    assert not Letter.objects.exists()


def test_the_pdf_is_drawn_page_by_page(desk: Client) -> None:
    data = shown_form(desk) | {"title": "Act now", "body": "Please.\n\n" * 200}
    html = preview(desk, data, show="pdf")["html"]
    assert html.count("<svg ") > 2
    assert 'aria-label="Page 2 of the PDF"' in html


def test_what_will_not_come_out_is_said_with_its_line(desk: Client) -> None:
    letter = LetterFactory()
    data = shown_form(desk, letter) | {"body": "One.\n\n<i>Two</i> 🙂\x0b", "title": ""}
    notes = preview(desk, data, letter)["notes"]
    assert "Title: This field is required." in notes
    assert any(note.startswith("Body: Line 3 holds the control character") for note in notes)
    assert "Line 3: “<i>” stands as typed: HTML is not taken." in notes
    assert any(note.startswith("Line 3: no font of the PDF has 🙂") for note in notes)


def test_a_long_list_is_left_out_of_the_preview(
    desk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("signatories.admin.typed_document.MOST_LISTED", 1)
    letter = LetterFactory(open=True, public=True)
    SignOnFactory.create_batch(2, letter=letter, status=Status.APPROVED)
    found = preview(desk, shown_form(desk, letter), letter)
    assert found["notes"] == ["The list of 2 signatories is left out of this preview."]


def test_without_a_script_the_preview_is_a_page_for_a_frame_of_the_desk(desk: Client) -> None:
    letter = LetterFactory()
    data = shown_form(desk, letter) | {"body": "Please <b>act</b>."}
    answer = desk.post(reverse("admin:letter-typed", args=[letter.pk]), data)
    assert "frame-ancestors 'self'" in answer["Content-Security-Policy"]
    assert "script-src" not in answer["Content-Security-Policy"]
    assert answer["X-Frame-Options"] == "SAMEORIGIN"
    page = answer.content.decode()
    assert "HTML is not taken" in page
    assert 'srcdoc="' in page
    assert "&amp;lt;b&amp;gt;act" in page.split('srcdoc="')[1]
    form = desk.get(change_url(letter))
    assert "frame-src 'self'" in form["Content-Security-Policy"]
    assert 'formtarget="letter-preview"' in form.content.decode()


def test_a_preview_of_words_that_would_be_new_has_the_next_number(desk: Client) -> None:
    letter = LetterFactory(open=True)
    data = shown_form(desk, letter)
    assert "Text 1." in preview(desk, data, letter)["html"]
    assert "Text 2." in preview(desk, data | {"body": "Other."}, letter)["html"]


@pytest.mark.parametrize("nasty", NASTY)
@pytest.mark.parametrize("show", ["page", "pdf"])
def test_whatever_is_typed_has_a_preview(desk: Client, nasty: str, show: str) -> None:
    data = dict.fromkeys((*WORDS, *LetterForm.Meta.fields), nasty)
    preview(desk, {key: _sendable(value) for key, value in data.items()}, show=show)


def _sendable(text: str) -> str:
    """As a form arrives: a browser sends no lone surrogates."""
    return text.encode("utf-8", "replace").decode()


def test_what_is_no_form_at_all_gives_a_preview(rf: Any) -> None:
    letter = LetterFactory()
    typed = as_typed(rf.post("/", {"body": "x" * 10}).POST, letter)
    assert typed.words.body == "x" * 10


# A change of fixed words


def test_a_change_is_shown_word_by_word_with_whom_it_asks_before_it_is_fixed(
    desk: Client,
) -> None:
    letter = LetterFactory(open=True, public=True)
    sign_ons = SignOnFactory.create_batch(3, letter=letter, status=Status.APPROVED)
    Contact.objects.filter(sign_on=sign_ons[0]).delete()
    SignOnFactory(letter=letter)
    data = shown_form(desk, letter) | SUBSTANTIVE | {"body": "We ask you to act **today**."}
    page = desk.post(change_url(letter), data)
    said = page.content.decode()
    assert "<del>now</del><ins>today</ins>" in said
    assert "Nothing is saved yet" in said
    assert "Please correct the error" not in said
    assert (
        "Substantive: 2 signatories are asked by mail whether they still sign, and are off the "
        "list until they say yes. 1 signatory has no contact: off the list, too, until you have "
        "asked them yourself. Waiting for your approval: 1. They are asked when you approve them."
    ) in said
    assert "We ask you to act **today**." in said, "what was typed is still there"
    assert letter.texts.count() == 1
    fix(desk, letter, data)
    assert letter.texts.count() == 2
    assert OutgoingMail.objects.filter(kind=reaffirming.KIND).count() == 2
    assert not SignOn.objects.public().exists()


def test_an_editorial_change_asks_nobody_and_says_so(desk: Client) -> None:
    letter = LetterFactory(open=True, public=True)
    SignOnFactory(letter=letter, status=Status.APPROVED)
    data = shown_form(desk, letter) | {"change": "editorial", "note": "A comma.", "body": "Act."}
    assert fix(desk, letter, data) == (
        "Editorial: nobody is asked; 1 signatory is listed as before."
    )
    assert SignOn.objects.public().count() == 1
    assert not OutgoingMail.objects.filter(kind=reaffirming.KIND).exists()


@pytest.mark.parametrize(
    "afterwards", [{"body": "Yet other words."}, {"change": "editorial"}, {"note": "Other."}]
)
def test_what_is_changed_after_the_look_is_looked_at_again(
    desk: Client, afterwards: dict[str, str]
) -> None:
    letter = LetterFactory(open=True)
    data = shown_form(desk, letter) | SUBSTANTIVE | {"body": "Other words."}
    looked = desk.post(change_url(letter), data).context["look"].digest
    again = desk.post(change_url(letter), data | afterwards | {"looked": looked})
    assert again.status_code == 200
    assert again.context["look"].digest != looked
    assert letter.texts.count() == 1


def test_a_look_is_no_longer_good_once_somebody_else_has_fixed_a_text(desk: Client) -> None:
    letter = LetterFactory(open=True)
    data = shown_form(desk, letter) | SUBSTANTIVE | {"body": "Mine."}
    looked = desk.post(change_url(letter), data).context["look"].digest
    set_words(letter, Words(title="Theirs", body="Theirs."))
    refused = desk.post(change_url(letter), data | {"looked": looked})
    assert "Somebody else changed the words" in errors_of(refused)["__all__"][0]
    assert letter.texts.count() == 2


def test_settings_wait_for_the_look_too_and_are_saved_with_the_text(desk: Client) -> None:
    letter = LetterFactory(open=True)
    data = shown_form(desk, letter) | SUBSTANTIVE | {"body": "Other.", "dateline": "1 May"}
    fix(desk, letter, data)
    assert letter.dateline == "1 May"


def test_a_wrong_field_is_told_before_the_change_is_looked_at(desk: Client) -> None:
    letter = LetterFactory(open=True)
    data = shown_form(desk, letter) | SUBSTANTIVE | {"body": "Other.", "accent": "red"}
    response = desk.post(change_url(letter), data)
    assert "accent" in errors_of(response)
    assert "look" not in response.context


# Texts


def test_texts_are_listed_with_who_made_them_and_how_many_signed_each(desk: Client) -> None:
    letter = LetterFactory(open=True, public=True)
    SignOnFactory(letter=letter, status=Status.APPROVED)
    data = shown_form(desk, letter) | {"change": "editorial", "note": "A comma.", "body": "Act."}
    fix(desk, letter, data)
    SignOnFactory.create_batch(2, letter=letter, status=Status.APPROVED)
    page = desk.get(reverse("admin:letter-texts", args=[letter.pk]))
    rows = page.context["rows"]
    assert [(row.text.number, row.signed, row.text.note) for row in rows] == [
        (2, 2, "A comma."),
        (1, 1, ""),
    ]
    assert rows[0].who.startswith("staff")


def test_any_two_texts_are_compared_word_by_word(desk: Client) -> None:
    letter = LetterFactory(open=True)
    for body in ("We ask you to act **today**.", "We ask you to act **by noon**."):
        set_words(letter, Words(title="Ban the noise now", body=body), change=Change.EDITORIAL)
    url = reverse("admin:letter-texts", args=[letter.pk])
    page = desk.get(f"{url}?old=1&new=3").content.decode()
    assert "From Text 1 to Text 3" in page
    assert "<del>now</del><ins>by noon</ins>" in page
    assert "word for word" in desk.get(f"{url}?old=2&new=2").content.decode()
    for wrong in ("old=1", "old=1&new=9", "old=x&new=1", "old=s1&new=1", "old=%00&new=1"):
        assert desk.get(f"{url}?{wrong}").status_code in {400, 404}


def test_an_older_text_is_read_as_it_was(desk: Client) -> None:
    letter = LetterFactory(open=True)
    set_words(letter, Words(title="Other", body="Other."), change=Change.EDITORIAL)
    page = desk.get(reverse("admin:letter-text", args=[letter.pk, 1])).content.decode()
    assert "We ask you to act <strong>now</strong>." in page
    assert desk.get(reverse("admin:letter-text", args=[letter.pk, 3])).status_code == 404


def test_each_saving_of_a_draft_is_kept_with_who_made_it_and_can_be_compared(
    desk: Client,
) -> None:
    letter = LetterFactory()
    desk.post(change_url(letter), shown_form(desk, letter) | {"body": "We ask you to rest."})
    page = desk.get(reverse("admin:letter-texts", args=[letter.pk]))
    current, newest, oldest = page.context["versions"]
    assert current.key == "1"
    assert newest.label.startswith("Text 1 as staff")
    compared = desk.get(f"{page.request['PATH_INFO']}?old={oldest.key}&new={newest.key}")
    assert "<del>act **now**</del><ins>rest</ins>" in compared.content.decode()
    trail = desk.get(change_url(letter)).context["trail"]
    changed = next(entry for entry in trail if "Words changed: body" in " ".join(entry.what))
    assert changed.who.startswith("staff")


def test_the_working_text_stays_one_row_while_it_is_written(desk: Client) -> None:
    letter = LetterFactory()
    first = letter.texts.get().wordings.get()
    set_words(letter, Words(title="Other", body="Other."))
    wording = letter.texts.get().wordings.get()
    assert (wording.pk, wording.title) == (first.pk, "Other")
    Letter.objects.filter(pk=letter.pk).update(language="fr")
    set_words(letter, Words(title="Autre", body="Autre."))
    assert letter.texts.get().wordings.get().language == "fr"


def test_a_new_text_is_in_the_trail_with_its_note(desk: Client) -> None:
    letter = LetterFactory(open=True)
    fix(desk, letter, shown_form(desk, letter) | SUBSTANTIVE | {"body": "Other."})
    trail = desk.get(change_url(letter)).context["trail"]
    said = [what for entry in trail for what in entry.what if entry.who.startswith("staff")]
    assert "Text 2, substantive: We ask for more." in said


# Buttons


@pytest.mark.parametrize(
    ("made", "first"),
    [
        ({}, "open"),
        ({"open": True}, "make-public"),
        ({"closed": True, "public": True}, "mark-delivered"),
    ],
)
def test_the_likely_next_step_is_the_first_button(
    desk: Client, made: dict[str, bool], first: str
) -> None:
    moves = desk.get(change_url(LetterFactory(**made))).context["moves"]
    assert (moves[0].name, moves[0].likely) == (first, True)
    cautious = [move.cautious for move in moves]
    assert cautious == sorted(cautious), "what takes something away stands apart"
    assert sum(move.likely for move in moves) == 1


def test_the_page_of_a_letter_asks_a_fixed_number_of_questions(
    desk: Client, django_assert_max_num_queries: Any
) -> None:
    letter = LetterFactory(open=True, public=True)
    SignOnFactory(letter=letter, status=Status.APPROVED)
    for body in "one", "two", "three":
        set_words(letter, Words(title="x", body=body), change=Change.SUBSTANTIVE, note="n")
    with django_assert_max_num_queries(MOST_QUERIES):
        assert desk.get(change_url(letter)).status_code == 200
    SignOnFactory.create_batch(5, letter=letter, status=Status.APPROVED)
    for body in "four", "five", "six":
        set_words(letter, Words(title="x", body=body), change=Change.SUBSTANTIVE, note="n")
    with django_assert_max_num_queries(MOST_QUERIES):
        assert desk.get(change_url(letter)).status_code == 200
    assert letter.state == State.OPEN


MOST_QUERIES = 30
