"""The purge table knows every column of the database, and the pages know the table."""

import re
from pathlib import Path

import pytest

from signatories.privacy import impersonal
from signatories.privacy.rules import RULES
from signatories.privacy.subject import ERASURE
from signatories.privacy.table import BY_HAND, KEPT
from tests.signatories.privacy.whole_database import columns

pytestmark = pytest.mark.django_db

DOCS = Path(__file__).resolve().parents[3] / "docs/privacy.md"


def test_every_column_of_the_database_is_in_the_purge_table_or_known_to_hold_nothing() -> None:
    known = {kept.column for kept in KEPT} | impersonal.columns()
    assert set(columns()) - known == set(), "say of each in signatories/privacy what it holds"
    assert known - set(columns()) == set(), "these columns are gone"


def test_no_column_is_both_personal_and_not() -> None:
    personal = [kept.column for kept in KEPT]
    assert len(personal) == len(set(personal))
    assert set(personal) & impersonal.columns() == set()


def test_every_way_that_the_table_names_is_one() -> None:
    ways = {rule.name for rule in RULES} | {ERASURE, BY_HAND}
    assert {way for kept in KEPT for way in kept.purged_by} <= ways


def test_the_page_on_privacy_has_a_row_for_every_column_and_rule() -> None:
    page = DOCS.read_text()
    named = set(re.findall(r"`([a-z_]+\.[a-z_]+)`", page))
    assert named == {kept.column for kept in KEPT}
    for rule in RULES:
        assert f"| {rule.name} |" in page
