"""Every page that a visitor can meet, with what it is given, for tests without a database."""

from collections.abc import Mapping
from html.parser import HTMLParser
from typing import Any

from django.template.loader import render_to_string

from campaign.markup.words import difference_html
from signatories.editions.list_html import items_html
from signatories.editions.schema import FrozenLetter, Signatory
from signatories.forms import SignForm
from signatories.invitation_forms import ColleagueForm, DeclineForm, InvitedForm
from signatories.proof import Challenge
from tests.signatories.sample_letter import LETTER, TEXT, WORDING

STYLE = {"stylesheet": "/static/css/site.css"}
CLOSES = {
    "iso": "2026-05-31T21:59:00Z",
    "local": "31 May 2026, 23:59 (Europe/Paris)",
    "utc": "21:59 UTC",
}
PARIS: FrozenLetter = {**LETTER, "time_zone": "Europe/Paris"}
CLOSED: FrozenLetter = {**PARIS, "state": "closed"}
DRAFT: FrozenLetter = {**PARIS, "state": "draft"}
UNLISTED: FrozenLetter = {**PARIS, "public": False, "path": "/unlisted/secret/"}
NAME = 'Peace <b>&</b> "Bread"'
SIGN_ON = {
    "listed_name": NAME,
    "website": "https://a.example/?b&c",
    "country": "Sweden",
    "shown": "0" * 64,
    "contact_name": "Ada <i>Example</i>",
    "contact_title": "Officer",
    "text_number": 3,
    "status": "pending",
    "token_path": "/sign-ons/confirm/1-x/",
    "withdrawable": True,
}
COMMON = {
    **STYLE,
    "letter": PARIS,
    "text": TEXT,
    "wording": WORDING,
    "closes": CLOSES,
    "opens": None,
    "accepting": True,
}
GROUPS = [
    {
        "key": "partners",
        "title": "Partners & friends",
        "items_html": items_html([Signatory(name=NAME, country="SE", website="https://a.example")]),
    }
]
PUBLISHED = {"iso": "2026-05-12T14:03:00Z", "local": "12 May 2026, 14:03 UTC", "utc": "14:03 UTC"}
OF_LETTER = {
    **COMMON,
    "body_html": "<p>Please act <strong>now</strong>.</p>",
    "groups": GROUPS,
    "count": 1,
    "edition": 12,
    "published_at": PUBLISHED,
}
EMPTY_FORM = SignForm(letter=PARIS, text_number=3)
WRONG_FORM = SignForm(
    {"organisation": "", "contact_name": '"><script>alert(1)</script>', "email": "ada"},
    letter=PARIS,
    text_number=3,
)
# Without its script, which the policy of these pages forbids.
PROOF = Challenge("SHA-256", "0" * 64, "1&", 400_000, "0" * 64, "asked", script="", worker="")
FILLED_FORM = SignForm(
    {
        "organisation": NAME,
        "contact_name": "Ada",
        "contact_title": "Officer",
        "email": "ada@example.org",
        "authorised": "on",
        "text": "3",
    },
    letter=PARIS,
    text_number=3,
)
FILLED_FORM.proof = PROOF
CHANGES = difference_html("Please act later.\n", "Please act <now>.\n")
LINK = "/invitations/1-x/"


def invited_form(data: dict[str, str] | None = None, email: str = "ada@example.org") -> InvitedForm:
    return InvitedForm(
        data,
        letter=PARIS,
        text_number=3,
        invited_email=email,
        action=LINK,
        initial={"organisation": NAME, "contact_name": "Ada"},
    )


INVITED = {
    **COMMON,
    "organisation": NAME,
    "form": invited_form(),
    "colleague": ColleagueForm(action=LINK),
    "decline": DeclineForm(action=LINK),
}
WRONG_INVITED = invited_form({"organisation": "", "contact_name": '"><script>alert(1)</script>'})
WRONG_COLLEAGUE = ColleagueForm({"name": '"><script>alert(1)</script>', "email": "x"}, action=LINK)
ON_THE_LIST = {
    "title": "Act <now>",
    "path": "/letters/ours/",
    "state": "open",
    "state_label": "Open for signatures",
    "count": 36,
    "sender": "The Coalition",
    "closes": CLOSES,
    "accepting": True,
    "time_zone": "Europe/Paris",
}
MAIL = {"name": "1.eml", "subject": "Confirm", "to": "ada@example.org", "date": "12 May 2026"}

PAGES: dict[str, tuple[str, Mapping[str, Any]]] = {
    "letter": ("signatories/letter.html", OF_LETTER),
    "letter, closed": (
        "signatories/letter.html",
        {**OF_LETTER, "letter": CLOSED, "accepting": False},
    ),
    "letter, unlisted draft": (
        "signatories/letter.html",
        {
            **OF_LETTER,
            "letter": {**UNLISTED, "state": "draft"},
            "accepting": False,
            "not_yet": True,
        },
    ),
    "sign": ("signatories/sign.html", {**COMMON, "form": EMPTY_FORM}),
    "sign, refused": (
        "signatories/sign.html",
        {**COMMON, "form": WRONG_FORM, "changes_html": CHANGES},
    ),
    "sign, near a limit": (
        "signatories/sign.html",
        {**COMMON, "form": FILLED_FORM, "proof": PROOF, "from_where": "from your network"},
    ),
    "sign, far beyond a limit": (
        "signatories/sign.html",
        {
            **COMMON,
            "form": FILLED_FORM,
            "proof": PROOF,
            "from_where": "on this letter",
            "try_again": "12 minutes",
        },
    ),
    "sign, not yet": (
        "signatories/sign.html",
        {**COMMON, "letter": DRAFT, "accepting": False, "not_yet": True, "form": EMPTY_FORM},
    ),
    "sign, closed": (
        "signatories/sign.html",
        {**COMMON, "letter": CLOSED, "accepting": False, "form": EMPTY_FORM},
    ),
    "check_email": ("signatories/check_email.html", COMMON),
    "closed": (
        "signatories/closed.html",
        {**COMMON, "letter": CLOSED, "accepting": False, "typed": [("Organisation", NAME)]},
    ),
    "confirm": (
        "signatories/confirm.html",
        {**COMMON, "sign_on": SIGN_ON, "changes_html": CHANGES},
    ),
    "confirmed": ("signatories/confirmed.html", {**COMMON, "sign_on": SIGN_ON, "already": False}),
    "confirmed before": (
        "signatories/confirmed.html",
        {**COMMON, "sign_on": {**SIGN_ON, "status": "approved"}, "already": True},
    ),
    "expired": (
        "signatories/expired.html",
        {**COMMON, "renew_path": "/sign-ons/confirm/1-x/renew/"},
    ),
    "expired for good": ("signatories/expired.html", {**COMMON, "renew_path": ""}),
    "invalid_link": ("signatories/invalid_link.html", STYLE),
    "manage": ("signatories/manage.html", {**COMMON, "sign_on": SIGN_ON}),
    "manage, not sure": (
        "signatories/manage.html",
        {**COMMON, "sign_on": SIGN_ON, "sure_missing": True},
    ),
    "manage, asked": (
        "signatories/manage.html",
        {
            **COMMON,
            "sign_on": {**SIGN_ON, "status": "approved", "asked": True, "text_number": 2},
            "newer": [{"number": 3, "note": "We <now> ask more."}],
            "changes_html": CHANGES,
            "changed_meanwhile": True,
        },
    ),
    "manage, re-affirmed": (
        "signatories/manage.html",
        {**COMMON, "sign_on": {**SIGN_ON, "status": "approved"}, "reaffirmed": True},
    ),
    "manage, edited": (
        "signatories/manage.html",
        {
            **COMMON,
            "sign_on": {**SIGN_ON, "text_number": 2},
            "newer": [{"number": 3, "note": "A comma."}],
            "changes_html": CHANGES,
        },
    ),
    "withdrawn": ("signatories/withdrawn.html", {**COMMON, "sign_on": SIGN_ON}),
    "invitation": ("signatories/invitation.html", INVITED),
    "invitation, refused": (
        "signatories/invitation.html",
        {**INVITED, "form": WRONG_INVITED, "posted": WRONG_INVITED, "changes_html": CHANGES},
    ),
    "invitation, not passed on": (
        "signatories/invitation.html",
        {**INVITED, "colleague": WRONG_COLLEAGUE, "posted": WRONG_COLLEAGUE, "too_many": True},
    ),
    "invitation, declined, of nobody": (
        "signatories/invitation.html",
        {**INVITED, "form": invited_form(email=""), "declined": True},
    ),
    **{
        f"invitation, {said}": (
            "signatories/invitation_said.html",
            {
                **COMMON,
                "organisation": NAME,
                "said": said,
                "sign_on": SIGN_ON,
                "colleague": {"name": NAME, "email": "bea@example.org"},
                "again": LINK,
            },
        )
        for said in ("signed", "passed-on", "declined", "withdrawn", "rejected", "closed")
    },
    "letters": ("campaign/letters.html", {**STYLE, "letters": [ON_THE_LIST]}),
    "no letters": ("campaign/letters.html", {**STYLE, "letters": []}),
    "403": ("403.html", STYLE),
    "404": ("404.html", STYLE),
    "405": ("405.html", STYLE),
    "413": ("413.html", STYLE),
    "414": ("414.html", STYLE),
    "400": ("400.html", STYLE),
    "500": ("500.html", STYLE),
    "paused": ("campaign/paused.html", STYLE),
    "mailbox": ("campaign/mailbox.html", {**STYLE, "mails": [MAIL]}),
    "mail": (
        "campaign/mailbox_mail.html",
        {**STYLE, "headers": [("To", "a@b.org")], "text": "<b>", "links": ["https://a.example/x/"]},
    ),
}
MAIL_CONTEXT = {
    "title": "Act <now> & here",
    "name": NAME,
    "person": "Ada Example",
    "sender": "The Coalition",
    "contact": "coordinator@example.org",
    "link": "https://letters.example.org/sign-ons/confirm/1-x/",
    "link_valid_until": "26 May 2026, 14:03 UTC",
    "letter_url": "https://letters.example.org/letters/ours/",
    "reason": "Listed before, as “Peace & Bread”.",
    "question": "Is <this> your board's decision?",
    "text_number": 3,
    "manage_link": "https://letters.example.org/sign-ons/manage/1-y/",
    "newer": [{"number": 4, "note": "We <now> ask more."}],
    "new_number": 4,
}


class Page(HTMLParser):
    """What is looked at below: start tags with their attributes, and the text of some."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.heard: dict[str, list[str]] = {}
        self.open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {key: value or "" for key, value in attrs}))
        if tag in {"h1", "title", "html"}:
            self.heard.setdefault(tag, []).append("")
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self.open:
            self.open.remove(tag)

    def handle_data(self, data: str) -> None:
        for tag in self.open:
            self.heard[tag][-1] += data

    def attributes(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.tags if name == tag]


def shown(page: str) -> str:
    template, context = PAGES[page]
    return render_to_string(template, dict(context))


def words(page: str) -> str:
    """All the text of a page, with single spaces."""
    return " ".join(Page(shown(page)).heard["html"][0].split())
