"""Import a few lines of an outcome log and look at what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from workbench.db.connection import Connection
from workbench.jobs.import_outcomes import OutcomeImportResult, OutcomeOptions, import_outcomes
from workbench.records import DIMENSIONS, Matrix

CREATE = OutcomeOptions(create_techniques=True, create_intents=True)
TABLES = (
    *("decision_log", "decision_outcomes", "outcome_imports", "outcome_quarantine"),
    *("techniques", "intent_taxonomy", "audit_log"),
)


class LengthEncoder:
    """A text's vector points along the axis of its length; ``fails_at`` stands for a process that is killed."""

    def __init__(self, space: str = "own@0", fails_at: int | None = None) -> None:
        self.space, self.fails_at = space, fails_at
        self.asked: list[str] = []

    def encode(self, texts: Sequence[str]) -> Matrix:
        self.asked += texts
        if self.fails_at is not None and len(self.asked) > self.fails_at:
            raise KeyboardInterrupt
        return np.eye(DIMENSIONS, dtype=np.float32)[[len(text) % DIMENSIONS for text in texts]]


def load_log(
    url: str, folder: Path, *lines: str, options: OutcomeOptions = CREATE, encoder: Any = None, **more: Any
) -> OutcomeImportResult:
    """Write a CSV file of the given lines and import it."""
    path = folder / "log.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return import_outcomes(url, path, options, lambda: encoder or LengthEncoder(), **more)


def everything(connection: Connection) -> list[Any]:
    """Every row with the transaction that wrote it."""
    return [connection.execute(f"SELECT xmin, t FROM {table} AS t ORDER BY t::text").fetchall() for table in TABLES]
