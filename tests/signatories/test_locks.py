"""Who waits for whom: nobody for each other, and nobody for a long load."""

import threading
from collections.abc import Callable
from contextlib import suppress

import pytest
from django.db import connection, transaction

from campaign.letter_file import read_letter_file
from campaign.models import Letter
from campaign.models.text import Change
from campaign.publication import gathered, want
from campaign.texts import Words, set_words
from signatories.models import SignOn
from signatories.services import moderation
from signatories.services.loading import load
from signatories.services.moving import Refused
from tests.conftest import LETTER
from tests.signatories.test_signing import confirm, sign

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*acts: Callable[[], object]) -> list[str]:
    """Run all at the same time, many times over; returns what went wrong."""
    wrong: list[str] = []
    start = threading.Barrier(len(acts))

    def run(act: Callable[[], object]) -> None:
        try:
            for _ in range(15):
                start.wait(30)
                act()
        except Exception as error:
            start.abort()
            wrong.append(repr(error))
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [what for what in wrong if "BrokenBarrier" not in what]


def test_changing_words_approving_and_publishing_all_never_wait_for_each_other(
    letter: Letter,
) -> None:
    other = load(
        read_letter_file(LETTER.replace("slug: ours", "slug: theirs").encode()), open_it=True
    )
    numbers = iter(range(1000))

    def change() -> None:
        set_words(letter, Words(title="Act now", body=f"Version {next(numbers)}"))

    def approve_on(which: Letter) -> Callable[[], None]:
        def approve() -> None:
            name = f"Body {next(numbers)}"
            sign(Letter.objects.get(pk=which.pk), name)
            sign_on = SignOn.objects.get(listed_name=name)
            confirm(sign_on)
            moderation.approve(sign_on=sign_on)

        return approve

    def publish_all() -> None:
        with transaction.atomic(), gathered():
            for each in Letter.objects.order_by("-pk"):
                want(each)

    assert at_once(change, approve_on(letter), approve_on(other.applied.letter), publish_all) == []


def test_a_text_that_is_fixed_while_others_approve_asks_every_one_of_them(letter: Letter) -> None:
    """Whoever is approved at that moment is asked by the Text, or by the approval itself."""
    numbers = iter(range(1000))

    def change() -> None:
        body = f"Version {next(numbers)}"
        set_words(letter, Words(title="Act now", body=body), change=Change.SUBSTANTIVE, note="x")

    def approve() -> None:
        name = f"Body {next(numbers)}"
        sign(Letter.objects.get(pk=letter.pk), name)
        sign_on = SignOn.objects.get(listed_name=name)
        confirm(sign_on)
        moderation.approve(sign_on=sign_on)
        # Once more, which is refused, and must not wait for the Text either.
        with suppress(Refused):
            moderation.approve(sign_on=sign_on)

    assert at_once(change, approve, approve, approve) == []
    newest = letter.texts.latest("number")
    assert newest.number > 2
    assert SignOn.objects.filter(status="approved").count() > 3
    assert not SignOn.objects.public().filter(wording__text__number__lt=newest.number).exists()


def test_signing_does_not_wait_for_a_load(letter: Letter) -> None:
    """The load has changed the words and not yet committed; a sign-on refers to the letter."""
    words = Words(title="Act now", body="Other.")
    signed = threading.Event()

    def post() -> None:
        sign(Letter.objects.get(pk=letter.pk))
        signed.set()
        connection.close()

    with transaction.atomic():
        set_words(letter, words)
        thread = threading.Thread(target=post)
        thread.start()
        assert signed.wait(30)
    thread.join()
