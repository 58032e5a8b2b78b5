"""What is remembered of a letter is never older than the letter."""

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from campaign.letters import close_letter, make_unlisted, pause_letter
from campaign.models import Letter
from campaign.texts import Words, set_words
from signatories.services.current import current_wording
from tests.signatories.test_views import FORM, SIGN


def test_what_has_not_changed_costs_one_small_question(
    letter: Letter, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    first = current_wording(slug="ours")
    with django_assert_num_queries(1):
        assert current_wording(slug="ours") is first
        assert first
        assert first.text.letter.default_group


def test_every_change_of_a_letter_is_seen_at_once(letter: Letter) -> None:
    def seen() -> Letter:
        wording = current_wording(slug="ours")
        assert wording
        return wording.text.letter

    assert seen().accepts_sign_ons()
    pause_letter(letter)
    assert seen().paused_at
    # Twice in one transaction, too.
    Letter.objects.update(asks_country=False)
    assert not seen().asks_country
    Letter.objects.update(asks_country=True)
    assert seen().asks_country
    close_letter(letter)
    assert not seen().accepts_sign_ons()
    make_unlisted(letter)
    assert not seen().public
    wording = current_wording(key=letter.unlisted_key)
    assert wording
    assert wording.text.letter == letter


def test_new_words_are_seen_at_once(letter: Letter) -> None:
    before = current_wording(slug="ours")
    set_words(letter, Words(title="Act now", body="Please act **today**."))
    after = current_wording(slug="ours")
    assert before
    assert after
    assert (before.text.number, after.text.number) == (1, 2)


def test_a_deleted_group_is_not_signed_into(client: Client, letter: Letter) -> None:
    assert client.post(SIGN, FORM).status_code == 302
    assert letter.default_group
    letter.default_group.sign_ons.all().delete()
    letter.default_group.delete()
    assert client.post(SIGN, FORM).status_code == 302


@pytest.mark.parametrize("words", [{"slug": "unknown"}, {"key": "unknown"}])
def test_there_are_no_words_without_a_letter(db: None, words: dict[str, str]) -> None:
    assert current_wording(**words) is None
