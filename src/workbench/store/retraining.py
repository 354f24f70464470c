"""Retrainings and their notebooks, attempt by attempt: how they stand, who works on them, what they rest on."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from workbench.db.connection import Connection
from workbench.records import ModelType
from workbench.sql import query

SUBJECT = "retraining"
State = Literal["queued", "running", "finished", "failed", "cancelled"]
Failure = Literal["interrupted", "dead kernel", "timeout", "database away", "lost", "error"]
AskedBy = Literal["person", "schedule", "trigger"]
OPEN: tuple[State, ...] = ("queued", "running")
END_SECONDS = 60.0


@dataclass(frozen=True)
class RetrainRun:
    """A row of ``retrain_runs``; ``silent_seconds`` since its process last said that it lives."""

    id: str
    state: State
    dataset_version: str
    models: list[ModelType]
    asked_by: AskedBy
    reason: str
    inputs: dict[str, Any] | None
    owner: str
    silent_seconds: float
    queued_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    processes: int
    cancel_asked: bool
    mlflow_run_id: str | None
    folder: str | None
    failure: Failure | None
    error: str | None


@dataclass(frozen=True)
class StepRow:
    """One attempt at a notebook."""

    notebook: str
    attempt: int
    state: State
    started_at: datetime
    finished_at: datetime | None
    mlflow_run_id: str
    kernel: str | None
    output_path: str
    source_sha256: str
    failure: Failure | None
    error: str | None


@dataclass(frozen=True)
class Attempt:
    """Which attempt at which notebook of which retraining."""

    run: str
    notebook: str
    number: int

    @property
    def key(self) -> dict[str, object]:
        return {"run": self.run, "notebook": self.notebook, "attempt": self.number}


def queue(
    connection: Connection, version: str, models: Sequence[ModelType], asked_by: AskedBy, reason: str, owner: str
) -> str:
    """A new retraining that has not begun; its id."""
    values = {"version": version, "models": list(models), "asked_by": asked_by, "reason": reason, "owner": owner}
    row = connection.execute(query(SUBJECT, "queue"), values).fetchone()
    return str(row[0]) if row else ""


def start(connection: Connection, run: str, owner: str, inputs: Mapping[str, object]) -> bool:
    """It begins; False when it is not this owner's, or is over."""
    return _changed(connection, "start", id=run, owner=owner, inputs=Jsonb(dict(inputs)))


def take_over(connection: Connection, run: str, owner: str) -> bool:
    """Go on with one that failed or was cancelled; False when somebody else has."""
    return _changed(connection, "take_over", id=run, owner=owner)


def give_up(connection: Connection, run: str, owner: str) -> bool:
    return _changed(connection, "give_up", id=run, owner=owner)


def name_run(connection: Connection, run: str, owner: str, mlflow_run_id: str, folder: str) -> bool:
    return _changed(connection, "named", id=run, owner=owner, run_id=mlflow_run_id, folder=folder)


def beat(connection: Connection, run: str, owner: str) -> bool | None:
    """Whether somebody wants it to stop; None when it is not this owner's any more."""
    row = connection.execute(query(SUBJECT, "beat"), {"id": run, "owner": owner}).fetchone()
    return bool(row[0]) if row else None


def end(
    connection: Connection, run: str, owner: str, state: State, failure: Failure | None = None, error: str | None = None
) -> bool:
    """Close it; False when it was closed otherwise, or is another's."""
    return _changed(connection, "end", id=run, owner=owner, state=state, failure=failure, error=error)


def ask_cancel(connection: Connection, run: str, who: str) -> bool:
    """False when it is over already."""
    return _changed(connection, "ask_cancel", id=run, who=who)


def begin_step(
    connection: Connection, attempt: Attempt, owner: str, mlflow_run_id: str, output_path: str, source: str
) -> bool:
    """False when another attempt stands there, or the retraining is another's."""
    values = {"owner": owner, "mlflow_run_id": mlflow_run_id, "output_path": output_path, "source": source}
    return _changed(connection, "begin_step", **attempt.key, **values)


def kernel_started(connection: Connection, attempt: Attempt, kernel: str) -> bool:
    return _changed(connection, "kernel_started", **attempt.key, kernel=kernel)


def end_step(
    connection: Connection, attempt: Attempt, state: State, failure: Failure | None = None, error: str | None = None
) -> bool:
    """False when it was ended otherwise."""
    return _changed(connection, "end_step", **attempt.key, state=state, failure=failure, error=error)


def runs(
    connection: Connection, named: str | None = None, states: Sequence[State] | None = None, limit: int = 1000
) -> list[RetrainRun]:
    """The newest first; ``named`` is the beginning of an id, or an MLflow run."""
    values = {"named": named, "states": list(states) if states else None, "limit": limit}
    with connection.cursor(row_factory=class_row(RetrainRun)) as cursor:
        return cursor.execute(query(SUBJECT, "runs"), values).fetchall()


def newest(connection: Connection, version: str, models: Sequence[ModelType]) -> RetrainRun | None:
    """The last one of exactly these models on that version that has begun."""
    row = connection.execute(query(SUBJECT, "newest"), {"version": version, "models": list(models)}).fetchone()
    return runs(connection, str(row[0]))[0] if row else None


def steps(connection: Connection, run: str) -> list[StepRow]:
    """Every attempt, in the order of their start."""
    with connection.cursor(row_factory=class_row(StepRow)) as cursor:
        return cursor.execute(query(SUBJECT, "steps"), {"run": run}).fetchall()


def finished_mlflow_runs(connection: Connection, mlflow_runs: Sequence[str]) -> set[str]:
    """Those whose retraining or notebook has finished, as PostgreSQL knows it."""
    rows = connection.execute(query(SUBJECT, "finished_mlflow_runs"), {"runs": list(mlflow_runs)})
    return {str(run_id) for (run_id,) in rows}


def cancelled(connection: Connection, ids: Sequence[str]) -> set[str]:
    return {str(each) for (each,) in connection.execute(query(SUBJECT, "cancelled"), {"ids": list(ids)})}


def taxonomy(connection: Connection) -> str:
    """sha256 over the paths of the active intents."""
    row = connection.execute(query(SUBJECT, "taxonomy")).fetchone()
    return str(row[0]) if row else ""


def wait_until_silent(connection: Connection, names: Sequence[str]) -> bool:
    """Wait until the server works for none of the processes that call themselves so; False after a minute."""
    deadline = time.monotonic() + END_SECONDS
    while names:
        row = connection.execute(query(SUBJECT, "still_at_work"), {"names": list(names)}).fetchone()
        if not row or not row[0]:
            return True
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def _changed(connection: Connection, name: str, **values: object) -> bool:
    return connection.execute(query(SUBJECT, name), values).rowcount == 1
