"""The registry: writing an entry, renaming what is listed, merging two and taking them apart."""

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from campaign.letters import archive_letter, close_letter
from campaign.models import Letter, OutgoingMail, Publication
from signatories.admin.organisation_list import LookAhead
from signatories.models import Merger, Organisation, SignOn, SignOnOrganisation
from signatories.models.organisation import NOTES_CHANGED
from signatories.models.sign_on import Status
from signatories.privacy import subject
from signatories.services import approving, keying, moderation, registry, registry_merging
from signatories.services.moving import Refused
from tests.factories import (
    InvitationFactory,
    LetterFactory,
    OrganisationFactory,
    SignOnFactory,
    StaffFactory,
)
from tests.plans import plans
from tests.roles import client_of
from tests.signatories.privacy.whole_database import places_of
from tests.signatories.test_plans import ORGANISATIONS, many_organisations, reading_whole

pytestmark = pytest.mark.django_db

LIST = "/admin/signatories/organisation/"


@pytest.fixture
def letter() -> Letter:
    return LetterFactory(open=True, public=True)


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(StaffFactory())
    return client


def body(name: str, **values: object) -> Organisation:
    return OrganisationFactory(display_name=name, **values)


def listed(letter: Letter, name: str, organisation: Organisation | None = None) -> SignOn:
    """Approved, and linked to the organisation or the one of its own name."""
    sign_on = SignOnFactory(letter=letter, name=name)
    if organisation is not None:
        SignOnOrganisation.objects.create(sign_on=sign_on, organisation=organisation)
    moderation.approve(sign_on=sign_on)
    OutgoingMail.objects.all().delete()
    sign_on.refresh_from_db()
    return sign_on


def again(one: Organisation) -> Organisation:
    return Organisation.objects.get(pk=one.pk)


def page(one: Organisation, what: str = "change") -> str:
    return f"{LIST}{one.pk}/{what}/"


def form(one: Organisation, **changed: str) -> dict[str, str]:
    said = {
        "display_name": one.display_name, "aliases": "\n".join(one.aliases),
        "sort_as": one.sort_as, "website": one.website, "country": one.country,
        "parent": str(one.parent_id or ""), "notes": one.notes, "keep_old_name": "on",
    }  # fmt: skip
    return {**said, **changed}


def shown(response: object) -> list[str]:
    return [row.display_name for row in response.context["cl"].result_list]  # type: ignore[attr-defined]


# Writing


def test_a_name_that_it_had_becomes_an_alias_unless_that_is_unticked(desk: Client) -> None:
    one = body("Handicap International")
    desk.post(page(one), form(one, display_name="Humanity & Inclusion"))
    assert again(one).aliases == ["Handicap International"]
    data = form(again(one), display_name="HI")
    del data["keep_old_name"]
    desk.post(page(one), data)
    assert again(one).names == ["HI", "Handicap International"]


def test_an_alias_that_is_the_name_itself_or_stands_twice_is_kept_once(db: None) -> None:
    one = Organisation()
    registry.write(organisation=one, display_name="Peace", aliases=["PEACE", "P.", "p.", "Q"])
    assert again(one).aliases == ["P.", "Q"]


def test_no_organisation_is_below_itself(desk: Client) -> None:
    top, middle, bottom = body("Top"), body("Middle"), body("Bottom")
    Organisation.objects.filter(pk=middle.pk).update(parent=top)
    Organisation.objects.filter(pk=bottom.pk).update(parent=middle)
    for parent in (top, middle, bottom):
        with pytest.raises(Refused):
            registry.check_parent(top, parent)
    registry.check_parent(bottom, top)
    answer = desk.post(page(top), form(top, parent=str(bottom.pk)))
    assert "is itself a chapter of" in answer.content.decode()
    assert again(top).parent is None


def test_an_alias_that_another_has_is_warned_of_with_a_link_and_kept(desk: Client) -> None:
    other = body("Medical Aid Group", aliases=["MAG"])
    one = body("Mines Advisory Group")
    answer = desk.post(page(one), form(one, aliases="mag"), follow=True)
    assert again(one).aliases == ["mag"]
    assert f'“mag” is also a name of <a href="{page(other)}">' in answer.content.decode()
    assert "is also a name of" in desk.get(page(one)).content.decode()


def test_a_new_one_that_looks_like_another_is_made_and_pointed_out(desk: Client) -> None:
    known = body("Human Rights Watch")
    answer = desk.post(f"{LIST}add/", {"display_name": "Human Rights Watch Germany"}, follow=True)
    assert Organisation.objects.count() == 2
    said = answer.content.decode()
    assert f'It looks like <a href="{page(known)}">' in said
    assert "perhaps a chapter of it" in said


# Notes


def test_notes_are_for_those_who_may_see_contacts_and_in_no_column_of_the_audit() -> None:
    one = body("Peace Direct")
    moderator, viewer = client_of("moderator"), client_of("viewer")
    moderator.post(page(one), form(one, notes="Ask Zyxada Lovelace, zyxada@example.org"))
    assert again(one).notes
    assert places_of("Zyxada") == {"signatories_organisation.notes"}
    assert "Zyxada" in moderator.get(page(one)).content.decode()
    assert "Notes changed" in moderator.get(page(one)).content.decode()
    for client in (viewer, client_of("editor")):
        assert "Zyxada" not in client.get(page(one)).content.decode()
    events = one.events.filter(pgh_label=NOTES_CHANGED)  # type: ignore[attr-defined]
    assert events.count() == 1


def test_who_may_change_but_not_see_contacts_leaves_notes_as_they_are() -> None:
    one = body("Peace Direct", notes="Zyxnote")
    client = Client()
    may = ["signatories.view_organisation", "signatories.change_organisation"]
    client.force_login(StaffFactory(may=may))
    client.post(page(one), form(one, notes="mine", country="SE"))
    assert (again(one).notes, again(one).country) == ("Zyxnote", "SE")


def test_notes_that_name_a_person_are_told_and_erased_line_by_line(letter: Letter) -> None:
    one = body("Peace Direct", notes="Founded in 2004\nask ADA@example.org first\nBritish")
    told = subject.held("ada@example.org")
    assert [each["display_name"] for each in told["notes_on_organisations"]] == ["Peace Direct"]
    assert subject.erase("ada@example.org") == 1
    assert again(one).notes == f"Founded in 2004\n{subject.ERASED}\nBritish"
    assert subject.erase("ada@example.org") == 0


# Renaming


def test_a_renaming_reaches_only_the_listed_names_that_are_ticked(
    desk: Client, letter: Letter
) -> None:
    one = body("Handicap International")
    other_letter = LetterFactory(open=True, public=True)
    first = listed(letter, "Handicap International")
    second = listed(other_letter, "Handicap International")
    before = Publication.objects.get(letter=letter).wanted
    answer = desk.post(page(one), form(one, display_name="Humanity & Inclusion"))
    assert answer["Location"] == page(one, "listed-names")
    assert {sign_on.listed_name for sign_on in SignOn.objects.all()} == {"Handicap International"}
    asked = desk.get(page(one, "listed-names"))
    assert set(asked.context["sign_ons"]) == {first, second}
    assert "checked" not in asked.content.decode()
    desk.post(page(one, "listed-names"), {"sign_on": [first.pk]})
    first.refresh_from_db()
    second.refresh_from_db()
    assert first.listed_name == "Humanity & Inclusion"
    assert second.listed_name == "Handicap International"
    assert [mail.kind for mail in OutgoingMail.objects.all()] == ["sign_on.listed"]
    assert Publication.objects.get(letter=letter).wanted > before


def test_without_a_tick_nothing_is_renamed_and_the_page_says_so(
    desk: Client, letter: Letter
) -> None:
    one = body("Humanity & Inclusion", aliases=["Handicap International"])
    listed(letter, "Handicap International")
    answer = desk.post(page(one, "listed-names"), {"sign_on": ["0", "x"]})
    assert answer.status_code == 422
    assert "Tick the sign-ons" in answer.content.decode()


def test_joint_entries_and_archived_letters_keep_their_names(letter: Letter) -> None:
    one, other = body("Quiet Skies"), body("Loud Seas")
    joint = SignOnFactory(letter=letter, name="Quiet Skies/Loud Seas")
    for organisation in (one, other):
        SignOnOrganisation.objects.create(sign_on=joint, organisation=organisation)
    moderation.approve(sign_on=joint)
    over = LetterFactory(open=True)
    listed(over, "The Old Name", one)
    assert [sign_on.listed_name for sign_on in registry.listed_otherwise(one)] == ["The Old Name"]
    close_letter(over)
    over.refresh_from_db()
    archive_letter(over)
    assert registry.listed_otherwise(one) == []


# Merging


def pair(letter: Letter) -> tuple[Organisation, Organisation, SignOn]:
    """The one that is kept, the one to be merged, and a sign-on of the latter."""
    kept = body("Human Rights Watch", aliases=["HRW"], notes="Old note")
    merged = body(
        "Human Rights Watch, Inc.", aliases=["HRW Inc"], notes="New note", country="US",
        website="https://hrw.example",
    )  # fmt: skip
    return kept, merged, listed(letter, "HRW Incorporated", merged)


def test_merging_moves_links_names_chapters_and_notes(letter: Letter) -> None:
    kept, merged, sign_on = pair(letter)
    chapter = body("HRW Sweden", parent=merged)
    before = SignOn.objects.values().get(pk=sign_on.pk)
    registry_merging.merge(kept=kept, merged=merged)
    kept, merged = again(kept), again(merged)
    assert sign_on.organisations.get() == kept
    assert kept.aliases == ["HRW", "Human Rights Watch, Inc.", "HRW Inc"]
    assert (kept.country, kept.website) == ("US", "https://hrw.example")
    assert kept.notes == "Old note\nNew note"
    assert again(chapter).parent == kept
    assert merged.merged_into == kept
    assert SignOn.objects.values().get(pk=sign_on.pk) == before, "what is listed stays"
    assert not OutgoingMail.objects.exists()


def test_invitations_go_along_and_none_is_doubled(letter: Letter) -> None:
    other = LetterFactory(open=True)
    kept, merged, _ = pair(letter)
    doubled = InvitationFactory(letter=letter, name="Human Rights Watch, Inc.")
    staying = InvitationFactory(letter=letter, name="Human Rights Watch")
    moving = InvitationFactory(letter=other, name="Human Rights Watch, Inc.")
    assert (doubled.organisation, moving.organisation) == (merged, merged)
    registry_merging.merge(kept=kept, merged=merged)
    for one in (doubled, staying, moving):
        one.refresh_from_db()
        assert one.organisation == kept
    assert doubled.taken_back_at is not None
    assert not doubled.contacts.exists()
    assert (staying.taken_back_at, moving.taken_back_at) == (None, None)


def test_the_name_of_a_merged_one_leads_to_the_other_whoever_links(letter: Letter) -> None:
    kept, merged, _ = pair(letter)
    registry_merging.merge(kept=kept, merged=merged)
    alone, together = (
        SignOnFactory(letter=LetterFactory(open=True), name=merged.display_name) for _ in range(2)
    )
    moderation.approve(sign_on=alone)
    assert approving.approve_many([together.pk]) == {}
    by_hand = SignOnFactory(letter=LetterFactory(open=True), name="Some other name")
    SignOnOrganisation.objects.create(sign_on=by_hand, organisation=merged)
    for sign_on in (alone, together, by_hand):
        assert sign_on.organisations.get() == kept


def test_taking_apart_puts_everything_back(letter: Letter) -> None:
    kept, merged, _ = pair(letter)
    body("HRW Sweden", parent=merged)
    columns = [column.name for column in Organisation._meta.fields if column.name != "compared"]
    before = list(Organisation.objects.order_by("pk").values(*columns))
    links = set(SignOnOrganisation.objects.values_list("sign_on", "organisation"))
    registry_merging.merge(kept=kept, merged=merged)
    registry_merging.take_apart(merged=merged)
    assert list(Organisation.objects.order_by("pk").values(*columns)) == before
    assert set(SignOnOrganisation.objects.values_list("sign_on", "organisation")) == links
    assert not Merger.objects.exists()
    with pytest.raises(Refused, match="not merged"):
        registry_merging.take_apart(merged=merged)


def test_what_was_linked_elsewhere_since_is_not_taken_apart(letter: Letter) -> None:
    kept, merged, sign_on = pair(letter)
    registry_merging.merge(kept=kept, merged=merged)
    SignOnOrganisation.objects.filter(sign_on=sign_on).update(organisation=body("A Third"))
    with pytest.raises(Refused, match="linked to others since"):
        registry_merging.take_apart(merged=merged)
    assert again(merged).merged_into == kept


def test_two_that_are_listed_on_one_letter_are_not_merged(desk: Client, letter: Letter) -> None:
    kept, merged, sign_on = pair(letter)
    other = listed(letter, "Human Rights Watch", kept)
    with pytest.raises(Refused, match=f"both are listed on “{letter}”"):
        registry_merging.merge(kept=kept, merged=merged)
    assert again(merged).merged_into is None
    said = desk.get(f"{page(kept, 'merge')}{merged.pk}/").content.decode()
    for one in (sign_on, other):
        assert f"/admin/signatories/signon/{one.pk}/change/" in said
    assert "becomes part of" not in said.partition('<div id="content"')[2].partition("<form")[2]
    moderation.withdraw(sign_on=other)
    registry_merging.merge(kept=kept, merged=merged)
    assert set(kept.sign_ons.all()) == {sign_on, other}


def test_a_sign_on_that_is_linked_to_both_is_then_linked_once(letter: Letter) -> None:
    kept, merged = body("Quiet Skies"), body("Loud Seas")
    joint = SignOnFactory(letter=letter, name="Quiet Skies/Loud Seas")
    for organisation in (kept, merged):
        SignOnOrganisation.objects.create(sign_on=joint, organisation=organisation)
    moderation.approve(sign_on=joint)
    registry_merging.merge(kept=kept, merged=merged)
    assert list(joint.organisations.all()) == [kept]
    registry_merging.take_apart(merged=merged)
    assert set(joint.organisations.all()) == {kept, merged}
    assert SignOnOrganisation.objects.filter(approved=True).count() == 2


@pytest.mark.parametrize("kept_above", [True, False])
def test_merging_a_chapter_with_its_parent_makes_no_ring(kept_above: bool) -> None:
    top, parent, chapter = body("Top"), body("Parent"), body("Chapter")
    Organisation.objects.filter(pk=parent.pk).update(parent=top)
    between = body("Between", parent=parent)
    Organisation.objects.filter(pk=chapter.pk).update(parent=between)
    kept, merged = (parent, chapter) if kept_above else (chapter, parent)
    registry_merging.merge(kept=again(kept), merged=again(merged))
    assert again(kept).parent == top
    assert again(between).parent == kept
    assert registry.above(again(between)) == {between.pk, kept.pk, top.pk}
    registry_merging.take_apart(merged=again(merged))
    assert again(chapter).parent == between
    assert again(between).parent == parent


def test_one_that_was_merged_is_followed_through_a_second_merge(letter: Letter) -> None:
    first, second, third = body("First"), body("Second"), body("Third")
    registry_merging.merge(kept=second, merged=first)
    registry_merging.merge(kept=third, merged=again(second))
    assert again(first).merged_into == third
    with pytest.raises(Refused, match="itself merged since"):
        registry_merging.take_apart(merged=first)
    registry_merging.take_apart(merged=second)
    assert again(first).merged_into == second
    registry_merging.take_apart(merged=first)
    assert not Organisation.objects.exclude(merged_into=None).exists()


def test_a_sign_on_under_the_name_of_one_that_was_merged_is_linked_to_the_other(
    letter: Letter,
) -> None:
    kept, merged = body("Human Rights Watch"), body("HRW Inc")
    registry_merging.merge(kept=kept, merged=merged)
    assert listed(letter, "HRW Inc").organisations.get() == kept
    link = SignOnOrganisation.objects.create(
        sign_on=SignOnFactory(letter=letter), organisation=merged
    )
    link.refresh_from_db()
    assert link.organisation == kept, "the database sees to it"


def test_a_merge_is_in_the_trail_of_both_with_who_did_it(desk: Client, letter: Letter) -> None:
    kept, merged, _ = pair(letter)
    there = f"{page(kept, 'merge')}{merged.pk}/"
    said = desk.get(there).content.decode()
    assert "HRW Incorporated" in said
    assert "Old note" in said
    answer = desk.post(there, follow=True)
    assert answer.redirect_chain[-1][0] == page(kept)
    name = User.objects.get().username
    for one, what in ((kept, "was merged into it"), (merged, "Merged into: “Human Rights Watch”")):
        said = desk.get(page(one)).content.decode()
        assert what in said
        assert name in said
    assert f'<a href="{page(kept)}">' in desk.get(page(merged)).content.decode()
    answer = desk.post(page(merged, "take-apart"), follow=True)
    assert "are two organisations again" in answer.content.decode()
    assert "was taken out again" in desk.get(page(kept)).content.decode()


def test_one_that_was_merged_is_offered_nowhere_and_cannot_be_changed(
    desk: Client, letter: Letter
) -> None:
    kept, merged = body("Human Rights Watch"), body("HRW Inc")
    registry_merging.merge(kept=kept, merged=merged)
    assert shown(desk.get(LIST)) == ["Human Rights Watch"]
    assert shown(desk.get(LIST, {"merged": "1"})) == ["HRW Inc"]
    query = "app_label=signatories&model_name=signonorganisation&field_name=organisation&term=hrw"
    results = desk.get(f"/admin/autocomplete/?{query}").json()["results"]
    assert [one["text"] for one in results] == ["Human Rights Watch"]
    desk.post(page(merged), form(merged, display_name="Mine"))
    assert again(merged).display_name == "HRW Inc"
    answer = desk.post(f"{LIST}add/", {"display_name": "HRW INC"})
    assert "It was merged into" in answer.content.decode()


def test_the_other_is_found_by_any_name_on_the_page_that_asks(desk: Client) -> None:
    kept, other = body("Quiet Skies"), body("Humanity & Inclusion", aliases=["Handicap Int'l"])
    answer = desk.get(page(kept, "merge"), {"q": "handicap intl"})
    assert answer.context["found"] == [other]
    assert desk.get(page(kept, "merge"), {"q": "nothing"}).context["found"] == []


# Deleting


def test_only_an_organisation_that_never_signed_is_deleted(desk: Client, letter: Letter) -> None:
    signed = listed(letter, "Quiet Skies").organisations.get()
    idle = body("Idle")
    answer = desk.post(page(signed, "delete"), {"post": "yes"}, follow=True)
    assert "sign-ons are linked to it" in answer.content.decode()
    assert Organisation.objects.filter(pk=signed.pk).exists()
    desk.post(page(idle, "delete"), {"post": "yes"})
    assert not Organisation.objects.filter(pk=idle.pk).exists()
    with pytest.raises(Refused):
        registry.remove(organisation=signed)


def test_one_into_which_another_was_merged_is_not_deleted(desk: Client) -> None:
    kept, merged = body("Kept"), body("Merged")
    registry_merging.merge(kept=kept, merged=merged)
    answer = desk.post(page(kept, "delete"), {"post": "yes"}, follow=True)
    assert "another was merged into it" in answer.content.decode()


# The list and the page


def test_the_list_is_searched_by_names_aliases_and_acronyms_that_nobody_wrote(
    desk: Client,
) -> None:
    body("Human Rights Watch")
    body("Fundación Arias", aliases=["Arias Stiftung"])
    for typed, found in [
        ("hrw", ["Human Rights Watch"]), ("rights hum", ["Human Rights Watch"]),
        ("fundacion", ["Fundación Arias"]), ("stiftung ARIAS", ["Fundación Arias"]),
        ('"human watch"', []), ("%", []),
    ]:  # fmt: skip
        assert shown(desk.get(LIST, {"q": typed})) == found, typed


def test_the_list_is_filtered(desk: Client, letter: Letter) -> None:
    signed = listed(letter, "Signed Body").organisations.get()
    chapter = body("Chapter One", parent=signed, country="SE")
    alike = body("Signed Body, Inc.")
    keying.catch_up()
    assert shown(desk.get(LIST, {"chapter": "1"})) == [str(chapter)]
    assert shown(desk.get(LIST, {"never": "1"})) == [str(chapter), str(alike)]
    assert set(shown(desk.get(LIST, {"alike": "1"}))) == {str(signed), str(alike)}
    assert shown(desk.get(LIST, {"country": "SE"})) == [str(chapter)]
    assert "Sweden" in desk.get(LIST).content.decode()


def test_the_list_counts_a_few_pages_ahead_and_not_all(desk: Client) -> None:
    many_organisations(1200)
    first = desk.get(LIST)
    assert "More than 550 organisations" in first.content.decode()
    assert len(shown(first)) == 50
    last = desk.get(LIST, {"p": "24"})
    assert "1200 organisations" in last.content.decode()
    assert len(shown(last)) == 50
    assert isinstance(first.context["cl"].paginator, LookAhead)


@pytest.mark.parametrize("query", ["", "?q=skies", "?alike=1", "?chapter=1", "?country=SE"])
def test_a_page_of_the_list_reads_only_its_rows(desk: Client, query: str) -> None:
    many_organisations(3000)
    body("Quiet Skies", country="SE", parent=body("Parent"))
    with plans() as found:
        assert desk.get(f"{LIST}{query}").status_code == 200
    assert not reading_whole(ORGANISATIONS, found) or query == ""
    assert max(plan.sorted_rows for plan in found if ORGANISATIONS in plan.sql) < 1000


@pytest.mark.parametrize("count", [1, 30])
def test_the_queries_of_the_pages_do_not_grow(
    desk: Client, letter: Letter, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    one = body("Human Rights Watch")
    for number in range(count):
        other = body(f"Chapter {number} of Human Rights Watch", parent=one)
        SignOnOrganisation.objects.create(sign_on=SignOnFactory(letter=letter), organisation=other)
        SignOnOrganisation.objects.create(sign_on=SignOnFactory(letter=letter), organisation=one)
    desk.get(LIST)
    with django_assert_num_queries(7):
        desk.get(LIST)
    desk.get(page(one))
    with django_assert_num_queries(15):
        desk.get(page(one))


def test_a_page_shows_what_it_signed_its_chapters_and_what_looks_like_it(
    desk: Client, letter: Letter
) -> None:
    one = listed(letter, "Human Rights Watch").organisations.get()
    body("Its Chapter", parent=one)
    body("HRW")
    said = desk.get(page(one)).content.decode()
    for text in (str(letter), "Approved", "Its Chapter", "same acronym", "Compare and merge"):
        assert text in said, text


@pytest.mark.parametrize("role", ["viewer", "editor"])
def test_who_may_only_look_is_offered_no_merge(role: str, letter: Letter) -> None:
    one, other = body("Human Rights Watch"), body("HRW")
    client = client_of(role)
    said = client.get(page(one)).content.decode()
    assert "same acronym" in said
    assert "Compare and merge" not in said
    assert client.post(f"{page(one, 'merge')}{other.pk}/").status_code == 403
    assert client.post(page(one, "take-apart")).status_code == 403
    assert again(other).merged_into is None


def test_the_database_refuses_two_of_one_name(db: None) -> None:
    body("Quiet Skies")
    with pytest.raises(IntegrityError), transaction.atomic():
        body("QUIET SKIES")
    with pytest.raises(Refused, match="in the registry already"):
        registry.write(organisation=Organisation(), display_name="quiet  skies")
    assert Status.APPROVED == "approved"
