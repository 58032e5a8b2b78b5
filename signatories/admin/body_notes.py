"""What of a body will not come out as typed: the markup's notes, and what the PDF's fonts lack."""

from campaign.markup.notes import MOST, Note, notes_on


def body_notes(body: str) -> list[Note]:
    """In the order of the lines, MOST at most of either kind."""
    # The fonts are loaded by those who need them only.
    from signatories.editions import fonts

    lacking: list[Note] = []
    for number, line in enumerate(body.splitlines(), 1):
        replaced = fonts.uncovered(line)
        if replaced and len(lacking) < MOST:
            said = f"no font of the PDF has {' '.join(replaced)}: it shows {fonts.REPLACEMENT}."
            lacking.append(Note(number, said))
    return sorted([*notes_on(body), *lacking], key=lambda note: note.line)
