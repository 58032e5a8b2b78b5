"""Which names look like one body's: the tuning half of the corpus, single cases, the queries.

The held-out half of bench/members.csv is for bench/matching.py alone.
"""

import csv
from pathlib import Path

import pytest
from django.db import connection
from pytest_django import DjangoAssertNumQueries

from campaign.models import Letter
from signatories.matching import keys
from signatories.matching.fold import folded
from signatories.matching.likeness import alike
from signatories.matching.names import taken_apart
from signatories.models import Organisation, SignOn
from signatories.services import keying
from signatories.services.similar import (
    similar,
    similar_names,
    similar_organisations,
    similar_sign_ons,
    with_similar,
)
from tests.factories import LetterFactory, OrganisationFactory, SignOnFactory, invented_name
from tests.plans import past_audit

ROOT = Path(__file__).resolve().parents[2]


def rows(path: str) -> list[dict[str, str]]:
    with (ROOT / path).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def listed(db: None) -> list[Organisation]:
    return [
        OrganisationFactory(display_name=row["organisation"])
        for row in rows("sample/signatories.csv")
    ]


@pytest.fixture
def letter(db: None) -> Letter:
    return LetterFactory(open=True, public=True)


# The corpus


def test_near_duplicates_of_the_tuning_half_are_found_and_others_are_not(
    listed: list[Organisation],
) -> None:
    asked = [row for row in rows("bench/members.csv") if row["half"] == "tuning"]
    found = similar_names([row["name"] for row in asked])
    near = [row for row in asked if row["listed_as"]]
    right = [
        row
        for row in near
        if row["name"] in found and found[row["name"]].organisation.display_name == row["listed_as"]
    ]
    flagged = [row["name"] for row in asked if not row["listed_as"] and row["name"] in found]
    assert len(near) == 30
    assert len(right) >= 28, [row["name"] for row in near if row not in right]
    assert len(flagged) <= 5, flagged


# Single cases


@pytest.mark.parametrize(
    ("name", "known", "why"),
    [
        ("human  rights WATCH", "Human Rights Watch", "the same name"),
        ("Human Rights Watch, Inc.", "Human Rights Watch", "the same but for accents"),
        ("The Human Rights Watch", "Human Rights Watch", "the same but for accents"),
        ("Humanity and Inclusion", "Humanity & Inclusion", "the same but for accents"),
        ("Fundacion Arias", "Fundación Arias", "the same but for accents"),
        ("Freundeskreis Mosambik e. V.", "Freundeskreis Mosambik", "the same but for accents"),
        ("Womens Action", "Women’s Action", "the same but for accents"),
        ("PeaceDirect", "Peace Direct", "the same but for accents"),
        ("Centre for Peace Studies", "Center for Peace Studies", "the same but for accents"),
        ("HRW", "Human Rights Watch", "same acronym"),
        ("H.R.W.", "Human Rights Watch", "same acronym"),
        ("Human Rights Watch", "HRW", "same acronym"),
        ("CIVIC", "Center for Civilians in Conflict (CIVIC)", "same acronym"),
        ("HRW - Human Rights Watch", "Human Rights Watch", "the same but for accents"),
        ("Watch Human Rights", "Human Rights Watch", "same words in another order"),
        ("Concerns Global, Office of", "Office of Global Concerns", "same words in another order"),
        ("Human Rigths Watch", "Human Rights Watch", "nearly the same spelling"),
        ("Saferwrold", "Saferworld", "nearly the same spelling"),
        ("Human Rights Watch Germany", "Human Rights Watch", "perhaps a chapter of it"),
        ("War Child UK", "War Child Sweden", "perhaps another chapter"),
        ("War Child", "War Child Sweden", "it is perhaps a chapter of this one"),
        ("HRW Germany", "Human Rights Watch", "perhaps a chapter of it, by its acronym"),
        ("Legacies of War Foundation", "Legacies of War", "the same but for “Foundation”"),
        ("Peace Union", "Peace Union/Workers for Peace", "part of a joint entry"),
        ("Quiet Skies 7", "Quiet Skies 8", "the same but for a number"),
        # No script is left out.
        ("សមាគមជនពិការ កម្ពុជា", "សមាគមជនពិការកម្ពុជា", "the same but for accents"),
        ("特定非営利活動法人日本地雷廃絶ネットワーク", "日本地雷廃絶ネットワーク", "the same but"),
        ("جمعيه المعاقين العراقيه", "جمعية المعاقين العراقية", "the same but for accents"),
        ("Женщины за мир", "Женщины за Мир", "the same name"),
    ],
)
def test_a_name_is_found_and_staff_are_told_why(db: None, name: str, known: str, why: str) -> None:
    organisation = OrganisationFactory(display_name=known)
    (found,) = similar_organisations(name)
    assert found.organisation == organisation
    assert found.why.startswith(why)
    assert 0 < found.score <= 1


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("Human Rights First", "Human Rights Watch"),
        ("Women Without War", "Win Without War"),
        ("CURE USA", "CARE USA"),
        ("Street Child Sweden", "War Child Sweden"),
        ("Medical Aid Group (MAG)", "Mines Advisory Group (MAG)"),
        ("Peace Forum Austria", "Peace Forum Australia Network"),
        ("Evangelical Lutheran Church in Canada", "Evangelical Lutheran Church in America"),
        ("Presbyterian Church in America", "Presbyterian Church (USA)"),
        ("Foundation for Peace", "Fund for Justice"),
        ("International Network", "International Fund"),
        ("広島平和文化協会", "長崎平和文化協会"),
        ("평화여성회", "평화청년회"),
    ],
)
def test_a_name_that_shares_words_or_an_acronym_is_another(db: None, name: str, known: str) -> None:
    OrganisationFactory(display_name=known)
    assert similar_organisations(name) == []


@pytest.mark.parametrize(
    "name",
    [
        "日本地雷廃絶ネットワーク", "សមាគមជនពិការកម្ពុជា", "اتحاد الأطباء", "The", "☮", "A/B", "e.V.",
        "(USA)", "–1",
    ],
)  # fmt: skip
def test_no_name_is_without_keys(name: str) -> None:
    assert taken_apart(name).words
    kept = keys.kept([name])
    assert kept
    assert all(len(key) <= 60 for key in kept)
    assert set(kept) & keys.sought(name), "it finds itself"


def test_the_longest_name_has_keys_that_an_index_takes(db: None) -> None:
    name = "ﷺ" * 10 + " " + "長" * 200 + " word" * 15
    organisation = OrganisationFactory(display_name=name)
    assert similar_organisations(name)[0].organisation == organisation


def test_folding_leaves_the_marks_that_are_letters() -> None:
    assert folded("Żółć Ñandú") == "zolc nandu"
    assert folded("ក្ម") == "ក្ម"
    assert folded("が") == "が"


def test_likeness_is_the_same_from_either_side_or_says_who_is_the_chapter() -> None:
    one, other = taken_apart("War Child UK"), taken_apart("War Child")
    there, back = alike(one, other), alike(other, one)
    assert there is not None
    assert back is not None
    assert (there.why, back.why) == (
        "perhaps a chapter of it",
        "it is perhaps a chapter of this one",
    )


# Aliases and websites


def test_an_alias_counts_as_a_name_and_staff_are_told_which(db: None) -> None:
    body = OrganisationFactory(
        display_name="Humanity & Inclusion", aliases=["Handicap International"]
    )
    assert [(one.organisation, one.why) for one in similar_organisations("handicap int'l")] == [
        (body, "an alias of it")
    ]
    (slip,) = similar_organisations("Handicap Internatoinal")
    assert slip.why == "nearly the same spelling, by its alias “Handicap International”"


def test_a_website_tells_where_the_name_does_not(db: None) -> None:
    body = OrganisationFactory(display_name="Legacies of War", website="https://www.low.example/us")
    (found,) = similar_organisations("Something Else", website="http://low.example")
    assert (found.organisation, found.why) == (body, "same website")
    (both,) = similar_organisations("Legacies of Wars", website="https://low.example")
    assert both.why == "nearly the same spelling, and the same website"
    OrganisationFactory(display_name="On Facebook", website="https://facebook.com/on")
    assert similar_organisations("Another One", website="https://www.facebook.com/another") == []


def test_what_was_merged_is_not_found(db: None) -> None:
    kept = OrganisationFactory(display_name="Quiet Skies")
    OrganisationFactory(display_name="The Quiet Skies", merged_into=kept)
    assert [one.organisation for one in similar_organisations("Quiet Sky")] == []
    assert [one.organisation for one in similar_organisations("Quiet Skies")] == [kept]


# Sign-ons


def test_a_sign_on_is_like_another_by_the_organisation_that_both_may_be(letter: Letter) -> None:
    OrganisationFactory(display_name="Humanity & Inclusion", aliases=["Handicap International"])
    listed = SignOnFactory(letter=letter, name="Humanity & Inclusion", status="approved")
    asked = SignOnFactory(letter=letter, name="Handicap International")
    (found,) = similar_sign_ons(asked)
    assert found.sign_on == listed
    assert found.why == "both may be “Humanity & Inclusion”"
    (back,) = similar_sign_ons(listed)
    assert back.sign_on == asked
    assert back.why == "both may be “Humanity & Inclusion”"


@pytest.mark.parametrize("status", ["rejected", "withdrawn", "lapsed"])
def test_what_came_to_nothing_or_is_on_another_letter_is_no_duplicate(
    letter: Letter, status: str
) -> None:
    SignOnFactory(letter=letter, name="Quiet Skies", status=status)
    SignOnFactory(name="Quiet Skies")
    asked = SignOnFactory(letter=letter, name="Quiet Skies, Inc.")
    assert similar(asked) == []
    assert with_similar([asked.pk]) == set()


def test_the_list_marks_exactly_those_whose_page_names_another(letter: Letter) -> None:
    pairs = [("Human Rights Watch", "HRW"), ("Peace Direct", "Direct Peace"), ("CARE USA", "CARE")]
    SignOnFactory(letter=letter, name="On Its Own")
    for pair in pairs:
        for name in pair:
            SignOnFactory(letter=letter, name=name)
    everybody = list(SignOn.objects.all())
    marked = with_similar([one.pk for one in everybody])
    assert marked == {one.pk for one in everybody if similar(one)}
    assert len(marked) == 6


# However many names


def test_the_number_of_queries_does_not_grow_with_the_names(
    listed: list[Organisation],
    letter: Letter,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    names = [invented_name(number) for number in range(200)]
    for some in (["HRW"], ["HRW", *names]):
        with django_assert_num_queries(2):
            assert "HRW" in similar_names(some)
    waiting = [SignOnFactory(letter=letter, name=name) for name in ("HRW", "WOLA", "Human Rights")]
    SignOnFactory(letter=letter, name="Human Rights Watch", status="approved")
    for count in (1, 3):
        with django_assert_num_queries(7):
            with_similar([one.pk for one in waiting[:count]])


def test_no_table_is_read_whole_though_postgresql_may(letter: Letter) -> None:
    """As it would go about it by itself: nothing is forbidden to it here."""
    from signatories.services import candidates

    first = SignOnFactory(letter=letter)
    with connection.cursor() as cursor:
        for table in ("signatories_organisation", "signatories_signon"):
            past_audit(cursor, table)
        made = "ARRAY['s' || md5(n::text), 'x' || md5(n::text), 'i' || left(md5(n::text), 3)]"
        cursor.execute(
            "INSERT INTO signatories_organisation (display_name, name_key, sort_as, aliases,"
            " website, country, created_at, match_keys)"
            f" SELECT md5(n::text), md5(n::text), '', '{{}}', '', '', now(), {made}"
            " FROM generate_series(1, 20000) AS n"
        )
        cursor.execute(
            "INSERT INTO signatories_signon (letter_id, wording_id, group_id, listed_name,"
            " name_key, sort_as, sort_key, website, country, status, source, language, email_key,"
            " epoch, reason, created_at, match_keys)"
            " SELECT letter_id, wording_id, group_id, md5(n::text), md5(n::text), '', '', '', '',"
            f" 'pending', 'staff', 'en', '', 0, '', now(), {made}"
            " FROM signatories_signon, generate_series(1, 20000) AS n WHERE id = %s",
            [first.pk],
        )
        cursor.execute("ANALYZE signatories_organisation, signatories_signon")
        wanted = list(keys.sought("Human Rights Watch"))
        for sql, values in (
            (candidates._IN_REGISTRY, [wanted * 50]),
            (candidates._ON_LETTERS, [wanted * 50, [letter.pk]]),
        ):
            cursor.execute(f"EXPLAIN {sql}", values)
            plan = "\n".join(row[0] for row in cursor.fetchall())
            assert "Seq Scan" not in plan, plan
            assert "_keys" in plan, plan


# Keys are kept where names are


def test_keys_follow_whoever_writes_a_name(letter: Letter) -> None:
    sign_on = SignOnFactory(letter=letter, name="Quiet Skies", website="https://skies.example")
    assert sign_on.match_keys == keys.kept(["Quiet Skies"], "https://skies.example")
    (body,) = Organisation.objects.bulk_create(
        [Organisation(display_name="Peace Direct", name_key="peace direct", aliases=["PD"])]
    )
    body.refresh_from_db()
    assert body.match_keys == keys.kept(["Peace Direct", "PD"])
    assert body.search_key == "peace direct\npd"


def test_keys_that_a_writer_forgot_are_made_by_the_sweep(letter: Letter) -> None:
    sign_on = SignOnFactory(letter=letter, name="Quiet Skies")
    body = OrganisationFactory(display_name="Quiet Skies")
    SignOn.objects.filter(pk=sign_on.pk).update(listed_name="HRW", name_key="hrw")
    Organisation.objects.filter(pk=body.pk).update(display_name="HRW", name_key="hrw")
    for row in (sign_on, body):
        row.refresh_from_db()
        assert row.match_keys == [], "what it was is not found any more"
    assert keying.catch_up() == 2
    for row in (sign_on, body):
        row.refresh_from_db()
        assert row.match_keys == keys.kept(["HRW"])
    assert keying.catch_up() == 0


def test_keys_are_in_no_audit(letter: Letter) -> None:
    sign_on = SignOnFactory(letter=letter, name="Quiet Skies")
    before = sign_on.events.count()  # type: ignore[attr-defined]
    SignOn.objects.filter(pk=sign_on.pk).update(match_keys=[])
    keying.catch_up()
    assert sign_on.events.count() == before  # type: ignore[attr-defined]


# Organisations that look like one another


def alike_to(body: Organisation) -> Organisation | None:
    body.refresh_from_db()
    return body.alike_to


def test_organisations_that_look_like_one_another_are_known_after_the_sweep(db: None) -> None:
    one = OrganisationFactory(display_name="Human Rights Watch")
    other = OrganisationFactory(display_name="Human Rights Watch Inc")
    alone = OrganisationFactory(display_name="Peace Direct")
    keying.catch_up()
    assert (alike_to(one), alike_to(other), alike_to(alone)) == (other, one, None)
    other.display_name, other.name_key = "Something Else", "something else"
    other.save()
    keying.catch_up()
    assert (alike_to(one), alike_to(other)) == (None, None)


def test_a_chapter_that_is_known_as_one_is_no_duplicate_of_its_parent(db: None) -> None:
    parent = OrganisationFactory(display_name="War Child")
    chapter = OrganisationFactory(display_name="War Child Sweden", parent=parent)
    keying.catch_up()
    assert (alike_to(parent), alike_to(chapter)) == (None, None)
    Organisation.objects.filter(pk=chapter.pk).update(parent=None)
    keying.catch_up()
    assert alike_to(chapter) == parent
