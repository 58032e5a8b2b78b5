"""The desk for letters: everything in the browser, nothing typed is lost."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from campaign.letters import open_letter
from campaign.models import Letter, Publication
from campaign.models.letter import State
from campaign.texts import Words, set_words
from signatories.models.sign_on import Status
from tests.factories import LetterFactory, SignOnFactory, StaffFactory

pytestmark = pytest.mark.django_db

FILE = """---
slug: quiet-skies
title: Quiet skies now
sender: Coalition for Quiet Skies
groups:
  - key: partners
    title: Partners
---

We ask you to act.
"""


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(StaffFactory())
    return client


def change_url(letter: Letter) -> str:
    return reverse("admin:campaign_letter_change", args=[letter.pk])


def move(desk: Client, letter: Letter, name: str, **data: str) -> str:
    """Press a button; what the page then says."""
    url = reverse("admin:campaign_letter_move", args=[letter.pk, name])
    response = desk.post(url, data, follow=True)
    letter.refresh_from_db()
    return "\n".join(str(message) for message in response.context["messages"])


def shown_form(desk: Client, letter: Letter | None = None) -> dict[str, Any]:
    """What a browser would post, had nothing been changed in the page."""
    url = change_url(letter) if letter else reverse("admin:campaign_letter_add")
    context = desk.get(url).context
    data: dict[str, Any] = {}
    forms = [context["adminform"].form]
    for inline in context["inline_admin_formsets"]:
        forms += [inline.formset.management_form, *inline.formset.forms]
    for form in forms:
        for bound in form:
            if bound.field.disabled:
                continue
            value = bound.value()
            if isinstance(value, datetime):
                value = value.strftime("%Y-%m-%dT%H:%M")
            if value is True:
                value = "on"
            if value is not None and value is not False:
                data[bound.html_name] = bound.field.prepare_value(value)
    return data


def fix(desk: Client, letter: Letter, data: dict[str, Any]) -> str:
    """Save a change of fixed words, look at it, and fix it; the sentence that said whom it asks."""
    texts = letter.texts.count()
    look = desk.post(change_url(letter), data)
    assert look.status_code == 200
    assert letter.texts.count() == texts, "nothing is saved before somebody has looked"
    looked = {"looked": look.context["look"].digest}
    assert desk.post(change_url(letter), data | looked).status_code == 302
    letter.refresh_from_db()
    return str(look.context["whom_it_asks"])


def errors_of(response: Any) -> dict[str, list[str]]:
    assert response.status_code == 422
    return dict(response.context["adminform"].form.errors)


def test_a_letter_is_pasted_and_becomes_a_draft(desk: Client) -> None:
    data = shown_form(desk) | {
        "sender": "Coalition",
        "title": "Act now, please",
        "addressee": "The Minister\r\n\r\n 1 Ministry Square ",
        "body": "First.\r\n\r\nSecond.",
        "groups-0-title": "Steering committee",
        "time_zone": "Europe/Paris",
        "closes": "2040-05-31T23:59",
    }
    response = desk.post(reverse("admin:campaign_letter_add"), data)
    letter = Letter.objects.get()
    assert response["Location"] == change_url(letter)
    assert (letter.slug, letter.state, letter.public_at) == ("act-now-please", State.DRAFT, None)
    assert letter.closes == datetime(2040, 5, 31, 21, 59, tzinfo=UTC)
    assert letter.groups.get().key == "steering-committee"
    wording = letter.current_text.wordings.get()  # type: ignore[union-attr]
    assert wording.addressee == ["The Minister", "1 Ministry Square"]
    assert wording.body == "First.\n\nSecond."


def test_the_form_shows_the_letter_as_it_is_and_saving_it_changes_nothing(desk: Client) -> None:
    letter = LetterFactory(
        open=True, time_zone="Asia/Kolkata", closes=datetime(2040, 1, 1, 18, 29, tzinfo=UTC)
    )
    wanted = Publication.objects.get(letter=letter).wanted
    data = shown_form(desk, letter)
    assert data["closes"] == "2040-01-01T23:59"
    assert data["body"] == "We ask you to act **now**."
    assert desk.post(change_url(letter), data).status_code == 302
    before = letter.__dict__
    letter.refresh_from_db()
    assert letter.__dict__ == before
    assert letter.texts.count() == 1
    assert Publication.objects.get(letter=letter).wanted == wanted


def test_a_closing_time_follows_its_time_zone(desk: Client) -> None:
    letter = LetterFactory(closes=datetime(2040, 1, 1, 12, tzinfo=UTC))
    data = shown_form(desk, letter) | {"time_zone": "Asia/Tokyo"}
    desk.post(change_url(letter), data)
    letter.refresh_from_db()
    assert letter.closes == datetime(2040, 1, 1, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    ("closes", "said"),
    [
        ("2040-03-25T02:30", "put forward"),
        ("2001-01-01T00:00", "passed"),
        ("tomorrow", "2026-05-31 23:59"),
        ("0001-01-01T00:00", "check the year"),
    ],
)
def test_a_closing_time_that_cannot_be_is_refused_beside_its_field(
    desk: Client, closes: str, said: str
) -> None:
    letter = LetterFactory()
    data = shown_form(desk, letter) | {"time_zone": "Europe/Paris", "closes": closes}
    assert said in errors_of(desk.post(change_url(letter), data))["closes"][0]


def test_a_draft_changes_its_words_without_a_question(desk: Client) -> None:
    letter = LetterFactory()
    data = shown_form(desk, letter)
    assert "change" not in data
    desk.post(change_url(letter), data | {"body": "Quite other words."})
    assert letter.texts.get().wordings.get().body == "Quite other words."


def test_changing_the_words_of_an_open_letter_asks_what_kind_of_change_it_is(desk: Client) -> None:
    letter = LetterFactory(open=True)
    data = shown_form(desk, letter) | {"body": "Typed with care."}
    response = desk.post(change_url(letter), data)
    assert set(errors_of(response)) == {"change", "note"}
    assert "Typed with care." in response.content.decode()
    assert letter.texts.count() == 1
    fix(desk, letter, data | {"change": "substantive", "note": "A new demand."})
    text = letter.current_text
    assert text
    assert (text.number, text.change, text.note) == (2, "substantive", "A new demand.")
    assert text.fixed_at is not None


def test_words_that_somebody_else_changed_meanwhile_are_not_overwritten_unseen(
    desk: Client,
) -> None:
    letter = LetterFactory()
    data = shown_form(desk, letter) | {"body": "Mine."}
    set_words(letter, Words(title="Theirs", body="Theirs."))
    response = desk.post(change_url(letter), data)
    assert "Somebody else changed the words" in errors_of(response)["__all__"][0]
    assert letter.texts.get().wordings.get().body == "Theirs."
    again = data | {"seen": response.context["adminform"].form["seen"].value()}
    assert desk.post(change_url(letter), again).status_code == 302
    assert letter.texts.get().wordings.get().body == "Mine."


def test_an_archived_letter_keeps_its_words_but_takes_settings(desk: Client) -> None:
    letter = LetterFactory(archived=True)
    data = shown_form(desk, letter) | {"dateline": "1 May", "body": "Other."}
    assert desk.post(change_url(letter), data).status_code == 302
    letter.refresh_from_db()
    assert letter.dateline == "1 May"
    assert letter.texts.count() == 1


def test_a_control_character_is_named_with_its_line(desk: Client) -> None:
    letter = LetterFactory()
    data = shown_form(desk, letter) | {"body": "One.\r\nTwo\x0b."}
    assert errors_of(desk.post(change_url(letter), data))["body"] == [
        "Line 2 holds the control character U+000B; please type that place again."
    ]


def test_groups_get_keys_of_their_own_and_the_last_place(desk: Client) -> None:
    letter = LetterFactory()
    data = shown_form(desk, letter) | {
        "groups-TOTAL_FORMS": "4",
        "groups-2-title": "Pártners!",
        "groups-3-title": "تحالف",
    }
    desk.post(change_url(letter), data)
    rows = list(letter.groups.values_list("key", "position"))
    assert rows == [
        ("steering-committee", 1),
        ("partners", 2),
        ("partners-2", 5),
        ("group", 6),
    ]


def test_a_group_with_sign_ons_stays(desk: Client) -> None:
    letter = LetterFactory(open=True)
    SignOnFactory(letter=letter)
    data = shown_form(desk, letter) | {"groups-1-DELETE": "on"}
    response = desk.post(change_url(letter), data)
    assert response.status_code == 422
    assert letter.groups.count() == 2


def test_saving_and_opening_fixes_what_is_on_the_screen(desk: Client) -> None:
    letter = LetterFactory()
    data = shown_form(desk, letter) | {"body": "The last word.", "_open": "1"}
    desk.post(change_url(letter), data)
    letter.refresh_from_db()
    assert letter.state == State.OPEN
    assert letter.texts.get().wordings.get().body == "The last word."
    assert letter.texts.get().fixed_at is not None


def test_the_whole_life_of_a_letter_by_buttons(desk: Client) -> None:
    letter = LetterFactory()
    assert "Text 1 is fixed" in move(desk, letter, "open")
    assert letter.state == State.OPEN
    assert "Public now" in move(desk, letter, "make-public")
    assert letter.public
    assert "Marked as delivered" in move(desk, letter, "mark-delivered")
    assert letter.delivered_at is not None
    move(desk, letter, "close")
    assert letter.state == State.CLOSED
    assert "again" in move(desk, letter, "open")
    move(desk, letter, "make-unlisted")
    assert letter.public_at is None
    move(desk, letter, "close")
    move(desk, letter, "archive")
    assert letter.state == State.ARCHIVED


def test_a_refused_move_becomes_a_message(desk: Client) -> None:
    letter = LetterFactory(words=None)
    assert "has no text yet" in move(desk, letter, "open")
    assert "cannot become closed" in move(desk, letter, "close")
    assert letter.state == State.DRAFT


def test_a_letter_becomes_public_at_a_moment_in_its_own_time_zone(desk: Client) -> None:
    letter = LetterFactory(open=True, time_zone="Asia/Tokyo")
    assert "2040" in move(desk, letter, "make-public-at", at="2040-01-01T09:00")
    assert letter.public_at == datetime(2040, 1, 1, tzinfo=UTC)
    assert not letter.public
    assert "Stay unlisted" in desk.get(change_url(letter)).content.decode()
    for wrong in ["", "soon", "2001-01-01T00:00"]:
        assert move(desk, letter, "make-public-at", at=wrong)
        assert letter.public_at == datetime(2040, 1, 1, tzinfo=UTC)


def test_looking_at_a_button_does_nothing(desk: Client) -> None:
    letter = LetterFactory()
    desk.get(reverse("admin:campaign_letter_move", args=[letter.pk, "open"]))
    letter.refresh_from_db()
    assert letter.state == State.DRAFT


def test_buttons_state_their_effect_and_the_link_to_circulate(desk: Client) -> None:
    letter = LetterFactory(open=True)
    page = desk.get(change_url(letter)).content.decode()
    effect = f"Make public now: page, list and data files appear at /letters/{letter.slug}/"
    assert effect in page
    assert f'value="http://127.0.0.1:8000{letter.unlisted_path}sign/"' in page
    assert "Archive" not in page
    assert "The next one is being made" in page


def test_every_change_is_in_the_trail_with_who_made_it(desk: Client) -> None:
    letter = LetterFactory()
    move(desk, letter, "open")
    trail = desk.get(change_url(letter)).context["trail"]
    opened = next(entry for entry in trail if "State: “Open for signatures”" in entry.what[0])
    assert opened.who.startswith("staff")
    assert letter.unlisted_key not in str(trail)


def test_a_letter_file_is_pasted_or_uploaded(desk: Client) -> None:
    url = reverse("admin:letter-from-file")
    assert "from-file" in desk.get(reverse("admin:campaign_letter_changelist")).content.decode()
    response = desk.post(url, {"content": FILE})
    letter = Letter.objects.get()
    assert response["Location"] == change_url(letter)
    assert (letter.slug, letter.state) == ("quiet-skies", State.DRAFT)
    other = FILE.replace("quiet-skies", "second").encode()
    desk.post(url, {"file": SimpleUploadedFile("letter.md", other)})
    assert Letter.objects.filter(slug="second").exists()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "Please paste a letter file"),
        (FILE.replace("sender", "sendr"), "line 4: unknown key “sendr”"),
        (FILE.replace("We ask you to act.", ""), "no text"),
        ("nothing of the kind", "line 1"),
    ],
)
def test_a_broken_letter_file_is_explained_and_stays_in_the_page(
    desk: Client, content: str, said: str
) -> None:
    response = desk.post(reverse("admin:letter-from-file"), {"content": content})
    assert said in response.context["form"].errors["content"][0]
    assert response.context["form"]["content"].value() == content
    assert not Letter.objects.exists()


def test_a_broken_upload_can_be_corrected_in_the_page(desk: Client) -> None:
    broken = FILE.replace("sender", "sendr")
    upload = SimpleUploadedFile("letter.md", broken.encode())
    response = desk.post(reverse("admin:letter-from-file"), {"file": upload})
    assert "line 4" in response.context["form"].errors["file"][0]
    assert response.context["form"]["content"].value() == broken


def test_a_file_of_a_letter_that_is_there_is_not_loaded_over_it(desk: Client) -> None:
    LetterFactory(slug="quiet-skies")
    response = desk.post(reverse("admin:letter-from-file"), {"content": FILE})
    assert "already" in response.context["form"].errors["content"][0]


def test_only_a_draft_that_nobody_signed_is_deleted(desk: Client) -> None:
    draft, opened = LetterFactory(), LetterFactory(open=True)
    for letter, status in [(draft, 302), (opened, 403)]:
        url = reverse("admin:campaign_letter_delete", args=[letter.pk])
        assert desk.post(url, {"post": "yes"}).status_code == status
    assert list(Letter.objects.all()) == [opened]


def test_the_preview_shows_page_and_pdf_before_anything_is_published(desk: Client) -> None:
    letter = LetterFactory(open=True)
    sign_on = SignOnFactory(letter=letter, status=Status.APPROVED)
    page = desk.get(reverse("admin:letter-preview", args=[letter.pk]))
    assert "script-src" not in page["Content-Security-Policy"]
    assert "noindex" in page["X-Robots-Tag"]
    assert sign_on.listed_name in page.content.decode()
    pdf = desk.get(reverse("admin:letter-preview-pdf", args=[letter.pk]))
    assert pdf["Content-Disposition"] == f'inline; filename="{letter.slug}-preview.pdf"'
    assert pdf.content.startswith(b"%PDF")


def test_a_preview_without_words_says_so(desk: Client) -> None:
    letter = LetterFactory(words=None)
    response = desk.get(reverse("admin:letter-preview", args=[letter.pk]), follow=True)
    assert "no text" in str(next(iter(response.context["messages"])))


def test_the_list_counts_what_waits(desk: Client, django_assert_max_num_queries: Any) -> None:
    letter = LetterFactory(open=True, public=True)
    SignOnFactory.create_batch(3, letter=letter)
    SignOnFactory(letter=letter, status=Status.APPROVED)
    url = reverse("admin:campaign_letter_changelist")
    page = desk.get(url, {"q": "Ban the noise"}).content.decode()
    assert re.search(rf"letter={letter.pk}&amp;status__exact=pending\">3</a>", page)
    LetterFactory.create_batch(10)
    with django_assert_max_num_queries(7):
        assert "Ban the noise now" in desk.get(url).content.decode()


def test_staff_who_may_only_look_get_no_buttons_and_no_form(client: Client) -> None:
    client.force_login(StaffFactory(may=["campaign.view_letter"]))
    letter = LetterFactory()
    page = client.get(change_url(letter))
    assert page.status_code == 200
    assert page.context["moves"] == []
    url = reverse("admin:campaign_letter_move", args=[letter.pk, "open"])
    assert client.post(url).status_code == 403
    assert client.get(reverse("admin:letter-preview", args=[letter.pk])).status_code == 200
    assert client.get(reverse("admin:letter-from-file")).status_code == 403


def test_strangers_are_asked_to_log_in(client: Client) -> None:
    letter = LetterFactory()
    for name, args in [
        ("letter-preview", [letter.pk]),
        ("letter-preview-pdf", [letter.pk]),
        ("letter-from-file", []),
        ("campaign_letter_move", [letter.pk, "open"]),
    ]:
        response = client.get(reverse(f"admin:{name}", args=args))
        assert response.status_code == 302
        assert "/admin/login/" in response["Location"]


def test_a_letter_cannot_open_with_a_closing_time_in_the_past(desk: Client) -> None:
    letter = LetterFactory(closes=timezone.now() - timedelta(days=1))
    assert "closes in the past" in move(desk, letter, "open")
    letter.closes = None
    letter.save()
    open_letter(letter)
