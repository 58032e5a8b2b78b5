"""The list as plain text, for an e-mail and for a press release."""

from datetime import UTC, datetime

import pytest

from signatories.editions.schema import ListedGroup
from signatories.plain_list import as_mail, as_paragraph

AT = datetime(2026, 5, 12, 14, 3, tzinfo=UTC)


def group(title: str, *names: str) -> ListedGroup:
    signatories = [{"name": name, "country": "", "website": ""} for name in names]
    return {"key": "k", "title": title, "signatories": signatories}  # type: ignore[typeddict-item]


def test_the_mail_names_letter_link_count_and_every_name_under_its_heading() -> None:
    long = "Joint Ministries " * 12 + "(JM)"
    groups = [group("Committee", "Ábel & Co", long), group("Partners", "منظمة")]
    assert as_mail(groups, title="Act now", url="https://a.example/letters/x/", at=AT) == (
        "Act now\nhttps://a.example/letters/x/\n\n"
        "3 signatories as of 12 May 2026, 14:03 UTC\n\n"
        f"Committee\nÁbel & Co\n{long}\n\nPartners\nمنظمة\n"
    )


@pytest.mark.parametrize(
    ("names", "language", "said"),
    [
        ([], "en-GB", ""),
        (["A"], "en-GB", "A"),
        (["A", "B"], "en-GB", "A and B"),
        (["A", "B", "C"], "en-US", "A, B and C"),
        (["A", "B, Inc.", "C"], "en", "A; B, Inc.; and C"),
        (["A", "B", "C"], "fr", "A, B et C"),
        (["A", "B", "C"], "ar", "A, B, C"),
    ],
)
def test_a_paragraph_ends_as_its_language_does(names: list[str], language: str, said: str) -> None:
    assert as_paragraph([group("x", *names)], language=language) == said
