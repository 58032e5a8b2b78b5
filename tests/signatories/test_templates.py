"""What must hold for every page that a visitor can meet, rendered without a database."""

import re
from itertools import pairwise
from pathlib import Path

import pytest
from django.conf import settings
from django.template.loader import render_to_string

from signatories.editions.list_html import items_html
from signatories.editions.schema import FrozenWording, Signatory
from tests.signatories.sample_letter import WORDING
from tests.signatories.sample_pages import MAIL_CONTEXT, NAME, OF_LETTER, PAGES, Page, shown, words

ABOUT_A_SIGN_ON = ["confirm", "confirmed", "expired", "manage", "withdrawn", "invalid_link"]
ABOUT_A_SIGN_ON += [page for page in PAGES if page.startswith("invitation")]
MAILS = [
    "sign_on_confirm",
    "sign_on_listed",
    "sign_on_question",
    "sign_on_reaffirm",
    "sign_on_rejected",
    "sign_on_withdrawn",
]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_has_a_language_a_title_and_one_first_heading(page: str) -> None:
    parsed = Page(shown(page))
    html = parsed.attributes("html")[0]
    assert html["lang"]
    assert html["dir"] == "ltr"
    assert parsed.heard["title"][0].strip()
    assert len(parsed.heard["h1"]) == 1
    assert parsed.heard["h1"][0].strip()


@pytest.mark.parametrize("page", PAGES)
def test_no_heading_level_is_skipped(page: str) -> None:
    levels = [int(tag[1]) for tag, _ in Page(shown(page)).tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


@pytest.mark.parametrize("page", PAGES)
def test_a_page_needs_no_script_no_inline_style_no_cookie_and_no_third_party(page: str) -> None:
    parsed = Page(shown(page))
    for tag, attributes in parsed.tags:
        assert tag not in {"script", "style", "iframe", "img", "object", "base"}
        assert not [key for key in attributes if key == "style" or key.startswith("on")]
        if tag == "link" and attributes["rel"] in {"stylesheet", "icon"}:
            assert attributes["href"].startswith("/")
            assert attributes["referrerpolicy"] == "no-referrer"
        if tag == "form":
            assert attributes["action"].startswith("/")
    assert "csrf" not in shown(page)


@pytest.mark.parametrize("page", PAGES)
def test_ids_are_unique_and_every_reference_to_one_arrives(page: str) -> None:
    tags = Page(shown(page)).tags
    ids = [attributes["id"] for _, attributes in tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    for _, attributes in tags:
        references = attributes.get("aria-describedby", "") + " "
        references += attributes.get("aria-labelledby", "") + " " + attributes.get("for", "")
        if attributes.get("href", "").startswith("#"):
            references += f" {attributes['href'][1:]}"
        assert set(references.split()) <= set(ids)


@pytest.mark.parametrize("page", PAGES)
def test_what_was_typed_stands_as_text_and_never_as_markup(page: str) -> None:
    html = shown(page)
    for typed in (NAME, "<now>", "<script>", "<i>Example", "<b>&"):
        assert typed not in html
    assert not re.search(r"\s[.,;](\s|$)", words(page)), "a space before a full stop"


@pytest.mark.parametrize("page", ABOUT_A_SIGN_ON)
def test_pages_behind_a_token_keep_it_to_themselves(page: str) -> None:
    parsed = Page(shown(page))
    assert {"name": "robots", "content": "noindex, nofollow"} in parsed.attributes("meta")
    assert "1-x" not in parsed.heard["title"][0]
    for link in parsed.attributes("a"):
        if link["href"].startswith("/"):
            assert link["referrerpolicy"] == "no-referrer"


def test_the_letter_stands_as_outside_tools_read_it() -> None:
    html, parsed = shown("letter"), Page(shown("letter"))
    assert parsed.attributes("html")[0] == {"lang": "en-US", "dir": "ltr", "data-edition": "12"}
    assert parsed.heard["h1"] == ["Act <now> & here"]
    assert [x["data-group"] for x in parsed.attributes("section")] == ["partners"]
    assert html.count('class="signatory-name"') == 1
    assert 'fill="#1f4e79"' in html
    text = words("letter")
    assert "1 signatory" in text
    assert "Listed in error? Write to coordinator@example.org." in text
    assert "Sweden" in text


def test_an_unlisted_letter_shows_no_list_no_count_and_no_data() -> None:
    html = shown("letter, unlisted draft")
    assert "Unlisted: only people who have this link can see this page." in words(
        "letter, unlisted draft"
    )
    assert "Draft – not open for signatures yet." in html
    assert 'content="noindex"' in html
    for secret in ("signatory-name", "1 signatory", "data-group", ".json", ".csv", "canonical"):
        assert secret not in html


def test_a_right_to_left_letter_sets_the_direction_of_its_page() -> None:
    arabic: FrozenWording = {**WORDING, "language": "ar", "direction": "rtl"}
    html = render_to_string("signatories/letter.html", {**OF_LETTER, "wording": arabic})
    attributes = Page(html).attributes("html")[0]
    assert (attributes["lang"], attributes["dir"]) == ("ar", "rtl")


def test_above_the_form_stands_what_is_signed_until_when_and_by_whom() -> None:
    text = words("sign")
    assert "Text 3, SHA-256 3f2a9b1c3f2a…" in text
    assert "31 May 2026, 23:59 (Europe/Paris), 21:59 UTC" in text
    assert "Only organisations can sign" in text
    assert 'href="/letters/ours/letter.pdf"' in shown("sign")


def test_the_form_says_what_it_asks_in_the_agreed_words() -> None:
    text = words("sign")
    assert (
        "Organisation, exactly as it should be listed. Example: Mines Advisory Group (MAG)." in text
    )
    assert (
        "Your name, title and e-mail go to the coordinators only; they are not published." in text
    )
    assert "I am authorised to sign this letter for this organisation." in text
    assert "Sign for our organisation" in text
    parsed = Page(shown("sign"))
    assert parsed.attributes("form")[0]["action"] == "/letters/ours/sign/"
    named = {x["name"]: x for x in parsed.attributes("input") + parsed.attributes("select")}
    assert named["text"] == {"type": "hidden", "name": "text", "value": "3", "id": "id_text"}
    assert named.pop("subject")["autocomplete"] == "off"  # the trap
    assert {x["autocomplete"] for x in named.values() if "autocomplete" in x} == {
        "organization",
        "country",
        "url",
        "name",
        "organization-title",
        "email",
    }


def test_errors_stand_in_a_summary_and_at_their_fields() -> None:
    parsed = Page(shown("sign, refused"))
    wrong = {
        attributes["id"]: attributes
        for tag, attributes in parsed.tags
        if attributes.get("aria-invalid") == "true"
    }
    assert set(wrong) == {"id_organisation", "id_contact_title", "id_email", "id_authorised"}
    assert wrong["id_email"]["aria-describedby"] == "id_email_helptext id_email_error"
    links = {x["href"][1:] for x in parsed.attributes("a") if x["href"].startswith("#id_")}
    assert links == set(wrong)
    assert parsed.heard["title"][0].startswith("Error: ")
    assert "The letter’s text has changed since you opened this page." in words("sign, refused")


def test_a_letter_that_takes_no_sign_ons_says_why_and_shows_no_form() -> None:
    assert "Signing is not open yet." in words("sign, not yet")
    assert "Signing has closed on 31 May 2026, 23:59 (Europe/Paris), 21:59 UTC." in words(
        "sign, closed"
    )
    for page in ("sign, not yet", "sign, closed"):
        assert not Page(shown(page)).attributes("form")


def test_the_answers_are_in_the_agreed_words() -> None:
    assert (
        "One step left: open our mail and press Confirm. A sign-on counts only once confirmed. "
        "Nothing after ten minutes? Check spam or write to coordinator@example.org."
    ) in words("check_email")
    assert f"Confirm: {NAME} signs this letter" in words("confirm")
    assert (
        f"{NAME} has signed. It is not listed yet: "
        "a coordinator checks each sign-on, and we mail you."
    ) in words("confirmed")
    assert NAME in words("closed")


@pytest.mark.parametrize("mail", MAILS)
def test_a_mail_says_the_same_in_text_and_in_html(mail: str) -> None:
    text = render_to_string(f"emails/{mail}.txt", MAIL_CONTEXT)
    html = render_to_string(f"emails/{mail}.html", MAIL_CONTEXT)
    heard = " ".join(Page(html).heard["html"][0].split())
    for said in (NAME, "Act <now> & here", "are read by The Coalition"):
        assert said in text
        assert said in heard
    assert NAME not in html
    # A link stands alone on its line, whole, so that no mail program cuts it.
    for line in text.splitlines():
        assert "https://" not in line or re.fullmatch(r"https://\S+", line)
        assert len(line) <= 78 or NAME in line


def test_the_mail_to_confirm_says_what_will_be_listed_and_what_silence_means() -> None:
    text = render_to_string("emails/sign_on_confirm.txt", MAIL_CONTEXT)
    html = render_to_string("emails/sign_on_confirm.html", MAIL_CONTEXT)
    assert f"It will be listed as: {NAME}\n" in text
    assert "It will be listed as: <strong>Peace &lt;b&gt;" in html
    for mail in (text, html):
        assert "doing nothing lists nothing" in mail
        assert "valid until 26 May 2026, 14:03 UTC" in mail
        assert MAIL_CONTEXT["link"] in mail
    # A stranger's words beside the name would make this mail a way to send spam.
    assert "Ada" not in text + html


def test_the_style_sheet_is_small_and_loads_nothing_else() -> None:
    css = (Path(settings.BASE_DIR) / "static/css/site.css").read_text()
    assert len(css.encode()) < 20_000
    assert "url(" not in css
    assert "@import" not in css


def test_a_line_of_the_list_is_escaped_and_links_only_to_the_web() -> None:
    lines = items_html(
        [
            Signatory(name=NAME, country="SE", website="javascript:alert(1)"),
            Signatory(name="Plain", country="", website='https://a.example/?"x"&y'),
        ]
    ).split("\n")
    assert lines == [
        '<li><span class="signatory-name" dir="auto">Peace &lt;b&gt;&amp;&lt;/b&gt; '
        '&quot;Bread&quot;</span> <span class="signatory-country">Sweden</span></li>',
        '<li><a href="https://a.example/?&quot;x&quot;&amp;y" rel="nofollow noopener">'
        '<span class="signatory-name" dir="auto">Plain</span></a></li>',
    ]
    assert "country" not in items_html(
        [Signatory(name="A", country="SE", website="")], countries=False
    )
