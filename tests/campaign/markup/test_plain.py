from hypothesis import given, settings

from campaign.markup.plain import to_plain
from tests.campaign.markup.texts import hostile


def test_a_letter_reads_well_without_markup() -> None:
    body = (
        "# Now\n\nDear *all*,\nplease [read](https://x.org) <https://y.org>[^1].\n\n"
        "- one\n  - two\n- three\n\n> quoted\n\n[^1]: A note."
    )
    assert to_plain(body) == (
        "Now\n\nDear all, please read (https://x.org) https://y.org[1].\n\n"
        "- one\n  - two\n- three\n\n> quoted\n\n[1] A note."
    )


@settings(deadline=None)
@given(hostile)
def test_any_text_gives_plain_text(body: str) -> None:
    assert isinstance(to_plain(body), str)
