"""What the pages in docs/ say about files and links is so."""

import re
from pathlib import Path

import pytest

from campaign.letter_file import KEYS, read_letter_file
from signatories.list_file import OPTIONAL, REQUIRED, read_list_file
from tests.campaign.test_env import names_in_env

ROOT = Path(__file__).resolve().parents[2]
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
LETTER_FILE = (ROOT / "docs/letter-file.md").read_text()


def block(language: str) -> str:
    found = re.search(rf"^```{language}\n(.*?)^```$", LETTER_FILE, re.MULTILINE | re.DOTALL)
    assert found
    return found[1]


def first_cells() -> set[str]:
    return set(re.findall(r"^\| `([a-z_]+)` \|", LETTER_FILE, re.MULTILINE))


def test_the_page_on_letter_files_has_a_row_for_each_key_and_column() -> None:
    assert first_cells() == KEYS | set(REQUIRED) | set(OPTIONAL)


def test_the_letter_file_of_the_docs_can_be_loaded() -> None:
    file = read_letter_file(block("markdown").encode())
    assert file.slug == "clean-rivers"
    assert [group.key for group in file.groups] == ["members", "partners"]


def test_the_list_of_the_docs_can_be_loaded() -> None:
    entries = read_list_file(block("csv").encode(), groups={"members", "partners"})
    assert [entry.organisation for entry in entries] == [
        "Friends of the Loire",
        "Rivers, Lakes and People",
    ]


def test_the_page_for_operators_names_every_setting() -> None:
    table = (ROOT / "docs/operators.md").read_text().split("## Settings")[1].split("\n## ")[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    assert set(re.findall(r"`([A-Z_]+)`", " ".join(rows))) == names_in_env()


def test_the_index_leads_to_every_page() -> None:
    index = (ROOT / "docs/index.md").read_text()
    pages = {str(page.relative_to(ROOT / "docs")) for page in (ROOT / "docs").rglob("*.md")}
    assert {page for page in pages if f"({page})" not in index} <= {"index.md"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_between_pages_leads_to_a_file(page: Path) -> None:
    text = re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    targets = re.findall(r"\]\(([^)#\s]+)", text)
    missing = [t for t in targets if "://" not in t and not (page.parent / t).exists()]
    assert missing == []
