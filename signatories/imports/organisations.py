"""Importing organisations into the registry, their parents by name."""

from typing import Any

from django.core.exceptions import ValidationError
from import_export.fields import Field

from campaign.names import clean_name, name_key
from signatories.countries import country_name
from signatories.imports import cells, known
from signatories.imports.cells import Cell
from signatories.imports.resource import BATCH, FileResource, column
from signatories.imports.verdicts import Row, Verdict
from signatories.models import Organisation


class OrganisationResource(FileResource):
    named = "display_name"
    changeable = ("aliases", "sort_as", "website", "country", "parent")

    organisation = Field("display_name", "organisation", Cell(cells.name), saves_null_values=False)
    aliases = column("aliases", Cell(cells.aliases))
    sort_as = column("sort_as", Cell(cells.name))
    website = column("website", Cell(cells.website))
    country = column("country", Cell(cells.country))

    class Meta(FileResource.Meta):
        model = Organisation
        fields = ("organisation", "aliases", "sort_as", "website", "country")

    def before_import(self, dataset: Any, **options: Any) -> None:
        #: Rows whose parent is a row of the same file, with its key.
        self._within: list[tuple[Row, Organisation, str]] = []
        #: By key of a row's name, that of its parent: a chain of them must not come back.
        self._parents: dict[str, str] = {}
        self._spelled: set[str] = set()
        has_parents = "parent" in dataset.headers
        for name, parent in zip(
            dataset["organisation"],
            dataset["parent"] if has_parents else [""] * len(dataset),
            strict=True,
        ):
            if parent.strip():
                self._spelled.add(parent.strip())
                self._parents.setdefault(_key(name), _key(parent))
        super().before_import(dataset, **options)

    def look_up(self, keys: set[str]) -> None:
        self._named_here = keys
        parents = set(self._parents.values()) - {""}
        spellings = {cell.strip() for cell in self.keys}
        self._known = known.organisations(keys | parents, spellings | self._spelled)

    def there(self, key: str, row: Any) -> tuple[Any, str]:
        organisation = self._known.get(key)
        if organisation is None:
            return None, ""
        if organisation.name_key != key:
            return None, f"another name of “{organisation}” in the registry"
        return organisation, f"“{organisation}” in the registry"

    def import_field(self, field: Any, instance: Any, row: Any, *args: Any, **options: Any) -> None:
        """Aliases are added to those that are there, never taken away."""
        before = list(instance.aliases)
        super().import_field(field, instance, row, *args, **options)
        if field.attribute == "aliases":
            present = {name_key(alias) for alias in before} | {self._key}
            new = [alias for alias in instance.aliases if name_key(alias) not in present]
            instance.aliases = before + new

    def check(self, instance: Any, row: Any, errors: dict[str, ValidationError]) -> None:
        if instance.pk is None:
            instance.name_key = self._key
        cell = str(row.get("parent", "")).strip()
        if not cell:
            return
        key = _key(cell)
        organisation = self._known.get(key)
        if key == self._key or (organisation is not None and organisation.pk == instance.pk):
            errors["parent"] = ValidationError("An organisation is no chapter of itself.")
        elif self._comes_back(key):
            errors["parent"] = ValidationError(f"By way of “{cell}” it would be part of itself.")
        elif organisation is not None:
            instance.parent = organisation
        elif key in self._named_here:
            # Stands in for the row, which may be further down, until that is written.
            instance.parent = Organisation(display_name=clean_name(cell), name_key=key)
            self._within.append((self._row, instance, key))
        else:
            errors["parent"] = ValidationError(
                f"“{cell}” is neither in the registry nor in this file."
            )

    def _comes_back(self, key: str) -> bool:
        """Whether the parents of the file, and of what it names, lead from there to this row."""
        passed: set[str] = set()
        while key and key not in passed:
            if key == self._key:
                return True
            passed.add(key)
            there = self._known.get(key)
            above = there.parent.name_key if there and there.parent else ""
            key = self._parents.get(key, above)
        return False

    def settle(self) -> None:
        """A row whose parent's row cannot be imported cannot be either, and so on down."""
        waiting = self._within
        while waiting:
            made = {organisation.name_key for _, organisation in self.made}
            lost = [row for row, _, key in waiting if key not in made]
            if not lost:
                return
            for row in lost:
                row.verdict, row.changes = Verdict.WRONG, []
                row.problems.append(("parent", "The row of its parent is wrong."))
            numbers = {row.number for row in lost}
            self.made = [one for one in self.made if one[0] not in numbers]
            self.changed = [one for one in self.changed if one[0] not in numbers]
            waiting = [one for one in waiting if one[0].number not in numbers]

    def said(self, name: str, value: Any) -> str:
        return country_name(value) if name == "country" and value else super().said(name, value)

    def write(self) -> None:
        made = [organisation for _, organisation in self.made]
        within = {id(organisation): key for _, organisation, key in self._within}
        for organisation in made:
            if id(organisation) in within:
                organisation.parent = None
        Organisation.objects.bulk_create(made, batch_size=BATCH)
        # Once all have an id.
        by_key = {organisation.name_key: organisation for organisation in made}
        changed = [organisation for _, organisation, _ in self.changed]
        for organisation in [*made, *changed]:
            if id(organisation) in within:
                organisation.parent = by_key[within[id(organisation)]]
        children = [organisation for organisation in made if organisation.parent_id]
        Organisation.objects.bulk_update(children, ["parent"], batch_size=BATCH)
        Organisation.objects.bulk_update(changed, list(self.changeable), batch_size=BATCH)
        self.note("organisation")


def _key(cell: str) -> str:
    try:
        return name_key(clean_name(cell)) if cell.strip() else ""
    except ValidationError:
        return ""
