"""The record of every model, and which one is live."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from psycopg.types.json import Jsonb

from workbench.db.connection import Connection
from workbench.records import ModelType, Recipe, Report, RunRef
from workbench.sql import query

SUBJECT = "performance"


@dataclass(frozen=True)
class ModelRow:
    """A row of ml_model_performance; ``metrics`` at full precision, ``accuracy`` as stored (three decimals)."""

    model_type: ModelType
    model_name: str
    model_version: str
    dataset_version: str
    accuracy: float
    metrics: dict[str, Any]
    is_active: bool
    run_id: str


def write(connection: Connection, recipe: Recipe, report: Report, run: RunRef, parameters: dict[str, Any]) -> bool:
    """Record the model in the caller's transaction; False when the run is there already."""
    scores = report.per_class.set_index("label")
    values = {
        "model_name": run.model_name,
        "model_version": run.model_version,
        "model_type": report.model_type,
        "accuracy": report.accuracy,
        "precision": Jsonb(scores["precision"].to_dict()),
        "recall": Jsonb(scores["recall"].to_dict()),
        "f1": Jsonb(scores["f1"].to_dict()),
        "dataset_version": recipe.dataset_version,
        "training_samples": report.n_train,
        "parameters": Jsonb(parameters),
        "run_id": run.run_id,
        "metrics": Jsonb(all_metrics(report)),
        "sha256": run.sha256,
    }
    return connection.execute(query(SUBJECT, "write"), values).rowcount == 1


def all_metrics(report: Report) -> dict[str, Any]:
    """Every number of the report under the names that MLflow shows, and the baselines."""
    head = {
        "accuracy": report.accuracy,
        "macro_f1": report.macro_f1,
        "n_train": report.n_train,
        "n_test": report.n_test,
    }
    return head | dict(report.metrics) | {"baselines": {name: dict(b) for name, b in report.baselines.items()}}


def of_run(connection: Connection, run_id: str) -> ModelRow | None:
    return _one(connection, "of_run", run_id=run_id)


def active(connection: Connection, model_type: ModelType) -> ModelRow | None:
    return _one(connection, "active", model_type=model_type)


def newest(connection: Connection, model_type: ModelType, dataset_version: str) -> ModelRow | None:
    return _one(connection, "newest", model_type=model_type, dataset_version=dataset_version)


def runs_written(connection: Connection, runs: Sequence[str]) -> set[str]:
    """Those of ``runs`` whose results stand in the database."""
    return {row[0] for row in connection.execute(query(SUBJECT, "runs_written"), {"runs": list(runs)}).fetchall()}


def _one(connection: Connection, name: str, **values: object) -> ModelRow | None:
    row = connection.execute(query(SUBJECT, name), values).fetchone()
    return ModelRow(*row) if row else None
