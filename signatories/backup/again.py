"""Editions published again from their stored documents: the same numbers, the same bytes."""

import json
from typing import Any

from django.db import transaction

from campaign.models import Letter
from campaign.publication import gathered, want
from signatories.editions import pages
from signatories.editions.pdf import TypesettingError, typeset
from signatories.editions.publisher import Place, place_of, site_place
from signatories.editions.schema import RENDERER
from signatories.editions.store import COMPLETE, PAGE, Version
from signatories.models import Edition


def last_editions() -> list[Edition]:
    """The last edition of every letter, and of the site."""
    newest = Edition.objects.order_by("letter_id", "-number").distinct("letter_id")
    return list(newest.select_related("letter"))


def place(edition: Edition, document: dict[str, Any]) -> Place:
    if edition.letter is None:
        return site_place()
    return place_of(edition.letter, public=document["letter"]["public"])


def publish_again() -> list[str]:
    """Show every last edition, where nothing later is shown; returns notes for the report."""
    notes = []
    for edition in last_editions():
        document = json.loads(edition.document)
        where = place(edition, document)
        if document["renderer"] != RENDERER:
            notes.append(
                f"{where.path}: edition {edition.number} was made by renderer "
                f"{document['renderer']}, this is {RENDERER}: the start publishes a new one"
            )
            continue
        problem = _show(document, where, edition.number)
        if problem:
            notes.append(f"{where.path}: {problem}")
    return notes


def ask_for_all() -> None:
    """Whatever differs by now, such as PUBLIC_URL or a style, is published at the next start."""
    with transaction.atomic(), gathered():
        for letter in Letter.objects.all():
            want(letter)
        want(None)


def _show(document: Any, where: Place, number: int) -> str:
    if "letter" not in document:
        files, problem = pages.site_files(document), ""
    else:
        files, problem = pages.letter_files(document), ""
        try:
            for index, wording in enumerate(document["text"]["wordings"]):
                language = wording["language"]
                name = "letter.pdf" if index == 0 else f"{language.lower()}/letter.pdf"
                files[name] = typeset(document, language).pdf
        except TypesettingError as error:
            problem = f"the PDF could not be made: {error}"
    stage = PAGE if problem else COMPLETE
    files["manifest.json"] = pages.manifest(document, files, complete=not problem)
    if not where.publish(Version(number, stage), files) and where.current is None:
        return f"edition {number} was taken away there since: the start publishes a new one"
    return problem
