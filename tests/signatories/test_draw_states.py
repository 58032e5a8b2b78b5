from pathlib import Path

from campaign.models import letter
from signatories.management.commands.draw_states import states_page
from signatories.models import sign_on

ROOT = Path(__file__).resolve().parents[2]


def test_the_pictures_in_the_docs_are_those_of_the_code() -> None:
    assert (ROOT / "docs/states.md").read_text() == states_page(), (
        "python manage.py draw_states > docs/states.md"
    )


def test_every_move_is_an_arrow_and_no_arrow_is_no_move() -> None:
    arrows = {line.strip() for line in states_page().splitlines() if " --> " in line}
    moves = {
        f"{source} --> {target}"
        for allowed in (letter.ALLOWED, sign_on.ALLOWED)
        for source, targets in allowed.items()
        for target in targets
    }
    assert {arrow for arrow in arrows if not arrow.startswith("[*]")} == moves
