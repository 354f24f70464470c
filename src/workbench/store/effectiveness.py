"""What estimates of effectiveness start from, and what of them stands in the database."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.db.connection import Connection
from workbench.sql import query

SUBJECT = "effectiveness"


def has_outcomes(connection: Connection) -> bool:
    """Whether anybody has rated anything."""
    row = connection.execute(query(SUBJECT, "has_outcomes")).fetchone()
    return bool(row and row[0])


def rows_of_run(connection: Connection, run_id: str) -> int:
    """How many rows stand there as that run wrote them."""
    row = connection.execute(query(SUBJECT, "rows_of_run"), {"run_id": run_id}).fetchone()
    return int(row[0]) if row else 0


@dataclass(frozen=True)
class Standout:
    """The technique with the highest score in a top-level branch."""

    intent: str
    technique: str
    score: float
    sample_size: int


def standouts(connection: Connection) -> list[Standout]:
    """One a branch, the surest first."""
    return [Standout(*row) for row in connection.execute(query(SUBJECT, "standouts")).fetchall()]


def base_effectiveness(connection: Connection) -> dict[str, float]:
    """The curated effectiveness of every technique by code."""
    return dict(connection.execute(query(SUBJECT, "base")).fetchall())


def intent_paths(connection: Connection) -> list[str]:
    return [row[0] for row in connection.execute(query(SUBJECT, "intents"))]
