"""Building: the files of an edition, a pure function of its document."""

import csv
import hashlib
import io
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string

from campaign.markup.html import to_html
from signatories.editions.context import moment, page_context
from signatories.editions.freeze import digest
from signatories.editions.list_html import items_html
from signatories.editions.schema import Document, FrozenWording, SiteDocument
from signatories.forms import SignForm
from signatories.list_file import escape_formula

Files = dict[str, bytes]

#: The answers that Caddy gives in words of ours, by their status.
ERRORS = (400, 403, 404, 405, 413, 414, 500)


def letter_files(document: Document) -> Files:
    """Every file of a letter's edition but the PDF and the manifest, by relative path."""
    files: Files = {}
    for index, wording in enumerate(document["text"]["wordings"]):
        place = "" if index == 0 else f"{wording['language'].lower()}/"
        context = _context(document, wording)
        files[f"{place}index.html"] = _page("signatories/letter.html", context)
        files[f"{place}sign/index.html"] = _page("signatories/sign.html", context)
        files[f"{place}check-email/index.html"] = _page("signatories/check_email.html", context)
        files[f"{place}text.md"] = wording["source"].encode()
    if document["letter"]["public"]:
        files["signatories.json"] = _json(_signatories(document))
        files["signatories.csv"] = _csv(document)
        files["letter.json"] = _json(_letter(document))
    return files


def letter_page(document: Document, language: str) -> bytes:
    """The letter's page alone, for a preview. Raises LookupError for a language it is not in."""
    for wording in document["text"]["wordings"]:
        if wording["language"] == language:
            return _page("signatories/letter.html", _context(document, wording))
    raise LookupError(language)


def site_files(document: SiteDocument) -> Files:
    """The files of the site edition: the list of letters, and the pages for what goes wrong."""
    letters = [
        {
            **letter,
            "closes": moment(letter["closes"], letter["time_zone"]),
            "accepting": letter["state"] == "open",
        }
        for letter in document["letters"]
    ]
    common = {"stylesheet": document["stylesheet"], "edition": document["edition"]}
    robots = "User-agent: *\nDisallow: /admin/\nDisallow: /sign-ons/\nDisallow: /unlisted/\n"
    return {
        "index.html": _page("campaign/letters.html", {**common, "letters": letters}),
        **{f"{status}.html": _page(f"{status}.html", common) for status in ERRORS},
        "paused.html": _page("campaign/paused.html", common),
        ".well-known/security.txt": _security_txt(document),
        "robots.txt": robots.encode(),
        "favicon.svg": (settings.BASE_DIR / "static/icons/favicon.svg").read_bytes(),
    }


def manifest(
    document: Document | SiteDocument, files: Mapping[str, bytes], *, complete: bool
) -> bytes:
    """`manifest.json`: what the edition is, and the SHA-256 of every other file in it.

    It is complete once the PDF is among them.
    """
    text = document.get("text")
    words = text["wordings"][0] if text else None  # type: ignore[index]
    return _json(
        {
            "edition": document["edition"],
            "published_at": document["published_at"],
            "renderer": document["renderer"],
            "text": text["number"] if text else None,  # type: ignore[index]
            "text_sha256": words["sha256"] if words else None,
            "digest": digest(document),
            "previous": document["previous"] or None,
            "complete": complete,
            "files": {name: hashlib.sha256(files[name]).hexdigest() for name in sorted(files)},
        }
    )


def _security_txt(document: SiteDocument) -> bytes:
    """Whom to tell of a security problem, and until when this holds (RFC 9116 section 2.5)."""
    fields = {
        "Contact": document["security"]["contact"],
        "Expires": document["security"]["expires"],
        "Preferred-Languages": "en",
        "Canonical": f"{document['public_url']}/.well-known/security.txt",
    }
    return "".join(f"{name}: {value}\n" for name, value in fields.items()).encode()


def _context(document: Document, wording: FrozenWording) -> dict[str, Any]:
    letter, text = document["letter"], document["text"]
    at = datetime.fromisoformat(document["published_at"])
    return {
        **page_context(letter, text, wording, style=document["stylesheet"], at=at),
        "body_html": to_html(wording["body"]),
        "groups": [
            {
                **group,
                "items_html": items_html(group["signatories"], countries=letter["asks_country"]),
            }
            for group in document["groups"]
        ],
        "count": document["count"],
        "edition": document["edition"],
        "published_at": moment(document["published_at"], "UTC"),
        "form": SignForm(letter=letter, text_number=text["number"]),
    }


def _page(template: str, context: dict[str, Any]) -> bytes:
    return render_to_string(template, context).encode()


def _json(value: Any) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()


def _letter_head(document: Document) -> dict[str, Any]:
    letter, wording = document["letter"], document["text"]["wordings"][0]
    return {
        "slug": letter["slug"],
        "title": wording["title"],
        "status": letter["state"],
        "language": letter["language"],
        "text": document["text"]["number"],
        "text_sha256": wording["sha256"],
        "edition": document["edition"],
        "published_at": document["published_at"],
    }


def _signatories(document: Document) -> dict[str, Any]:
    return {
        "letter": _letter_head(document),
        "count": document["count"],
        "groups": document["groups"],
    }


def _letter(document: Document) -> dict[str, Any]:
    letter = document["letter"]
    settings = ("url", "sender", "dateline", "about", "opens", "closes", "time_zone", "delivered")
    words = ("language", "direction", "title", "addressee", "cc", "salutation", "body", "closing")
    return {
        **_letter_head(document),
        **{key: letter[key] for key in settings},  # type: ignore[literal-required]
        "contact": letter["contact"],
        "press_contact": letter["press_contact"],
        "count": document["count"],
        "wordings": [
            {**{key: wording[key] for key in words}, "sha256": wording["sha256"]}  # type: ignore[literal-required]
            for wording in document["text"]["wordings"]
        ],
    }


def _csv(document: Document) -> bytes:
    """The list as `load_letter` takes it again, its cells safe in a spreadsheet."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(["group", "organisation", "country", "website"])
    for group in document["groups"]:
        for signatory in group["signatories"]:
            cells = (group["key"], signatory["name"], signatory["country"], signatory["website"])
            writer.writerow([escape_formula(cell) for cell in cells])
    return out.getvalue().encode()
