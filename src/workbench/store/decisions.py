"""Decisions and their outcomes in and out of the log."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

import numpy as np
import pandas as pd
import psycopg
from pgvector import Vector as PgVector
from psycopg.types.json import Jsonb

from workbench.db.connection import Connection
from workbench.errors import DecisionInvalid, DecisionUnknown
from workbench.records import DIMENSIONS, Decided, DecisionLog, Matrix, Vector
from workbench.sql import query

SUBJECT = "decisions"
NAMES = (
    "id prompt intent complexity domain user language_model policy chosen reward propensity cost_tokens latency_ms "
    "is_synthetic decided_at candidates propensities embedding"
).split()


def read_log(connection: Connection) -> DecisionLog:
    """Every decision with a known outcome."""
    codes: dict[UUID, str] = dict(connection.execute(query(SUBJECT, "technique_codes")).fetchall())
    with connection.cursor(binary=True) as cursor:
        rows = cursor.execute(query(SUBJECT, "log")).fetchall()
    table = pd.DataFrame(rows, columns=NAMES)
    techniques = tuple(sorted(codes.values()))
    embeddings = _embeddings(table["embedding"])
    recorded = _recorded(table, codes, techniques)
    arm = [arm_of(codes[t] for t in chosen if t in codes) for chosen in table["chosen"]]
    frame = table.drop(columns=["chosen", "candidates", "propensities", "embedding"]).assign(arm=arm)
    numbers = dict.fromkeys(("complexity", "reward", "propensity", "cost_tokens", "latency_ms"), float)
    return DecisionLog(frame.astype({**numbers, "is_synthetic": bool}), embeddings, techniques, recorded)


def log_decision(connection: Connection, decided: Decided) -> UUID:
    """Write one decision; its id.

    Raises:
        DecisionInvalid: it names a technique that there is not, or breaks a rule of the table.
    """
    codes = [*decided.propensities, *decided.chosen]
    known = dict(connection.execute(query(SUBJECT, "technique_ids"), {"codes": codes}).fetchall())
    unknown = sorted(set(codes) - known.keys())
    if unknown:
        raise DecisionInvalid(problem=f"there is no technique {unknown[0]!r}")
    said = decided.intent_probabilities
    values = {
        **vars(decided),
        "embedding": None if decided.embedding is None else PgVector(decided.embedding),
        "intent_probabilities": None if said is None else Jsonb(dict(said)),
        "candidates": [known[code] for code in decided.propensities],
        "propensities": list(decided.propensities.values()),
        "chosen": [known[code] for code in sorted(set(decided.chosen))],
    }
    try:
        row = connection.execute(query(SUBJECT, "log_decision"), values).fetchone()
    except (psycopg.errors.IntegrityError, psycopg.errors.DataError) as exc:
        raise DecisionInvalid(problem=str(exc).splitlines()[0]) from exc
    assert row is not None
    made: UUID = row[0]
    return made


def record_outcome(connection: Connection, decision: UUID, reward: float) -> None:
    """
    Raises:
        DecisionUnknown: no such decision was logged.
    """
    try:
        connection.execute(query(SUBJECT, "record_outcome"), {"decision": decision, "reward": reward})
    except psycopg.errors.ForeignKeyViolation as exc:
        raise DecisionUnknown(decision=decision) from exc


def arm_of(codes: Iterable[str]) -> str:
    """A set of techniques as one word: its codes in order, joined by ";"."""
    return ";".join(sorted(set(codes)))


def _embeddings(vectors: pd.Series) -> Matrix:
    found = np.full((len(vectors), DIMENSIONS), np.nan, dtype=np.float32)
    for row, vector in enumerate(vectors):
        if vector is not None:
            found[row] = vector.to_numpy()
    return found


def _recorded(table: pd.DataFrame, codes: Mapping[UUID, str], techniques: Sequence[str]) -> Vector:
    column = {code: at for at, code in enumerate(techniques)}
    found = np.full((len(table), len(techniques)), np.nan)
    for row, (candidates, shares) in enumerate(zip(table["candidates"], table["propensities"], strict=True)):
        for technique, share in zip(candidates, shares, strict=True):
            if technique in codes:
                found[row, column[codes[technique]]] = share
    return found
