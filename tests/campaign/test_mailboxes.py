"""Which spellings of an address are counted as one mailbox, and which are not."""

import pytest

from campaign.tokens import address_key, mailbox_key

ONE_MAILBOX = [
    ("ada@example.org", "Ada+label@EXAMPLE.org"),
    ("ada.lovelace@gmail.com", "a.dalovelace+x@googlemail.com"),
    ("ada.lovelace@proton.me", "Ada-Love_lace+x@protonmail.com"),
    ("ada@protonmail.ch", "a.d.a@pm.me"),
    ("ada@icloud.com", "ada+x@me.com"),
    ("ada@icloud.com", "ada@mac.com"),
    ("ada.lovelace@yandex.ru", "ada-lovelace+x@ya.ru"),
    ("ada@yandex.com", "ada@yandex.com.tr"),
    ("ada@fastmail.com", "anything@ada.fastmail.com"),
    ("ada@fastmail.fm", "any.thing@ada.fastmail.fm"),
    ("ada_lovelace@fastmail.com", "x@ada-lovelace.fastmail.com"),
]
OTHER_MAILBOX = [
    ("ada@example.org", "bob@example.org"),
    ("ada.lovelace@example.org", "adalovelace@example.org"),
    ("ada-lovelace@gmail.com", "adalovelace@gmail.com"),
    ("ada.lovelace@icloud.com", "adalovelace@icloud.com"),
    ("adalovelace@yandex.ru", "ada.lovelace@yandex.ru"),
    ("ada@fastmail.com", "ada@fastmail.fm"),
    ("ada@x.example.org", "x@example.org"),
    ("ada@notfastmail.com", "ada@fastmail.com"),
]


@pytest.mark.parametrize(("one", "other"), ONE_MAILBOX)
def test_spellings_of_one_mailbox_are_counted_together(one: str, other: str) -> None:
    assert mailbox_key(one) == mailbox_key(other)
    assert address_key(one) != address_key(other)


@pytest.mark.parametrize(("one", "other"), OTHER_MAILBOX)
def test_other_mailboxes_are_counted_apart(one: str, other: str) -> None:
    assert mailbox_key(one) != mailbox_key(other)


@pytest.mark.parametrize(
    "odd", ["+x@example.org", "...@gmail.com", "-_.@proton.me", "@fastmail.com", "ada", "", "@"]
)
def test_an_odd_address_has_a_key_too(odd: str) -> None:
    assert len(mailbox_key(odd)) == 43


def test_where_nothing_is_labelled_both_keys_are_the_same() -> None:
    """What counted by the mailbox before mails had a key of their exact address still holds."""
    assert mailbox_key("ada@example.org") == address_key("ada@example.org")
