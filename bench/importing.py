"""How long 10,000 sign-ons with contacts take to be read, judged, imported and undone.

Reference in the same run: COPY of as many rows, with the same indexes and triggers, into the table
of sign-ons alone.

    .venv/bin/python -m bench.importing
"""

import csv
import io
import time
from collections.abc import Callable
from typing import Any

from bench.site import running_site

ROWS = 10_000


def timed(what: Callable[[], Any]) -> tuple[Any, float]:
    started = time.perf_counter()
    found = what()
    return found, time.perf_counter() - started


def file_of(rows: int) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(["organisation", "country", "contact_name", "contact_title", "email"])
    for number in range(rows):
        name = f"Body {number * 7919} of {number}"
        writer.writerow([name, "SE", f"Ada Doe {number}", "Director", f"a{number}@example.org"])
    return out.getvalue().encode()


def copied() -> float:
    """Seconds for COPY of the rows that an import left, under other names."""
    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT * FROM signatories_signon WHERE source = 'list' LIMIT %s", [ROWS])
        columns = [column.name for column in cursor.description]
        rows = [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
        assert len(rows) == ROWS
        for row in rows:
            row.pop("id")
            row["name_key"] += " again"
            row["email_key"] = ""
            row["signals"] = "{}"
        names = list(rows[0])

        def copy() -> None:
            with cursor.copy(f"COPY signatories_signon ({', '.join(names)}) FROM STDIN") as stream:
                for row in rows:
                    stream.write_row([row[name] for name in names])

        _, seconds = timed(copy)
        transaction.set_rollback(True)
    return seconds


def main() -> None:
    with running_site():
        from campaign.models import Letter
        from signatories.exports import rows
        from signatories.exports.files import as_csv, as_xlsx
        from signatories.imports import running, undo
        from signatories.models import SignOn

        letter = Letter.objects.get(slug="sample-letter")
        content = file_of(ROWS)
        imported, reading = timed(
            lambda: running.begin(
                kind="sign_ons", letter=letter, file_name="bench.csv", content=content, by=None
            )
        )
        running.choose(
            imported=imported, note="bench", ignored=[], approves=False, changes=False,
            leaves_out_wrong=False,
        )  # fmt: skip
        _, judging = timed(lambda: running.look(imported))
        _, importing = timed(lambda: running.confirm(imported=imported, by=None))
        base = copied()
        found = rows.queue(SignOn.objects.all())
        _, as_text = timed(lambda: sum(map(len, as_csv(found.lines()))))
        _, as_sheet = timed(lambda: sum(map(len, as_xlsx(found.lines()))))
        _, undoing = timed(lambda: undo.undo(imported=imported, by=None))
        print(f"reference, COPY of {ROWS} sign-ons: {base:.2f} s")
        for what, seconds in (
            ("reading the file", reading),
            ("judging its rows", judging),
            ("importing them, with contacts and evidence", importing),
            ("undoing it", undoing),
            ("exporting as many as CSV", as_text),
            ("exporting as many as XLSX", as_sheet),
        ):
            print(f"{what:44} {seconds:6.2f} s (ratio {seconds / base:.1f})")


if __name__ == "__main__":
    main()
