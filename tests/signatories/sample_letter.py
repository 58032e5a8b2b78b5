"""A letter, its text and its words as they are frozen, for tests without a database."""

from signatories.editions.schema import FrozenLetter, FrozenText, FrozenWording

LETTER = FrozenLetter(
    slug="ours",
    state="open",
    public=True,
    path="/letters/ours/",
    url="https://letters.example.org/letters/ours/",
    language="en-GB",
    sender="The Coalition",
    dateline="",
    running_header="",
    about="",
    contact="coordinator@example.org",
    press_contact="",
    opens="",
    closes="",
    time_zone="UTC",
    paper="a4",
    accent="#1f4e79",
    asks_country=True,
    asks_website=True,
    delivered=False,
)
WORDING = FrozenWording(
    language="en-US",
    direction="ltr",
    title="Act <now> & here",
    addressee=["The Minister", "The Capital"],
    cc=["The Deputy"],
    salutation="Dear Minister:",
    body="Please act **now**.",
    closing="Regards,",
    source="",
    sha256="3f2a9b1c" * 8,
)
TEXT = FrozenText(number=3, fixed=True, wordings=[WORDING])
