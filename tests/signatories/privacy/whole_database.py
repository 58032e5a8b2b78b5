"""Asking the database itself what it has: its columns, and where a text stands in it."""

from django.db import connection


def columns() -> dict[str, str]:
    """Every `table.column` with its type, as the catalogue has it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name || '.' || column_name, data_type FROM information_schema.columns "
            "WHERE table_schema = 'public'"
        )
        return dict(cursor.fetchall())


def places_of(text: str) -> set[str]:
    """Every `table.column` in which the text stands, whatever the type: in arrays, JSON, bytes."""
    quote = connection.ops.quote_name
    found = set()
    with connection.cursor() as cursor:
        for name, kind in columns().items():
            table, column = name.split(".")
            shown = f"{quote(column)}::text"
            if kind == "bytea":
                shown = f"encode({quote(column)}, 'escape')"
            cursor.execute(
                f"SELECT EXISTS (SELECT 1 FROM {quote(table)} WHERE {shown} ILIKE %s)",
                [f"%{text}%"],
            )
            if cursor.fetchone()[0]:
                found.add(name)
    return found
