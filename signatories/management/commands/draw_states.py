"""draw_states: docs/states.md, pictures of the moves that a letter and a sign-on can make."""

from collections.abc import Mapping, Set
from typing import Any

from django.core.management.base import BaseCommand
from django.db.models import TextChoices

from campaign.models import letter
from signatories.models import sign_on
from signatories.models.sign_on import Status

HEAD = """\
# States

Drawn from the maps of moves in `campaign/models/letter.py` and `signatories/models/sign_on.py`, by
`python manage.py draw_states > docs/states.md`. A trigger in the database refuses every move that
has no arrow here.
"""

LETTER = """\
A letter is a draft until it is opened, which fixes Text 1. Whether it is unlisted or public is no
state: it may change at any time, as may its settings.
"""

SIGN_ON = """\
A sign-on begins where it came from: the web form, staff, an invitation, or a loaded list. It is
listed while it is approved and nothing holds it.
"""
#: By where it came from: the verbs sign, enter and load set it.
BEGINS = {
    Status.UNCONFIRMED: "web form",
    Status.PENDING: "entered by staff, or by invitation",
    Status.APPROVED: "loaded list",
}


def states_page() -> str:
    """The page in Markdown, its pictures in Mermaid."""
    draft = {letter.State.DRAFT: ""}
    return "\n".join(
        [
            HEAD,
            f"## A letter\n\n{LETTER}\n{diagram(letter.State, letter.ALLOWED, draft)}",
            f"## A sign-on\n\n{SIGN_ON}\n{diagram(Status, sign_on.ALLOWED, BEGINS)}",
        ]
    )


def diagram(
    states: type[TextChoices],
    allowed: Mapping[Any, Set[Any]],
    begins: Mapping[Any, str],
) -> str:
    """A Mermaid state diagram: every state under its label, every move an arrow."""
    order = list(states)
    lines = [f'state "{state.label}" as {state.value}' for state in order]
    for state, origin in begins.items():
        lines.append(f"[*] --> {state.value}" + (f": {origin}" if origin else ""))
    for state in order:
        lines += [f"{state.value} --> {t.value}" for t in sorted(allowed[state], key=order.index)]
    body = "".join(f"    {line}\n" for line in lines)
    return f"```mermaid\nstateDiagram-v2\n{body}```\n"


class Command(BaseCommand):
    help = "Print docs/states.md: the moves that a letter and a sign-on can make."
    requires_system_checks = []  # it reads two maps

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(states_page(), ending="")
