"""An import from the file to the database: begun, looked at, and then all of it or nothing."""

from collections.abc import Collection
from dataclasses import dataclass

import pghistory
import structlog
import tablib
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone

from campaign.models import Letter
from campaign.models.letter import State
from campaign.publication import gathered
from signatories.imports.columns import CONTACT, match
from signatories.imports.likeness import alike
from signatories.imports.organisations import OrganisationResource
from signatories.imports.reading import read
from signatories.imports.resource import FileResource
from signatories.imports.sign_ons import SignOnResource
from signatories.imports.table import Line, Table
from signatories.imports.verdicts import Row, Verdict, as_seen, counts
from signatories.models import Import
from signatories.models.importing import Kind, Stage
from signatories.services.moving import Refused

log = structlog.get_logger(__name__)
ACTION = "import"


class NotAsSeen(Refused):
    """Other rows would be imported by now, or with other choices, than staff were shown."""


@dataclass(frozen=True)
class Preview:
    """What would become of the file at this moment."""

    rows: list[Row]
    counts: dict[str, int]
    #: Headings that are not read, and of which staff have not said that they are to be left out.
    unknown: list[str]
    warnings: list[str]
    has_contacts: bool

    @property
    def wrong(self) -> int:
        return self.counts[Verdict.WRONG]

    @property
    def takes(self) -> int:
        """Rows that would change something."""
        return self.counts[Verdict.NEW] + self.counts[Verdict.CHANGED]


@transaction.atomic
def begin(
    *, kind: Kind, letter: Letter | None, file_name: str, content: bytes, by: User | None
) -> Import:
    """Keep what is in the file, for somebody to look at. Raises FileError, Refused."""
    if kind == Kind.SIGN_ONS:
        check_letter(letter)
    table = read(content)
    match(table, kind, [])
    return Import.objects.create(
        kind=kind,
        letter=letter if kind == Kind.SIGN_ONS else None,
        file_name=file_name[:255],
        rows=table.as_json(),
        changes=kind == Kind.ORGANISATIONS,
        by=by,
    )


def check_letter(letter: Letter | None) -> None:
    """Raises Refused where nobody can be added to its list."""
    if letter is None:
        raise Refused("Sign-ons are imported onto a letter.")
    text = letter.current_text
    if text is None or text.fixed_at is None:
        raise Refused(f"“{letter.slug}” is not open yet: there is no text to sign.")
    if letter.delivered_at is not None:
        raise Refused(f"“{letter.slug}” has been delivered: its list is complete.")
    if letter.state == State.ARCHIVED:
        raise Refused(f"“{letter.slug}” is archived: its list is complete.")


@transaction.atomic
def choose(
    *,
    imported: Import,
    note: str,
    ignored: Collection[str],
    approves: bool,
    changes: bool,
    leaves_out_wrong: bool,
) -> None:
    """Keep how the file is to be imported. Raises Refused."""
    there = _lock(imported)
    there.note, there.ignored = note.strip(), sorted(ignored)
    there.approves = approves and there.kind == Kind.SIGN_ONS
    there.changes, there.leaves_out_wrong = changes, leaves_out_wrong
    there.save(update_fields=["note", "ignored", "approves", "changes", "leaves_out_wrong"])
    imported.refresh_from_db()


def look(imported: Import) -> Preview:
    """Judge each row, for a fixed number of queries. Raises FileError, Refused."""
    resource, unknown, table = _judged(imported)
    headings = match(table, Kind(imported.kind), imported.ignored).columns
    return Preview(
        rows=resource.judged,
        counts=counts(resource.judged),
        unknown=unknown,
        warnings=table.warnings,
        has_contacts=bool(set(headings) & set(CONTACT)),
    )


def point_out_alike(imported: Import, rows: Collection[Row]) -> None:
    """Say of the new ones among these rows what they look like, in a bounded number of queries."""
    found = alike({row.name for row in rows if row.verdict == Verdict.NEW}, imported.letter)
    for row in rows:
        row.looks_like = found.get(row.name, []) if row.verdict == Verdict.NEW else []


@transaction.atomic
def confirm(*, imported: Import, by: User | None, seen: str = "") -> dict[str, int]:
    """Import what `look` shows, all or nothing; returns how many rows were of each verdict.

    `seen` are the counts of the preview that `by` pressed the button under. Raises Refused when
    they are others by now, while a row is wrong and is not said to be left out, when there is no
    note of who sent the sign-ons, or when somebody else changed the same at this moment.
    """
    there = _lock(imported, running=True)
    if there.letter is not None:
        # Another import onto the letter waits here. Who signs does not: they take a lesser lock.
        there.letter = Letter.objects.select_for_update(no_key=True).get(pk=there.letter.pk)
    if there.kind == Kind.SIGN_ONS and not there.note.strip():
        raise Refused("Please note who sent the list, and when: it is kept with each sign-on.")
    resource, unknown, _ = _judged(there)
    found = counts(resource.judged)
    if seen and seen != as_seen(found):
        raise NotAsSeen("Nothing was imported: this is not what you saw. Please look again.")
    if unknown:
        raise Refused(f"Nothing was imported: {', '.join(unknown)} would not be read.")
    if found[Verdict.WRONG] and not there.leaves_out_wrong:
        raise Refused("Nothing was imported: some rows are wrong.")
    if not found[Verdict.NEW] + found[Verdict.CHANGED]:
        raise Refused("Nothing was imported: there is nothing new in the file.")
    try:
        who = {"user": by.pk} if by else {}
        about = pghistory.context(action=ACTION, imported=there.pk, **who)
        with transaction.atomic(), about, gathered():
            resource.write()
    except IntegrityError as error:
        raise Refused(
            "Nothing was imported: somebody changed the same at this moment. Please look again."
        ) from error
    Import.objects.filter(pk=there.pk).update(
        confirmed_at=timezone.now(), counts=found, rows=None, note="", wish="", problem=""
    )
    imported.refresh_from_db()
    log.info("import.done", imported=imported.pk, **found)
    return found


@transaction.atomic
def discard(*, imported: Import) -> None:
    """Forget the file at once. Raises Refused once it is imported."""
    _lock(imported)
    Import.objects.filter(pk=imported.pk).update(rows=None, note="", file_name="")
    imported.refresh_from_db()


def _lock(imported: Import, *, running: bool = False) -> Import:
    there = (
        Import.objects.select_for_update(of=("self",))
        .select_related("letter__current_text", "by")
        .get(pk=imported.pk)
    )
    if there.stage == Stage.RUNNING and not running:
        raise Refused("This file is being imported already.")
    if there.stage == Stage.FORGOTTEN:
        raise Refused("The file is gone, as nobody imported it. Please upload it again.")
    if there.confirmed_at is not None:
        raise Refused("This file is imported already.")
    return there


def _judged(imported: Import) -> tuple[FileResource, list[str], Table]:
    """Raises FileError, Refused."""
    table = Table.from_json(imported.rows or {})
    matched = match(table, Kind(imported.kind), imported.ignored)
    columns = [column for column in matched.columns if column]
    dataset = tablib.Dataset(headers=[*columns, "beyond"])
    for line in table.lines:
        dataset.append([*_read(line, matched.columns), _beyond(line, table)])
    resource = _resource(imported)
    resource.judge(dataset, [line.number for line in table.lines])
    return resource, matched.unknown, table


def _read(line: Line, columns: list[str]) -> list[str]:
    return [cell for cell, column in zip(line.cells, columns, strict=False) if column]


def _beyond(line: Line, table: Table) -> str:
    return "".join(line.cells[len(table.headings) :]).strip()


def _resource(imported: Import) -> FileResource:
    if imported.kind == Kind.ORGANISATIONS:
        return OrganisationResource(imported)
    check_letter(imported.letter)
    letter = imported.letter
    assert letter is not None and letter.current_text is not None  # noqa: S101, PT018
    return SignOnResource(imported, letter.current_text.wording_in(letter.language))
