"""A list of members to invite, as it is pasted or comes from a spreadsheet: read row by row."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from django.core.exceptions import ValidationError
from django.db.models import TextChoices

from campaign.models import Group, Letter
from campaign.names import name_key
from signatories.cleaning import clean_email, clean_organisation, person_line
from signatories.models import Invitation, Organisation, SignOn, SignOnOrganisation
from signatories.models.sign_on import Status
from signatories.services.invitations import SIGNED
from signatories.services.signing import Person
from signatories.services.similar import similar_names, similar_on

COLUMNS = ["organisation", "name", "email", "title", "group"]
#: What the first line of a list may call them.
HEADINGS = {
    **{column: column for column in COLUMNS},
    "organization": "organisation", "member": "organisation", "contact": "name",
    "contact name": "name", "contact_name": "name", "e-mail": "email", "mail": "email",
    "e-mail address": "email", "email address": "email", "contact_title": "title",
    "position": "title",
}  # fmt: skip
REQUIRED = {
    "organisation": "There is no organisation.",
    "name": "There is no name of a contact.",
    "email": "There is no e-mail address.",
}
#: So that a request that sends them ends well before anybody in between gives it up.
MOST_ROWS = 10_000
#: Likenesses that are shown of one row.
MOST_ALIKE = 3
#: Names or keys that one statement asks for.
AT_ONCE = 1000


class Verdict(TextChoices):
    NEW = "new", "New: the organisation is made"
    KNOWN = "known", "Known"
    SIGNED = "signed", "Has signed already: skipped"
    INVITED = "invited", "Is invited already: skipped"
    WRONG = "wrong", "Wrong"


#: Those that are invited.
TO_INVITE = {Verdict.NEW, Verdict.KNOWN}


@dataclass(frozen=True)
class Row:
    """`line` is where it stands in the list; `known` is the organisation of the registry."""

    line: int
    organisation: str
    person: Person
    group: Group | None = None
    verdict: Verdict = Verdict.NEW
    problem: str = ""
    known: Organisation | None = None
    #: Names on the letter or in the registry that a new one looks like: pointed out, no more.
    looks_like: tuple[str, ...] = ()


def read_list(letter: Letter, typed: str) -> list[Row]:
    """Every row of the list with its verdict, in a number of queries that goes by thousands.

    Columns: organisation, name, e-mail, and optionally title and group; separated by tabs,
    semicolons or commas, with or without a line of headings. Raises ValidationError for what is no
    list, or too long a one.
    """
    groups = {word.casefold(): group for group in letter.groups.all()
              for word in (group.key, group.title)}  # fmt: skip
    rows = [_read(line, cells, groups) for line, cells in _cells(typed)]
    if not rows:
        raise ValidationError("There is no row in the list: give one organisation a line.")
    return _once_each(_judged(letter, rows))


def point_out_alike(letter: Letter, rows: Sequence[Row]) -> list[Row]:
    """These rows, the new ones with what they look like, in a bounded number of queries."""
    new = [row.organisation for row in rows if row.verdict == Verdict.NEW]
    on_letter, in_registry = similar_on(letter, new), similar_names(new)
    pointed_out = []
    for row in rows:
        if row.verdict == Verdict.NEW:
            listed = [one.sign_on.listed_name for one in on_letter.get(row.organisation, [])]
            body = in_registry.get(row.organisation)
            alike = [*listed, *([str(body.organisation)] if body else [])]
            row = replace(row, looks_like=tuple(dict.fromkeys(alike))[:MOST_ALIKE])
        pointed_out.append(row)
    return pointed_out


def _cells(typed: str) -> Iterator[tuple[int, dict[str, str]]]:
    lines = typed.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff").split("\n")
    first = next((line for line in lines if line.strip()), "")
    separator = max("\t;,", key=lambda sign: (first.count(sign), sign == "\t"))
    reader = csv.reader(lines, delimiter=separator, skipinitialspace=True)
    columns, count = COLUMNS, 0
    try:
        for cells in reader:
            cells = [cell.strip() for cell in cells]
            if not any(cells):
                continue
            if not count and columns is COLUMNS and (named := _headings(cells)):
                columns = named
                continue
            count += 1
            if count > MOST_ROWS:
                raise ValidationError(f"The list has more than {MOST_ROWS:,} rows: divide it.")
            yield reader.line_num, dict(zip(columns, cells, strict=False))
    except csv.Error as error:
        raise ValidationError(f"Line {reader.line_num} cannot be read: {error}.") from error


def _headings(cells: list[str]) -> list[str]:
    """What the columns are called, where this is a line of headings."""
    words = [HEADINGS.get(cell.casefold(), "") for cell in cells]
    return words if "organisation" in words and "email" in words else []


def _read(line: int, cells: dict[str, str], groups: dict[str, Group]) -> Row:
    """The row, or what is wrong in it: the first of all that is."""
    typed = {column: cells.get(column, "") for column in COLUMNS}
    row = Row(line, typed["organisation"], Person(typed["name"], typed["title"], typed["email"]))
    try:
        for column, missing in REQUIRED.items():
            if not typed[column]:
                raise ValidationError(missing)
        organisation = clean_organisation(typed["organisation"])
        person = Person(
            person_line("name")(typed["name"]),
            person_line("title")(typed["title"]) if typed["title"] else "",
            clean_email(typed["email"]),
        )
    except ValidationError as error:
        said = error.messages[0].replace("Your ", "The contact’s ").replace("your ", "the ")
        return replace(row, verdict=Verdict.WRONG, problem=said)
    group = groups.get(typed["group"].casefold())
    if typed["group"] and group is None:
        problem = f"The letter has no group “{typed['group'][:60]}”."
        return replace(row, verdict=Verdict.WRONG, problem=problem)
    return replace(row, organisation=organisation, person=person, group=group)


def _judged(letter: Letter, rows: list[Row]) -> list[Row]:
    readable = {name_key(row.organisation): row.organisation
                for row in rows if row.verdict != Verdict.WRONG}  # fmt: skip
    known = _known(readable)
    signed = set(
        SignOnOrganisation.objects.filter(letter=letter, sign_on__status__in=SIGNED).values_list(
            "organisation", flat=True
        )
    )
    signed_names = _waiting_names(letter, readable)
    invited = set(
        Invitation.objects.filter(letter=letter, taken_back_at__isnull=True).values_list(
            "organisation", flat=True
        )
    )
    judged = []
    for row in rows:
        if row.verdict != Verdict.WRONG:
            key = name_key(row.organisation)
            organisation = known.get(key)
            verdict = Verdict.KNOWN if organisation else Verdict.NEW
            if organisation and organisation.pk in invited:
                verdict = Verdict.INVITED
            if key in signed_names or (organisation and organisation.pk in signed):
                verdict = Verdict.SIGNED
            row = replace(row, known=organisation, verdict=verdict)
        judged.append(row)
    return judged


def _known(readable: dict[str, str]) -> dict[str, Organisation]:
    """By key: the organisations of these names or aliases, as an approval would link them.

    Of one that was merged into another it is that other.
    """
    known: dict[str, Organisation] = {}
    for keys in _chunks(readable):
        found = Organisation.objects.select_related("merged_into").filter(name_key__in=keys)
        known |= {one.name_key: one.merged_into or one for one in found}
    others = {name: key for key, name in readable.items() if key not in known}
    for names in _chunks(others):
        for organisation in Organisation.objects.standing().filter(aliases__overlap=names):
            for alias in organisation.aliases:
                if alias in others:
                    known.setdefault(others[alias], organisation)
    return known


def _waiting_names(letter: Letter, keys: Iterable[str]) -> set[str]:
    """Those of these names under which a sign-on waits for staff, who have not linked it yet."""
    waiting = SignOn.objects.filter(letter=letter, status=Status.PENDING).order_by()
    found: set[str] = set()
    for some in _chunks(keys):
        found |= set(waiting.filter(name_key__in=some).values_list("name_key", flat=True))
    return found


def _once_each(rows: list[Row]) -> list[Row]:
    """An organisation that stands in the list twice is wrong the second time."""
    first: dict[object, int] = {}
    found = []
    for row in rows:
        if row.verdict in TO_INVITE:
            key = row.known.pk if row.known else name_key(row.organisation)
            if key in first:
                problem = f"This organisation stands in line {first[key]} already."
                row = replace(row, verdict=Verdict.WRONG, problem=problem)
            else:
                first[key] = row.line
        found.append(row)
    return found


def _chunks(values: Iterable[str]) -> Iterator[list[str]]:
    all_of_them = list(values)
    for start in range(0, len(all_of_them), AT_ONCE):
        yield all_of_them[start : start + AT_ONCE]
