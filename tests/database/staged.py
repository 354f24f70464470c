"""Batches of made-up estimates, and the table that they are applied to."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pandas as pd
from psycopg import sql
from rows import intent, technique

from workbench.db.connection import Connection, connect
from workbench.store.batches import Basis, stage

ROWS = "SELECT to_jsonb(e)::text FROM intent_technique_effectiveness e ORDER BY intent_id, technique_id"
PATHS, CODES = ("creative", "creative.verse", "technical"), ("cot", "pal")


def known(connection: Connection) -> dict[str, UUID]:
    """Ids of three intents and two techniques by path and code."""
    ids = {path: intent(connection, path) for path in PATHS}
    return ids | {code: technique(connection, code, base_effectiveness=0.7) for code in CODES}


def cell(intent: str = "creative", technique: str = "cot", score: float = 0.7149, **values: Any) -> dict[str, Any]:
    least = {
        "intent": intent,
        "technique": technique,
        "language_model": "",
        "score": score,
        "standard_error": 0.02,
        "low": max(score - 0.04, 0),
        "high": min(score + 0.04, 1),
        "confidence": 0.5,
        "sample_size": 40,
        "effective_n": 31.5,
        "overlap": 0.9,
        "real_world_performance": 0.736,
        "complexity_adjustment": {"3": 0.01234},
        "domain_adjustments": None,
        "refused": None,
    }
    return least | values


def staged(url: str, *cells: dict[str, Any], synthetic: int = 0, run_id: str | None = None) -> str:
    basis = Basis(100, synthetic, "recorded", 1.0, 0.0, {"floor": 0.01}, "d" * 64)
    with connect(url) as connection:
        return stage(connection, basis, pd.DataFrame(list(cells)), run_id)


def contents(connection: Connection) -> list[str]:
    """The bytes of every row."""
    return [row[0] for row in connection.execute(ROWS)]


def scores(connection: Connection) -> dict[tuple[str, str], float]:
    found = connection.execute(
        """SELECT i.path, t.code, e.effectiveness_score::float8 FROM intent_technique_effectiveness e
           JOIN intent_taxonomy i ON i.id = e.intent_id JOIN techniques t ON t.id = e.technique_id"""
    )
    return {(path, code): score for path, code, score in found}


def empty(connection: Connection) -> None:
    for table in ("intent_technique_effectiveness", "effectiveness_batches", "techniques", "intent_taxonomy"):
        connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))
