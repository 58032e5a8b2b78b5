"""What both kinds of files have in common: a Resource of django-import-export that judges each row.

import-export goes through the rows, reads the cells by its widgets and gathers what is wrong. Ours
is what it looks rows up by (all of them at once), what it takes for a double, and how it writes:
with the keys of a name, its links and its contact, in a number of statements that does not grow
with each row.
"""

from collections.abc import Iterable
from typing import Any, TypeVar

import tablib
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db.models import Model
from import_export.fields import Field
from import_export.instance_loaders import BaseInstanceLoader
from import_export.resources import ModelResource

from campaign.names import clean_name, name_key
from signatories.imports.cells import Cell
from signatories.imports.verdicts import Change, Row, Verdict
from signatories.models import Import, ImportedRow
from signatories.models.importing import Action

#: Rows in one statement: PostgreSQL has a few seconds for each (campaign.database).
BATCH = 1000
M = TypeVar("M", bound=Model)


def column(name: str, cell: Cell) -> Field:
    """A column that is kept under its own name; an empty cell changes nothing."""
    return Field(attribute=name, column_name=name, widget=cell, saves_null_values=False)


class FileResource(ModelResource):  # type: ignore[misc]
    """Judges and imports the rows of one file. Subclasses say what is known, and how to write."""

    #: The column with the name, which becomes this attribute.
    named = "listed_name"
    #: Columns that a row may change in what is there already.
    changeable: tuple[str, ...] = ()

    class Meta:
        # Nothing is saved row by row; `write` does it at the end, once all have been judged.
        use_bulk = True
        batch_size = None
        skip_diff = True
        report_skipped = True
        clean_model_instances = False
        use_transactions = False
        import_id_fields: tuple[str, ...] = ()
        instance_loader_class = BaseInstanceLoader

    def __init__(self, imported: Import, **options: Any) -> None:
        super().__init__(**options)
        self.imported = imported
        self.judged: list[Row] = []
        self.numbers: list[int] = []
        #: Keys of the names of the file, of those that can be read, and where each stood first.
        self.keys: dict[str, str] = {}
        self.seen: dict[object, int] = {}
        #: What is to be written: (number of the row, object) and the columns that it changes.
        self.made: list[tuple[int, Any]] = []
        self.changed: list[tuple[int, Any, dict[str, Any]]] = []

    # Judging

    def judge(self, dataset: tablib.Dataset, numbers: list[int]) -> list[Row]:
        """Every row, in the order of the file. Writes nothing."""
        self.numbers = numbers
        result = self.import_data(dataset, dry_run=False, use_transactions=False)
        in_rows = [error for _, errors in result.row_errors() for error in errors]
        for failed in [*result.base_errors, *in_rows]:
            raise failed.error  # a fault of ours: what is wrong in a file is a ValidationError
        self.settle()
        return self.judged

    def settle(self) -> None:
        """What can only be said once all rows are known."""

    def before_import(self, dataset: tablib.Dataset, **options: Any) -> None:
        for cell in dataset["organisation"]:
            try:
                self.keys[cell] = name_key(clean_name(cell)) if cell.strip() else ""
            except ValidationError:
                self.keys[cell] = ""
        self.look_up({key for key in self.keys.values() if key})

    def look_up(self, keys: set[str]) -> None:
        """Find what is there under these names, in a fixed number of queries."""
        raise NotImplementedError

    def there(self, key: str, row: Any) -> tuple[Any, str]:
        """What is there under a name and may be changed, and in words of what the row is a double.

        (None, "") for what is new.
        """
        raise NotImplementedError

    def identity(self, key: str) -> object:
        """Two rows of the same are doubles of each other."""
        return key

    def import_row(self, row: Any, instance_loader: Any, **options: Any) -> Any:
        self._row = Row(self.numbers[options["row_number"] - 1], row["organisation"], Verdict.NEW)
        self._before: dict[str, Any] = {}
        self._key = self.keys.get(row["organisation"], "")
        result = super().import_row(row, instance_loader, **options)
        if result.validation_error:
            self._row.verdict = Verdict.WRONG
            self._row.problems = list(_problems(result.validation_error, self.named))
        self.judged.append(self._row)
        return result

    def get_or_init_instance(self, instance_loader: Any, row: Any) -> tuple[Any, bool]:
        """The same object is never given to two rows: the second of them is a double."""
        found = None
        if self._key:
            found, self._row.of = self.there(self._key, row)
            first = self.seen.get(self.identity(self._key))
            if first is not None:
                found, self._row.of = None, f"row {first} of this file"
        if found is None:
            return self.init_instance(row), True
        self._before = {name: getattr(found, name) for name in self.changeable}
        return found, False

    def import_instance(self, instance: Any, row: Any, **options: Any) -> None:
        errors: dict[str, ValidationError] = {}
        try:
            super().import_instance(instance, row, **options)
        except ValidationError as error:
            errors = {name: ValidationError(found) for name, found in error.error_dict.items()}
        if row.get("beyond"):
            message = "The row has more cells than there are headings."
            errors[NON_FIELD_ERRORS] = ValidationError(message)
        if not str(row["organisation"]).strip():
            errors[self.named] = ValidationError("The name is empty.")
        self.check(instance, row, errors)
        if errors:
            raise ValidationError(errors)

    def check(self, instance: Any, row: Any, errors: dict[str, ValidationError]) -> None:
        """Note under its column what is wrong with the row as a whole."""

    def skip_row(
        self, instance: Any, original: Any, row: Any, import_validation_errors: Any = None
    ) -> bool:
        """A double, and what would change nothing."""
        if import_validation_errors:
            return False
        number = self._row.number
        self._row.name = getattr(instance, self.named)
        self.seen.setdefault(self.identity(self._key), number)
        if instance.pk is None and not self._row.of:
            self.made.append((number, instance))
            return False
        after = {} if instance.pk is None else self.changes_of(instance)
        if not after or not self.imported.changes:
            self._row.verdict = Verdict.DUPLICATE
            return True
        self._row.verdict = Verdict.CHANGED
        self._row.changes = [
            Change(name, self.said(name, self._before[name]), self.said(name, value))
            for name, value in after.items()
        ]
        before = {name: self._before[name] for name in after}
        self.changed.append((number, instance, before))
        return False

    def changes_of(self, instance: Any) -> dict[str, Any]:
        now = {name: getattr(instance, name) for name in self.changeable}
        return {name: value for name, value in now.items() if value != self._before[name]}

    def said(self, name: str, value: Any) -> str:
        return ", ".join(value) if isinstance(value, list) else str(value or "")

    # Writing

    def bulk_create(self, *args: Any, **options: Any) -> None:
        """Not by import-export: see `write`."""
        self.create_instances.clear()

    def bulk_update(self, *args: Any, **options: Any) -> None:
        self.update_instances.clear()

    def write(self) -> None:
        """What was judged new or changed, in the transaction of the caller."""
        raise NotImplementedError

    def note(self, what: str) -> None:
        """Keep what each row made and changed, so that it can be undone."""
        self.note_made(what, self.made)
        rows = [
            ImportedRow(
                imported=self.imported,
                number=number,
                action=Action.CHANGED,
                before=_kept(before),
                after=_kept({name: getattr(instance, name) for name in before}),
                **{what: instance},
            )
            for number, instance, before in self.changed
        ]
        ImportedRow.objects.bulk_create(rows, batch_size=BATCH)

    def note_made(self, what: str, made: list[tuple[int, Any]]) -> None:
        ImportedRow.objects.bulk_create(
            [
                ImportedRow(
                    imported=self.imported, number=number, action=Action.MADE, **{what: one}
                )
                for number, one in made
            ],
            batch_size=BATCH,
        )


def _kept(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value.pk if isinstance(value, Model) else value for name, value in values.items()}


def _problems(error: ValidationError, named: str) -> Iterable[tuple[str, str]]:
    for name, messages in error.message_dict.items():
        place = "" if name == NON_FIELD_ERRORS else "organisation" if name == named else name
        for message in messages:
            yield place, message
