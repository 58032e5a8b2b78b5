"""A file of contacts is kept until it is imported, a day at most, and is found by an address."""

from datetime import timedelta

import pytest
from django.utils import timezone

from campaign.models import Letter
from signatories.imports import running
from signatories.models import Import, ImportedRow, PurgeRecord, SignOn
from signatories.models.importing import UNDOABLE_FOR, Stage
from signatories.privacy import purge, subject
from tests.factories import SignOnFactory
from tests.signatories.imports.files import begin, bring
from tests.signatories.privacy.whole_database import places_of

pytestmark = pytest.mark.django_db

HEAD = ["organisation", "contact_name", "contact_title", "email"]
ADA = ["Alpha", "Zyxname Quux", "Zyxtitle", "zyx@example.org"]
BEN = ["Beta", "Ben Roe", "Director", "ben@example.org"]
HOUR = timedelta(hours=1)


def test_a_file_that_nobody_imports_is_forgotten_within_a_day(letter: Letter) -> None:
    imported = begin(letter, HEAD, ADA, note="Zyxname sent it.")
    now = timezone.now()
    purge.purge(now + 23 * HOUR)
    assert places_of("zyx") == {"signatories_import.rows", "signatories_import.note"}
    purge.purge(now + 25 * HOUR)
    assert places_of("zyx") == set()
    imported.refresh_from_db()
    assert (imported.stage, imported.file_name) == (Stage.FORGOTTEN, "")
    assert PurgeRecord.objects.get(rule="files not imported").letter == letter


def test_once_imported_a_contact_stands_where_contacts_stand(letter: Letter) -> None:
    bring(letter, HEAD, ADA)
    assert places_of("Zyxname") == {"signatories_contact.name"}


def test_what_an_import_did_is_forgotten_when_it_can_be_undone_no_more(letter: Letter) -> None:
    there = SignOnFactory(letter=letter, name="Alpha", website="https://zyxold.example")
    head = ["organisation", "website"]
    imported = bring(letter, head, ["Alpha", "zyxnew.example"], changes=True)
    Import.objects.update(file_name="zyxfile.csv")
    purge.purge(timezone.now() + UNDOABLE_FOR - HOUR)
    assert "signatories_importedrow.before" in places_of("zyxold")
    assert "signatories_importedrow.after" in places_of("zyxnew")
    assert places_of("zyxfile") == {"signatories_import.file_name"}
    purge.purge(timezone.now() + UNDOABLE_FOR + HOUR)
    imported.refresh_from_db()
    assert not ImportedRow.objects.exists()
    assert places_of("zyxfile") == set()
    assert "zyxnew" in SignOn.objects.get(pk=there.pk).website
    assert (imported.file_name, imported.counts["changed"]) == ("", 1)


def test_a_person_is_found_in_a_file_that_waits_and_erased_from_it(letter: Letter) -> None:
    imported = begin(letter, HEAD, ADA, BEN, note="From zyx@example.org")
    found = subject.held("ZYX@example.org")
    assert found["files_to_be_imported"] == [{"import": imported.pk, "row": 2, "cells": ADA}]
    assert not subject.is_nothing(found)
    assert subject.erase("zyx@example.org") == 2
    assert places_of("zyx") == set()
    imported.refresh_from_db()
    assert [line["cells"] for line in imported.rows["lines"]] == [BEN]
    assert subject.erase("zyx@example.org") == 0


def test_a_file_that_is_discarded_is_gone_at_once(letter: Letter) -> None:
    imported = begin(letter, HEAD, ADA)
    running.discard(imported=imported)
    assert places_of("zyx") == set()
    assert Import.objects.get().stage == Stage.FORGOTTEN
