"""The web process's connections: no answer is waited for without end."""

from collections.abc import Iterator

import psycopg
import pytest
from django.db import connection

from campaign import database
from campaign.database import BoundedConnection


@pytest.fixture
def bounded(db: None) -> Iterator[BoundedConnection]:
    connection.ensure_connection()
    bounded = BoundedConnection.connect(connection.connection.info.dsn, autocommit=True)
    session = bounded.info.backend_pid
    yield bounded
    # In PostgreSQL what was asked goes on after the client has given up.
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [session])
    bounded.close()


def test_an_answer_that_takes_too_long_is_an_error_and_the_end_of_the_connection(
    bounded: BoundedConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "LONGEST_ANSWER", 0.2)
    with pytest.raises(psycopg.OperationalError, match=r"no answer within 0\.2 s"):
        bounded.execute("SELECT pg_sleep(30)")
    assert bounded.closed
    with pytest.raises(psycopg.OperationalError):
        bounded.execute("SELECT 1")


def test_an_error_of_the_database_stays_what_it_is(bounded: BoundedConnection) -> None:
    with pytest.raises(psycopg.errors.UndefinedTable):
        bounded.execute("SELECT * FROM nowhere")
    assert bounded.execute("SELECT 1").fetchone() == (1,)


def test_a_transaction_is_bounded_too(
    bounded: BoundedConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "LONGEST_ANSWER", 0.2)
    with pytest.raises(psycopg.OperationalError, match="no answer"), bounded.transaction():
        bounded.execute("SELECT pg_sleep(30)")
    assert bounded.closed
