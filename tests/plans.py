"""How PostgreSQL goes about what the code asks: plans of real statements, over tables large enough
for a plan to matter. A test says what must not be read whole, never how long it took.
"""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connection

from campaign.models import Letter

_EXPLAINABLE = re.compile(r"\s*(SELECT|UPDATE|DELETE)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Plan:
    """Of one statement; `nodes` as PostgreSQL's JSON has them, without what is below each."""

    sql: str
    nodes: list[dict[str, Any]]

    @property
    def read_whole(self) -> set[str]:
        """Tables of which every row is looked at, through an index or not."""
        return {
            node["Relation Name"]
            for node in self.nodes
            if node["Node Type"] in {"Seq Scan", "Index Scan"}
            and "Relation Name" in node
            and "Index Cond" not in node
            and not self._partial(node)
        }

    @property
    def indexes(self) -> set[str]:
        return {node["Index Name"] for node in self.nodes if "Index Name" in node}

    @property
    def sorted_rows(self) -> float:
        """The most rows that PostgreSQL expects one sort to be given."""
        return max((node["Given"] for node in self.nodes if "Given" in node), default=0)

    def _partial(self, node: dict[str, Any]) -> bool:
        """An index of a few rows may be read from end to end; it costs what they cost."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT indpred IS NOT NULL FROM pg_index WHERE indexrelid = to_regclass(%s)",
                [node.get("Index Name", "")],
            )
            row = cursor.fetchone()
        return bool(row and row[0])


def _flat(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    below = node.pop("Plans", [])
    if node["Node Type"] == "Sort":
        node["Given"] = below[0]["Plan Rows"]
    yield node
    for each in below:
        yield from _flat(each)


@contextmanager
def plans() -> Iterator[list[Plan]]:
    """The plan of each statement that is run inside, as it is made just before it is run.

    A few thousand rows are soon read whole. PostgreSQL is told that it costs as much as with many.
    """
    found: list[Plan] = []

    def explain(
        execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]
    ) -> Any:
        if _EXPLAINABLE.match(sql) and "set_config" not in sql:
            with connection.connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", params)
                plan = cursor.fetchone()[0]
            plan = json.loads(plan) if isinstance(plan, str) else plan
            found.append(Plan(sql, list(_flat(plan[0]["Plan"]))))
        return execute(sql, params, many, context)

    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    with connection.execute_wrapper(explain):
        yield found
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = on")


def past_audit(cursor: Any, table: str) -> None:
    """No trigger runs on the table until the test ends: most of the time would be theirs."""
    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # what is checked later would stand in the way
    cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")


def many_sign_ons(
    letter: Letter, count: int, *, status: str = "approved", days: int = 10, key: str = ""
) -> None:
    """Sign-ons of that status that came within the last `days`, written past audit and guards.

    `key` is the keyed hash of their network and client. Their names are unlike each other.
    """
    assert letter.current_text
    wording = letter.current_text.wording_in(letter.language)
    with connection.cursor() as cursor:
        past_audit(cursor, "signatories_signon")
        cursor.execute(
            """
            INSERT INTO signatories_signon
                (letter_id, wording_id, group_id, listed_name, name_key, sort_as, sort_key, website,
                 country, status, source, language, email_key, client_key, range_key, epoch, reason,
                 created_at, confirm_by, confirmed_at, approved_at, rejected_at, withdrawn_at,
                 lapsed_at)
            SELECT %s, %s, %s, name, name, '', convert_to(name, 'UTF8'), '', '', status, 'form',
                'en-GB', md5(name || status), %s, %s, 0, '', at, at + interval '14 days', at, at,
                at, at, at
            FROM (
                SELECT md5(number::text || 'a') || ' ' || md5(number::text) AS name,
                    now() - interval '1 day' * %s * number / %s AS at
                FROM generate_series(1, %s) AS number
            ) AS made, (SELECT %s::text AS status) AS all_of_it
            """,
            [letter.pk, wording.pk, letter.default_group_id, key, key, days, count, count, status],
        )
        cursor.execute("ANALYZE signatories_signon")


def many_mails(letter: Letter, count: int, *, days: int = 10, key: str = "key") -> None:
    """Mails that were sent within the last `days`, each about a sign-on (1, 2, …) of its own.

    `key` begins the keyed hashes of their addresses; empty, they are purged of them.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO campaign_outgoingmail
                (kind, letter_id, "references", recipient_key, address_key, language, message_id,
                 state, attempts, not_before, problem, created_at, sent_at)
            SELECT 'sign_on.listed', %s, jsonb_build_object('sign_on', number), hash, hash,
                'en-GB', gen_random_uuid(), 'sent', 1, at, '', at, at
            FROM generate_series(1, %s) AS number,
                LATERAL (SELECT now() - interval '1 day' * %s * number / %s AS at,
                    CASE WHEN %s = '' THEN '' ELSE %s || number END AS hash) AS made
            """,
            [letter.pk, count, days, count, key, key],
        )
        cursor.execute("ANALYZE campaign_outgoingmail")
