"""What the file of a model has to be."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.db.connection import Connection
from workbench.sql import query


@dataclass(frozen=True)
class RecordedFile:
    """``sha256`` is empty where none was recorded."""

    model_name: str
    model_version: str
    sha256: str


def recorded_file(connection: Connection, run_id: str) -> RecordedFile | None:
    """None where no model was recorded of that run."""
    row = connection.execute(query("model_files", "of_run"), {"run_id": run_id}).fetchone()
    return RecordedFile(row[0], row[1], row[2] or "") if row else None
