"""Every trained model with all that is recorded of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from workbench.db.connection import Connection
from workbench.records import SHORT_NAMES, ModelType
from workbench.sql import query

SUBJECT = "models"
SHORT = {kind: short for short, kind in SHORT_NAMES.items()}


@dataclass(frozen=True)
class Model:
    """A row of ml_model_performance; ``metrics`` at full precision. A row that the workbench did not write may lack
    run, digest, data and numbers."""

    id: str
    model_type: ModelType
    model_name: str
    model_version: str
    dataset_version: str
    accuracy: float | None
    metrics: dict[str, Any]
    parameters: dict[str, Any]
    is_active: bool
    deployed_at: datetime | None
    deprecated_at: datetime | None
    created_at: datetime
    run_id: str
    sha256: str
    training_samples: int

    @property
    def name(self) -> str:
        """How people call it, such as ``intent@3``; a model of another registered name is called by that."""
        known_as = SHORT[self.model_type] if self.model_name == self.model_type else self.model_name
        return f"{known_as}@{self.model_version}"


def by_id(connection: Connection, identity: str) -> Model | None:
    row = connection.execute(query(SUBJECT, "by_id"), {"id": identity}).fetchone()
    return _model(row) if row else None


def of_type(connection: Connection, model_type: ModelType | None) -> list[Model]:
    """The newest first; of every type, one after the other, where none is given."""
    return [_model(row) for row in connection.execute(query(SUBJECT, "of_type"), {"model_type": model_type})]


def unseen_same_version(connection: Connection, model: Model, tested: Sequence[str]) -> set[str]:
    """Ids of the test prompts of the model's dataset version, as it is now, that the model cannot have learnt from."""
    values = {"version": model.dataset_version, "tested": list(tested), "trained_at": model.created_at}
    return {row[0] for row in connection.execute(query(SUBJECT, "unseen_same_version"), values)}


def unseen_other_version(connection: Connection, version: str, learnt: str) -> set[str]:
    """Ids of the test prompts of ``version`` whose text is no training prompt of the version ``learnt``."""
    values = {"version": version, "learnt": learnt}
    return {row[0] for row in connection.execute(query(SUBJECT, "unseen_other_version"), values)}


def training_rows(connection: Connection, version: str) -> int:
    row = connection.execute(query(SUBJECT, "training_rows"), {"version": version}).fetchone()
    return int(row[0]) if row else 0


def sources(connection: Connection, version: str) -> dict[str, int]:
    """How many prompts of a version came from where, the most first."""
    return dict(connection.execute(query(SUBJECT, "sources"), {"version": version}).fetchall())


def _model(row: Any) -> Model:
    instead: dict[int, Any] = {4: "", 6: {}, 7: {}, 12: "", 13: "", 14: 0}
    values: list[Any] = [instead.get(place) if value is None else value for place, value in enumerate(row)]
    return Model(*values)
