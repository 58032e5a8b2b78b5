"""Importing organisations into the registry."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from signatories.imports import running
from signatories.imports.verdicts import Row, Verdict
from signatories.models import Organisation
from signatories.services.moving import Refused
from tests.factories import OrganisationFactory, invented_name
from tests.signatories.imports.files import begin, bring

pytestmark = pytest.mark.django_db

HEAD = ["Name", "Acronym", "Sort as", "Web site", "Country code", "Member of"]
HRW = ["Human Rights Watch", "HRW; H.R.W.", "", "hrw.example", "us", ""]


def judged(*rows: Any, **choices: Any) -> list[Row]:
    return running.look(begin(None, *rows, **choices)).rows


def test_organisations_come_in_whole_under_the_usual_headings() -> None:
    bring(None, HEAD, HRW, ["The Elders", "", "Elders", "", "Great Britain", ""])
    hrw, elders = Organisation.objects.order_by("pk")
    assert (hrw.display_name, hrw.name_key) == ("Human Rights Watch", "human rights watch")
    assert (hrw.aliases, hrw.website, hrw.country) == (
        ["HRW", "H.R.W."], "https://hrw.example", "US",
    )  # fmt: skip
    assert (elders.sort_as, elders.country) == ("Elders", "GB")


def test_parents_are_found_in_the_registry_and_anywhere_in_the_file() -> None:
    OrganisationFactory(display_name="Amnesty International", aliases=["AI"])
    bring(
        None,
        HEAD,
        ["Local Group", "", "", "", "", "Amnesty Norway"],
        ["Amnesty Norway", "", "", "", "", "AI"],
    )
    local = Organisation.objects.get(display_name="Local Group")
    assert local.parent is not None
    assert local.parent.display_name == "Amnesty Norway"
    assert local.parent.parent is not None
    assert local.parent.parent.display_name == "Amnesty International"


def test_a_parent_that_is_nowhere_or_comes_back_is_wrong() -> None:
    rows = judged(
        HEAD,
        ["Alpha", "", "", "", "", "Nowhere"],
        ["Beta", "", "", "", "", "Beta"],
        ["Gamma", "", "", "", "", "Delta"],
        ["Delta", "", "", "", "", "Gamma"],
        ["Below Alpha", "", "", "", "", "Alpha"],
        ["Below that", "", "", "", "", "Below Alpha"],
    )
    assert [row.problems for row in rows] == [
        [("parent", "“Nowhere” is neither in the registry nor in this file.")],
        [("parent", "An organisation is no chapter of itself.")],
        [("parent", "By way of “Delta” it would be part of itself.")],
        [("parent", "By way of “Gamma” it would be part of itself.")],
        [("parent", "The row of its parent is wrong.")],
        [("parent", "The row of its parent is wrong.")],
    ]
    assert {row.verdict for row in rows} == {Verdict.WRONG}


def test_a_parent_whose_row_is_left_out_takes_its_chapters_along() -> None:
    bring(
        None,
        HEAD,
        ["Chapter", "", "", "", "", "Wrong"],
        ["Wrong", "", "", "", "XX", ""],
        ["Right", "", "", "", "", ""],
        leaves_out_wrong=True,
    )
    assert Organisation.objects.get().display_name == "Right"


def test_a_change_says_what_was_and_what_will_be() -> None:
    there = OrganisationFactory(
        display_name="Human Rights Watch", aliases=["HRW"], website="https://old.example"
    )
    (row,) = judged(HEAD, HRW)
    assert row.verdict == Verdict.CHANGED
    assert [(one.column, one.before, one.after) for one in row.changes] == [
        ("aliases", "HRW", "HRW, H.R.W."),
        ("website", "https://old.example", "https://hrw.example"),
        ("country", "", "United States"),
    ]
    bring(None, HEAD, HRW)
    there.refresh_from_db()
    assert (there.aliases, there.country) == (["HRW", "H.R.W."], "US")


def test_a_new_parent_further_down_the_file_is_a_change_of_what_is_there() -> None:
    there = OrganisationFactory(display_name="Chapter")
    rows = [HEAD, ["Chapter", "", "", "", "", "Umbrella"], ["Umbrella", "", "", "", "", ""]]
    assert [row.verdict.value for row in judged(*rows)] == ["changed", "new"]
    bring(None, *rows)
    there.refresh_from_db()
    assert str(there.parent) == "Umbrella"


def test_without_the_tick_and_for_an_alias_nothing_is_changed() -> None:
    OrganisationFactory(display_name="Human Rights Watch", aliases=["HRW"])
    assert judged(HEAD, HRW, changes=False)[0].verdict == Verdict.DUPLICATE
    (row,) = judged(HEAD, ["HRW", "", "", "else.example", "", ""])
    assert row.of == "another name of “Human Rights Watch” in the registry"


def test_the_same_file_again_changes_nothing() -> None:
    rows = [HEAD, HRW, ["Chapter", "", "", "", "", "Human Rights Watch"]]
    bring(None, *rows)
    with pytest.raises(Refused, match="nothing new"):
        bring(None, *rows)
    assert Organisation.objects.count() == 2


def test_the_number_of_queries_does_not_grow_with_the_rows() -> None:
    def queries(start: int, count: int) -> int:
        names = [invented_name(number) for number in range(start, start + count)]
        rows = [[name, "", "", "", "", names[0] if name != names[0] else ""] for name in names]
        for name in names[: count // 2]:
            OrganisationFactory(display_name=name, country="SE")
        imported = begin(None, HEAD, *rows)
        with CaptureQueriesContext(connection) as captured:
            running.look(imported)
            running.confirm(imported=imported, by=imported.by)
        return len(captured)

    assert queries(0, 6) == queries(10, 200) <= 40
