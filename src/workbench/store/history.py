"""Prompt history and feedback as a simulation writes them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import pandas as pd
import psycopg
from psycopg.types.json import Jsonb

from workbench.db.connection import Connection
from workbench.errors import SimulationForbidden
from workbench.sql import query

_HISTORY_TYPES = (
    "uuid uuid uuid text int4 text int4 text int4 uuid[] jsonb int4 int4 bool varchar timestamptz bool uuid".split()
)
_FEEDBACK_TYPES = "uuid uuid timestamptz uuid int4 jsonb bool timestamptz uuid".split()
_POLICY_TYPES = "text text int4 float8[]".split()
_DECISION_TYPES = "uuid timestamptz text uuid uuid float8 int4 int4".split()


@dataclass(frozen=True)
class Simulation:
    """A simulation that was written: ``rows`` of history over ``days``, from the prompts of ``dataset_version``."""

    seed: int
    rows: int
    days: int
    dataset_version: str


@dataclass(frozen=True)
class SyntheticUser:
    id: UUID
    email: str
    username: str
    full_name: str


@dataclass(frozen=True)
class HistoryRow:
    """One use of the assistant, in the column order of the ``copy_history`` query."""

    id: UUID
    user_id: UUID
    session_id: UUID
    original_prompt: str
    original_length: int
    detected_intent_path: str
    detected_complexity: int
    enhanced_prompt: str
    enhanced_length: int
    techniques_applied: list[UUID]
    enhancement_metadata: dict[str, Any]
    processing_time_ms: int
    user_rating: int | None
    was_helpful: bool | None
    client_type: str
    created_at: datetime
    is_synthetic: bool
    decision_id: UUID


@dataclass(frozen=True)
class PolicyRow:
    """With what probability each candidate is chosen for a prompt, in the column order of ``copy_policy``."""

    prompt_key: str
    intent_path: str
    complexity: int
    propensities: list[float]


@dataclass(frozen=True)
class DecisionRow:
    """What was chosen, in the column order of the ``copy_decisions`` query."""

    id: UUID
    decided_at: datetime
    prompt_key: str
    user_id: UUID
    technique_id: UUID
    propensity: float
    cost_tokens: int
    latency_ms: int


@dataclass(frozen=True)
class LoggingPolicy:
    """What decided about the prompts of ``version``; a row of ``rows`` has one propensity a candidate."""

    name: str
    policy_version: str
    version: str
    candidates: Sequence[UUID]
    rows: Iterable[PolicyRow]


@dataclass(frozen=True)
class FeedbackRow:
    """One feedback, in the column order of the ``copy_feedback`` query."""

    id: UUID
    prompt_history_id: UUID
    prompt_history_created_at: datetime
    user_id: UUID
    overall_rating: int
    technique_ratings: dict[str, int]
    resulted_in_success: bool
    created_at: datetime
    decision_id: UUID


def newest_labelled_version(connection: Connection) -> str | None:
    """The newest dataset version with labelled techniques, None when there is none."""
    row = connection.execute(query("history", "newest_labelled_version")).fetchone()
    return str(row[0]) if row else None


def read_prompts(connection: Connection, version: str) -> pd.DataFrame:
    """The training prompts of ``version``: ``prompt_text``, ``prompt_key``, ``intent``, ``complexity``, ``techniques``
    (codes)."""
    rows = connection.execute(query("history", "prompts"), {"version": version}).fetchall()
    return pd.DataFrame(rows, columns=["prompt_text", "prompt_key", "intent", "complexity", "techniques"])


def find_simulation(connection: Connection, name: str) -> Simulation | None:
    row = connection.execute(query("history", "find_simulation"), {"name": name}).fetchone()
    return Simulation(*row) if row else None


def claim_simulation(connection: Connection, name: str, seed: int, rows: int, ground_truth: Mapping[str, Any]) -> bool:
    """Take the name within the caller's transaction. False when another simulation has it.

    Raises:
        SimulationForbidden: the role may not write history.
    """
    values = {"name": name, "seed": seed, "rows": rows, "ground_truth": Jsonb(dict(ground_truth))}
    try:
        return connection.execute(query("history", "claim_simulation"), values).rowcount == 1
    except psycopg.errors.InsufficientPrivilege as exc:
        raise SimulationForbidden(role=connection.info.user) from exc


def count_simulated(connection: Connection, name: str) -> tuple[int, int]:
    """Rated rows and feedback rows of a simulation."""
    row = connection.execute(query("history", "count_simulated"), {"name": name}).fetchone()
    return (int(row[0]), int(row[1])) if row else (0, 0)


def add_users(connection: Connection, users: Sequence[SyntheticUser]) -> None:
    """Add the users that are not there yet."""
    with connection.cursor() as cursor:
        cursor.executemany(query("history", "add_user"), [vars(user) for user in users])


def ensure_months(connection: Connection, months: Iterable[date]) -> None:
    """Make the partitions of the months that hold these dates."""
    for month in sorted({day.replace(day=1) for day in months}):
        connection.execute(query("history", "ensure_month"), {"month": month})


def write_decisions(connection: Connection, policy: LoggingPolicy, rows: Iterable[DecisionRow]) -> int:
    """Write the decisions within the caller's transaction, before the history that refers to them; how many."""
    connection.execute(query("history", "create_staged_decisions"))
    _copy(connection, "copy_policy", _POLICY_TYPES, policy.rows)
    _copy(connection, "copy_decisions", _DECISION_TYPES, rows)
    values = {**vars(policy), "policy": policy.name, "candidates": list(policy.candidates), "rows": None}
    return connection.execute(query("history", "write_decisions"), values).rowcount


def copy_history(connection: Connection, rows: Iterator[HistoryRow]) -> int:
    """Binary COPY within the caller's transaction. Returns the number of rows."""
    return _copy(connection, "copy_history", _HISTORY_TYPES, rows)


def copy_feedback(connection: Connection, rows: Iterator[FeedbackRow]) -> int:
    return _copy(connection, "copy_feedback", _FEEDBACK_TYPES, rows)


def analyze_history(connection: Connection) -> None:
    """Let the planner know what came."""
    connection.execute(query("history", "analyze_history"))


def _copy(connection: Connection, name: str, types: Sequence[str], rows: Iterable[Any]) -> int:
    with connection.cursor() as cursor:
        with cursor.copy(query("history", name)) as copy:
            copy.set_types(types)
            for row in rows:
                copy.write_row([Jsonb(value) if isinstance(value, dict) else value for value in vars(row).values()])
        return cursor.rowcount
