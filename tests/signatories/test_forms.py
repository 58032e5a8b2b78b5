"""The form, without a database: what it takes, what it says, what it keeps as typed."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaign.names import BIDI_OVERRIDES, INVISIBLE
from signatories.countries import country_choices, country_name
from signatories.editions.schema import FrozenLetter
from signatories.forms import SignForm
from tests.signatories.sample_letter import LETTER

GOOD = {
    "organisation": "Mines Advisory Group (MAG)",
    "country": "GB",
    "website": "www.maginternational.org",
    "contact_name": "Ada Example",
    "contact_title": "Programme Officer",
    "email": "ada@example.org",
    "authorised": "on",
    "text": "3",
}


def filled(**changes: str) -> SignForm:
    return SignForm({**GOOD, **changes}, letter=LETTER, text_number=3)


def test_a_filled_form_gives_what_was_typed() -> None:
    form = filled()
    assert form.is_valid(), form.errors
    assert form.cleaned_data == {
        **GOOD,
        "website": "https://www.maginternational.org",
        "authorised": True,
        "text": 3,
        "subject": "",
    }


def test_its_fields_and_their_order_are_those_that_outside_tools_rely_on() -> None:
    assert list(filled().fields) == [
        "organisation",
        "country",
        "website",
        "contact_name",
        "contact_title",
        "email",
        "authorised",
        "text",
        "subject",  # the trap: nobody fills it in
    ]


def test_country_and_website_are_asked_only_where_the_letter_asks() -> None:
    letter: FrozenLetter = {**LETTER, "asks_country": False, "asks_website": False}
    form = SignForm(GOOD, letter=letter, text_number=3)
    assert form.is_valid(), form.errors
    assert not {"country", "website"} & {*form.fields, *form.cleaned_data}


@pytest.mark.parametrize(
    ("field", "says"),
    [
        ("organisation", "name of the organisation"),
        ("contact_name", "your name"),
        ("contact_title", "your title"),
        ("email", "your e-mail address"),
        ("authorised", "authorised to sign"),
    ],
)
def test_each_missing_field_is_named_in_its_own_message(field: str, says: str) -> None:
    for empty in ("", "   "):
        if field == "authorised" and empty:
            continue
        form = filled(**{field: empty})
        assert list(form.errors) == [field]
        assert says in form.errors[field][0]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("example.org", "https://example.org"),
        ("http://example.org/en", "http://example.org/en"),
        ("HTTPS://example.org", "https://example.org"),
        (" www.example.org\u200b ", "https://www.example.org"),
        ("münchen.example", "https://münchen.example"),
    ],
)
def test_a_website_is_taken_as_people_write_it(typed: str, meant: str) -> None:
    form = filled(website=typed)
    assert form.is_valid(), form.errors
    assert form.cleaned_data["website"] == meant


@pytest.mark.parametrize(
    "typed",
    [
        "javascript:alert(1)",
        "javascript://example.org/%0aalert(1)",
        "data:text/html,hello",
        "ftp://example.org",
        "https://user:secret@example.org",
        "info@example.org",
        "our website",
        "localhost",
        "https://",
        "https://exa mple.org",
        "https://[::1",
        f"example.org/{'a' * 300}",
    ],
)
def test_a_website_that_is_none_is_refused_in_plain_words(typed: str) -> None:
    form = filled(website=typed)
    assert list(form.errors) == ["website"]
    assert form.errors["website"][0].startswith("The website's address")


@pytest.mark.parametrize(
    "typed",
    [
        "ada",
        "ada@",
        "@example.org",
        "ada@example",
        "a b@example.org",
        "ada@@example.org",
        "ada@example..org",
        "Ada <ada@example.org>",
        "ada@[127.0.0.1]",
        "юля@example.org",
        "ada@example.org\nBcc: x@example.org",
        "ada@example.org\x00",
        f"ada@{'a.' * 130}org",
    ],
)
def test_an_address_that_cannot_be_one_is_refused_in_plain_words(typed: str) -> None:
    form = filled(email=typed)
    assert list(form.errors) == ["email"]
    assert form.errors["email"][0].startswith("The e-mail address")


def test_what_is_wrong_with_an_address_is_said_in_our_words() -> None:
    message = filled(email="ada@example").errors["email"][0]
    assert "e-mail" in message
    assert "should have a dot" in message


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("ada@EXAMPLE.org", "ada@example.org"),
        ("\ufeffada@example.org\u200b ", "ada@example.org"),
        ("ada+letters@example.org", "ada+letters@example.org"),
        ("ada@organisation.test", "ada@organisation.test"),
    ],
)
def test_an_address_is_taken_without_what_copying_adds(typed: str, meant: str) -> None:
    form = filled(email=typed)
    assert form.is_valid(), form.errors
    assert form.cleaned_data["email"] == meant


@pytest.mark.parametrize("field", ["contact_name", "contact_title"])
@pytest.mark.parametrize("character", ["\x00", "\n", "\x1b", "\u202e", "\u2066"])
def test_control_characters_about_a_person_are_refused(field: str, character: str) -> None:
    form = filled(**{field: f"Ada{character}Example"})
    assert list(form.errors) == [field]
    assert f"U+{ord(character):04X}" in form.errors[field][0]
    assert form.errors[field][0].startswith("Your ")


@pytest.mark.parametrize("field", ["contact_name", "contact_title"])
def test_a_line_about_a_person_has_letters_and_an_end(field: str) -> None:
    assert "in letters" in filled(**{field: "\u200b…"}).errors[field][0]
    assert "201 characters" in filled(**{field: "a" * 201}).errors[field][0]
    assert filled(**{field: "a" * 200}).is_valid()
    form = filled(**{field: "Ada \u00a0 Example"})
    assert form.is_valid()
    assert form.cleaned_data[field] == "Ada Example"


def test_a_name_that_is_too_long_is_refused_whole_and_kept_in_the_form() -> None:
    name = "a" * 301
    form = filled(organisation=name)
    assert form.errors["organisation"] == [
        "Organisation: the name has 301 characters; the longest allowed is 300."
    ]
    assert form["organisation"].value() == name
    assert "maxlength" not in str(form["organisation"])


@given(
    st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1, max_size=300).filter(
        lambda name: (
            not BIDI_OVERRIDES & set(name)
            and any(unicodedata.category(c)[0] in "LNPS" for c in name)
            and len(unicodedata.normalize("NFC", name)) <= 300
        )
    )
)
def test_any_name_without_control_characters_comes_out_as_typed(name: str) -> None:
    form = filled(organisation=name)
    assert form.is_valid(), form.errors
    shown = "".join(c for c in name if c not in INVISIBLE)
    assert form.cleaned_data["organisation"] == " ".join(
        unicodedata.normalize("NFC", shown).split()
    )


@given(st.text(max_size=400))
@settings(deadline=None)
def test_whatever_is_typed_gives_an_answer_and_never_a_crash(typed: str) -> None:
    form = filled(**dict.fromkeys(GOOD, typed))
    form.is_valid()
    form.as_div()


@pytest.mark.parametrize("typed", ["", "0", "-1", "x", "1.5", "99999999999999999999", "٣٣ a"])
def test_an_unreadable_text_number_counts_as_outdated(typed: str) -> None:
    form = filled(text=typed)
    assert form.is_valid(), form.errors
    assert form.cleaned_data["text"] == 0


def test_the_number_becomes_the_current_one_only_when_nothing_else_is_wrong() -> None:
    outdated = filled(text="2")
    assert outdated.is_valid()
    assert outdated["text"].value() == 3
    wrong = filled(text="2", email="")
    assert not wrong.is_valid()
    assert wrong["text"].value() == 2


def test_nothing_in_an_empty_form_is_about_the_visitor() -> None:
    shown = [str(SignForm(letter=LETTER, text_number=3).as_div()) for _ in range(2)]
    assert shown[0] == shown[1]
    assert "csrf" not in shown[0]


def test_countries_stand_under_the_names_that_people_look_for() -> None:
    choices = dict(country_choices())
    assert len(choices) == len(country_choices()) > 240
    assert (choices["BO"], choices["TW"], choices["SE"]) == ("Bolivia", "Taiwan", "Sweden")
    names = list(choices.values())
    # "Å" sorts with "A", as the root collation has it, and not after "Z".
    assert names.index("Åland Islands") < names.index("Albania")
    assert country_name("SE") == "Sweden"
    assert country_name("XK") == "XK"
