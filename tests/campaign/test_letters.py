"""A letter's moves, and the words that never change once they are fixed."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, InternalError, ProgrammingError, transaction
from django.utils import timezone

from campaign import letters
from campaign.letters import LetterError
from campaign.models import Letter, Text
from campaign.models.letter import ALLOWED, State
from campaign.texts import Words, canonical_source, direction, set_words, words_of

MOVES = {
    State.OPEN: letters.open_letter,
    State.CLOSED: letters.close_letter,
    State.ARCHIVED: letters.archive_letter,
}
NEW = Words(title="Act now", body="Other words.")


def bring_to(letter: Letter, state: str) -> None:
    for step in {"open": [], "closed": ["closed"], "archived": ["closed", "archived"]}[state]:
        MOVES[State(step)](letter)


@pytest.mark.parametrize("start", ["open", "closed", "archived"])
@pytest.mark.parametrize("end", list(MOVES))
def test_only_the_moves_in_the_map_are_made(letter: Letter, start: str, end: State) -> None:
    bring_to(letter, start)
    if end in ALLOWED[State(start)]:
        MOVES[end](letter)
        assert letter.state == end
    else:
        with pytest.raises(LetterError):
            MOVES[end](letter)
        assert letter.state == start


def test_the_database_refuses_a_move_past_our_code(letter: Letter) -> None:
    with pytest.raises((InternalError, ProgrammingError, IntegrityError)), transaction.atomic():
        Letter.objects.update(state=State.ARCHIVED)


def test_opening_fixes_the_first_text(draft: Letter) -> None:
    assert draft.current_text
    assert draft.current_text.fixed_at is None
    letters.open_letter(draft)
    assert Text.objects.get().fixed_at is not None


def test_a_letter_without_words_or_with_a_past_date_does_not_open(draft: Letter, db: None) -> None:
    with pytest.raises(LetterError, match="no text"):
        letters.open_letter(Letter.objects.create(slug="empty", sender="X"))
    Letter.objects.filter(pk=draft.pk).update(closes=timezone.now() - timedelta(days=1))
    with pytest.raises(LetterError, match="closes in the past"):
        letters.open_letter(draft)


@pytest.mark.parametrize("field", ["title", "body", "source"])
def test_the_database_keeps_the_words_of_a_fixed_text(letter: Letter, field: str) -> None:
    assert letter.current_text
    wording = letter.current_text.wordings.get()
    setattr(wording, field, "other")
    with pytest.raises((InternalError, ProgrammingError)), transaction.atomic():
        wording.save()
    with pytest.raises((InternalError, ProgrammingError)), transaction.atomic():
        wording.delete()
    with pytest.raises((InternalError, ProgrammingError)), transaction.atomic():
        Text.objects.update(number=9)


def test_a_drafts_words_are_replaced(draft: Letter) -> None:
    set_words(draft, NEW)
    draft.refresh_from_db()
    assert draft.current_text
    assert draft.current_text.number == 1
    assert words_of(draft.current_text.wordings.get()) == NEW


def test_changed_words_of_an_open_letter_are_a_new_fixed_text(letter: Letter) -> None:
    text = set_words(letter, NEW, note="Clearer")
    assert text
    text.refresh_from_db()
    assert (text.number, text.note) == (2, "Clearer")
    assert text.fixed_at is not None


def test_the_same_words_are_no_new_text(letter: Letter) -> None:
    assert letter.current_text
    words = words_of(letter.current_text.wordings.get())
    assert set_words(letter, words) is None
    windows = Words(**{**words.__dict__, "body": words.body.replace("\n", "\r\n") + "\r\n"})
    assert set_words(letter, windows) is None


def test_an_archived_letter_keeps_its_words(letter: Letter) -> None:
    bring_to(letter, "archived")
    with pytest.raises(LetterError):
        set_words(letter, NEW)


def test_the_canonical_source_holds_the_keys_of_a_text_only() -> None:
    source = canonical_source(
        Words(title="Cafe\u0301", body="A “quoted” – word", cc=["Sec. É"]).normalised()
    )
    assert source == "---\ntitle: Café\ncc:\n- Sec. É\n---\n\nA “quoted” – word\n"


@pytest.mark.parametrize(
    ("language", "expected"), [("ar", "rtl"), ("fa-IR", "rtl"), ("en-US", "ltr"), ("he", "rtl")]
)
def test_the_direction_follows_the_language(language: str, expected: str) -> None:
    assert direction(language) == expected
