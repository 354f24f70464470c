"""Intents, techniques and patterns of a corpus. A row that says the same already is not written again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from psycopg.types.json import Jsonb

from workbench.db.connection import Connection
from workbench.sql import query


def upsert_intents(connection: Connection, intents: Iterable[Mapping[str, Any]]) -> int:
    """Write intents (code, name, complexity, needs, keywords, description); how many of them are new."""
    rows = sorted(intents, key=lambda intent: intent["code"].count("."))
    before = _intents(connection)
    values = [
        {
            **row,
            "parent": row["code"].rpartition(".")[0],
            "level": row["code"].count(".") + 1,
            **{need: need in row["needs"] for need in ("creativity", "analysis", "structure")},
        }
        for row in rows
    ]
    with connection.cursor() as cursor:
        cursor.executemany(query("corpus", "upsert_intent"), values)
    return _intents(connection) - before


def upsert_techniques(connection: Connection, techniques: Iterable[Mapping[str, Any]]) -> None:
    """Write techniques; the keys are the columns of the table."""
    values = [{**row, "sources": Jsonb(row["sources"])} for row in techniques]
    with connection.cursor() as cursor:
        cursor.executemany(query("corpus", "upsert_technique"), values)


def upsert_patterns(connection: Connection, patterns: Iterable[Mapping[str, Any]]) -> None:
    """Write patterns; ``technique`` is the code of one, the other keys are the columns of the table."""
    values = [
        {**row, "template_vars": Jsonb(row["template_vars"]), "optimal_for": Jsonb(row["optimal_for"])}
        for row in patterns
    ]
    with connection.cursor() as cursor:
        cursor.executemany(query("corpus", "upsert_pattern"), values)


def _intents(connection: Connection) -> int:
    row = connection.execute(query("corpus", "count_intents")).fetchone()
    return int(row[0]) if row else 0
