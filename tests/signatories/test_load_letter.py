"""load_letter: the whole file or nothing, and the same file again changes nothing."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from campaign.models import Group, Letter, OutgoingMail, Publication, Text, Wording
from campaign.models.text import Change
from signatories.editions import freeze
from signatories.models import Organisation, SignOn, SignOnOrganisation
from signatories.models.sign_on import Source, Status
from signatories.services import moderation
from tests.conftest import LETTER, LIST

pytestmark = pytest.mark.django_db
EVERYTHING = (
    Letter, Group, Text, Wording, Organisation, SignOn, SignOnOrganisation, Publication,
    OutgoingMail,
)  # fmt: skip


@pytest.fixture
def letter_file(tmp_path: Path) -> Path:
    path = tmp_path / "letter.md"
    path.write_text(LETTER)
    return path


@pytest.fixture
def list_file(tmp_path: Path) -> Path:
    path = tmp_path / "list.csv"
    path.write_bytes(LIST)
    return path


def everything() -> list[list[dict[str, object]]]:
    return [list(model.objects.order_by("pk").values()) for model in EVERYTHING]  # type: ignore[attr-defined]


def names(letter: Letter) -> list[str]:
    return [s["name"] for group in freeze.listed_groups(letter) for s in group["signatories"]]


def test_a_loaded_letter_is_open_public_and_listed(letter_file: Path, list_file: Path) -> None:
    call_command("load_letter", letter_file, signatories=list_file, open=True)
    letter = Letter.objects.get()
    assert letter.public
    assert letter.accepts_sign_ons()
    assert names(letter) == ["Alpha Aid", "Beta Bridges"]
    assert set(SignOn.objects.values_list("status", "source")) == {(Status.APPROVED, Source.LIST)}


def test_without_open_it_is_an_unlisted_draft(letter_file: Path) -> None:
    call_command("load_letter", letter_file)
    letter = Letter.objects.get()
    assert (letter.state, letter.public) == ("draft", False)


def test_loading_the_same_again_changes_nothing(letter_file: Path, list_file: Path) -> None:
    call_command("load_letter", letter_file, signatories=list_file, open=True)
    before = everything()
    call_command("load_letter", letter_file, signatories=list_file, open=True)
    assert everything() == before


def test_a_longer_list_adds_and_a_shorter_one_removes_nothing(
    letter_file: Path, list_file: Path
) -> None:
    call_command("load_letter", letter_file, signatories=list_file, open=True)
    list_file.write_text("group,organisation\npartners,Gamma Group\npartners,ALPHA aid\n")
    call_command("load_letter", letter_file, signatories=list_file)
    assert names(Letter.objects.get()) == ["Alpha Aid", "Beta Bridges", "Gamma Group"]


def test_one_that_withdrew_is_not_brought_back(letter_file: Path, list_file: Path) -> None:
    call_command("load_letter", letter_file, signatories=list_file, open=True)
    moderation.withdraw(sign_on=SignOn.objects.get(listed_name="Alpha Aid"))
    call_command("load_letter", letter_file, signatories=list_file)
    assert names(Letter.objects.get()) == ["Beta Bridges"]


def test_a_draft_is_corrected_in_place_and_an_open_letter_gets_a_new_text(
    letter_file: Path,
) -> None:
    call_command("load_letter", letter_file)
    letter_file.write_text(LETTER.replace("**now**", "**soon**"))
    call_command("load_letter", letter_file, open=True)
    assert Text.objects.get().number == 1
    letter_file.write_text(LETTER.replace("**now**", "**today**"))
    call_command("load_letter", letter_file, substantive=True)
    assert list(Text.objects.values_list("number", "change")) == [
        (1, Change.FIRST),
        (2, Change.SUBSTANTIVE),
    ]
    assert all(text.fixed_at for text in Text.objects.all())
    assert Letter.objects.get().current_text == Text.objects.get(number=2)


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (LETTER.replace("title: Act now", "title: [x"), "not valid YAML"),
        (LETTER.replace("title: Act now\n", ""), "“title” is missing"),
        (LETTER.replace("slug: ours", "slug: Our Letter"), "slug: Use small letters"),
        (LETTER.replace("sender:", "sendr:"), "unknown key “sendr”"),
        (LETTER.replace("key: partners", "key: committee"), "“committee” stands twice"),
        (LETTER.split("Please")[0], "no text"),
        ("", "expected ---"),
    ],
)
def test_a_broken_letter_leaves_nothing_half_loaded(
    letter_file: Path, list_file: Path, broken: str, message: str
) -> None:
    letter_file.write_text(broken)
    with pytest.raises(CommandError) as refusal:
        call_command("load_letter", letter_file, signatories=list_file, open=True)
    assert message in str(refusal.value)
    assert str(refusal.value).startswith(f"{letter_file}: ")
    assert "\n" not in str(refusal.value)
    assert everything() == [[] for _ in EVERYTHING]


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (b"group,organisation\nfriends,A\n", "line 2: group: “friends”"),
        (b"group,name\n", "line 1: the column “organisation”"),
        (b"group,organisation\ncommittee,A\ncommittee,a\n", "line 3: organisation:"),
        (b"group,organisation\ncommittee,\n", "line 2: organisation: the name is empty"),
        (b"group,organisation\ncommittee,\xff\n", "line 2: the file is not UTF-8"),
        (b"\x00\x01", "line 1: the file is binary"),
    ],
)
def test_a_broken_list_leaves_nothing_half_loaded(
    letter_file: Path, list_file: Path, broken: bytes, message: str
) -> None:
    list_file.write_bytes(broken)
    with pytest.raises(CommandError) as refusal:
        call_command("load_letter", letter_file, signatories=list_file, open=True)
    assert message in str(refusal.value)
    assert str(refusal.value).startswith(f"{list_file}: ")
    assert everything() == [[] for _ in EVERYTHING]


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=re.escape(f"{tmp_path / 'none.md'}: cannot be read")):
        call_command("load_letter", tmp_path / "none.md")


def test_signatories_cannot_be_loaded_into_a_draft(letter_file: Path, list_file: Path) -> None:
    with pytest.raises(CommandError, match="use --open"):
        call_command("load_letter", letter_file, signatories=list_file)
    assert not Letter.objects.exists()


def test_the_sample_letter_comes_out_in_the_order_of_its_list() -> None:
    sample = settings.BASE_DIR / "sample"
    call_command(
        "load_letter", sample / "letter.md", signatories=sample / "signatories.csv", open=True
    )
    lines = (sample / "signatories.csv").read_text().splitlines()[1:]
    listed = names(Letter.objects.get())
    assert len(listed) == 36
    assert [line.split(",", 1)[1].strip('"') for line in lines] == listed


@pytest.mark.parametrize(("language", "paper"), [("en-US", "us-letter"), ("en-GB", "a4")])
def test_the_paper_is_that_of_the_region_unless_the_file_says_another(
    letter_file: Path, language: str, paper: str
) -> None:
    letter_file.write_text(LETTER.replace("en-GB", language))
    call_command("load_letter", letter_file)
    assert Letter.objects.get().paper == paper
    letter_file.write_text(LETTER.replace("language: en-GB", f"language: {language}\npaper: a4"))
    call_command("load_letter", letter_file)
    assert Letter.objects.get().paper == "a4"
