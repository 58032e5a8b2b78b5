"""What files that wait to be imported hold about one person, told and erased by the address."""

from typing import Any

from django.db.models import QuerySet, TextField
from django.db.models.functions import Cast

from signatories.models import Import


def rows_with(address: str) -> list[dict[str, Any]]:
    """Each row of such a file that holds the address."""
    return [
        {"import": imported.pk, "row": line["number"], "cells": line["cells"]}
        for imported in _holding(address)
        for line in _lines(imported)
        if _names(line, address)
    ]


def erase_rows(address: str) -> int:
    """Take these rows out of the files, inside a transaction; returns how many."""
    erased = 0
    for imported in _holding(address).select_for_update():
        rows: Any = imported.rows
        kept = [line for line in rows["lines"] if not _names(line, address)]
        erased += len(rows["lines"]) - len(kept)
        Import.objects.filter(pk=imported.pk).update(rows={**rows, "lines": kept})
    return erased


def _holding(address: str) -> QuerySet[Import]:
    """There are only those of a day."""
    waiting = Import.objects.filter(rows__isnull=False)
    text = Cast("rows", TextField())
    return waiting.annotate(said=text).filter(said__icontains=address).order_by("pk")


def _lines(imported: Import) -> list[dict[str, Any]]:
    rows: Any = imported.rows
    found: list[dict[str, Any]] = rows["lines"]
    return found


def _names(line: dict[str, Any], address: str) -> bool:
    return any(address.casefold() in cell.casefold() for cell in line["cells"])
