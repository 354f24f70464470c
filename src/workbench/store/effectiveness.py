"""Rated use out of the history, estimates into ``intent_technique_effectiveness``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from workbench.db.connection import Connection
from workbench.sql import query

SUBJECT = "effectiveness"
ADJUSTMENT_DECIMALS = 3


@dataclass(frozen=True)
class Written:
    """Rows inserted or changed, and rows that stood there as they are."""

    written: int
    unchanged: int


def read_outcomes(connection: Connection) -> pd.DataFrame:
    """Every rated use: ``intent``, ``technique``, ``reward`` (0 to 1), ``propensity`` and ``complexity`` (NaN where
    not recorded), ``is_synthetic``."""
    with connection.cursor(binary=True) as cursor:
        rows = cursor.execute(query(SUBJECT, "outcomes")).fetchall()
    names = ["intent", "technique", "reward", "propensity", "complexity", "is_synthetic"]
    frame = pd.DataFrame(rows, columns=names)
    return frame.astype({"reward": float, "propensity": float, "complexity": float, "is_synthetic": bool})


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


def write(connection: Connection, estimates: pd.DataFrame, run_id: str, is_synthetic: bool) -> Written:
    """Insert or update within the caller's transaction, rounded to two decimals (adjustments to three).

    A row whose estimate did not change stays as it is, its run and its time of calculation with it; so writing the
    same estimates again changes nothing.
    """
    values = {
        "intents": estimates["intent"].tolist(),
        "techniques": estimates["technique"].tolist(),
        "scores": estimates["score"].tolist(),
        "confidences": estimates["confidence"].tolist(),
        "sample_sizes": estimates["sample_size"].tolist(),
        "adjustments": [_json(adjustment) for adjustment in estimates["complexity_adjustment"]],
        "performances": estimates["real_world_performance"].tolist(),
        "run_id": run_id,
        "is_synthetic": is_synthetic,
    }
    written = connection.execute(query(SUBJECT, "write"), values).rowcount
    return Written(written, len(estimates) - written)


def _json(adjustment: Mapping[str, float]) -> str | None:
    rounded = {level: round(value, ADJUSTMENT_DECIMALS) for level, value in adjustment.items()}
    return json.dumps(rounded) if rounded else None
