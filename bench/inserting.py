"""The reference of the posting bench: the rows of a posting, inserted by bare psycopg."""

import hashlib
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from campaign.embedded.paths import postgres_socket_dir
from tests.site import Site

TABLES = ("signatories_signon", "signatories_contact", "campaign_outgoingmail")


class Rows:
    """The rows that the newest posting left, to be inserted again under other names."""

    def __init__(self, connection: "psycopg.Connection[Any]") -> None:
        self._rows: dict[str, dict[str, Any]] = {}
        for table in TABLES:
            cursor = connection.execute(
                sql.SQL("SELECT * FROM {} ORDER BY id DESC LIMIT 1").format(sql.Identifier(table))
            )
            found = cursor.fetchone()
            assert found
            names = [column.name for column in cursor.description or []]
            self._rows[table] = dict(zip(names, found, strict=True))
            del self._rows[table]["id"]
        connection.commit()

    def insert(self, connection: "psycopg.Connection[Any]", number: int) -> None:
        """One posting, in one transaction."""
        key = hashlib.sha256(str(number).encode()).hexdigest()[:43]
        with connection.transaction():
            sign_on = self._insert(
                connection,
                "signatories_signon",
                listed_name=f"Inserted Body {number}",
                name_key=f"inserted body {number}",
                email_key=key,
            )
            contact = self._insert(connection, "signatories_contact", sign_on_id=sign_on)
            self._insert(
                connection,
                "campaign_outgoingmail",
                message_id=f"<{number}@bench>",
                recipient_key=key,
                references=Jsonb({"sign_on": sign_on, "contact": contact}),
            )

    def _insert(self, connection: "psycopg.Connection[Any]", table: str, **changed: Any) -> int:
        row = {**self._rows[table], **changed}
        statement = sql.SQL("INSERT INTO {} ({}) VALUES ({}) RETURNING id").format(
            sql.Identifier(table),
            sql.SQL(", ").join(map(sql.Identifier, row)),
            sql.SQL(", ").join(sql.Placeholder() * len(row)),
        )
        found = connection.execute(statement, list(row.values())).fetchone()
        assert found
        return int(found[0])


def inserts_a_second(site: Site, *, seconds: float, connections: int, first: int) -> float:
    """How many postings' rows a second bare psycopg inserts over so many connections.

    `first` is the first number of their names.
    """

    def connect() -> "psycopg.Connection[Any]":
        sockets = str(postgres_socket_dir(site.data_dir))
        return psycopg.connect(host=sockets, user="undersigned", dbname="undersigned")

    with connect() as connection:
        rows = Rows(connection)
    end = time.perf_counter() + seconds

    def work(worker: int) -> int:
        done = 0
        with connect() as connection:
            while time.perf_counter() < end:
                rows.insert(connection, first + worker * 10**6 + done)
                done += 1
        return done

    started = time.perf_counter()
    with ThreadPoolExecutor(connections) as threads:
        done = sum(threads.map(work, range(connections)))
    return done / (time.perf_counter() - started)
