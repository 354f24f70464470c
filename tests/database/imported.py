"""Import a few lines and look at what became of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from workbench.db.connection import Connection
from workbench.jobs.import_file import ImportOptions, ImportResult, import_file

CREATE = ImportOptions(create_intents=True)
SPLIT = replace(CREATE, split_column="split")
TABLES = (
    "ml_training_data",
    "intent_taxonomy",
    "techniques",
    "technique_patterns",
    "import_batches",
    "import_quarantine",
)


def load_csv(
    url: str, folder: Path, *lines: str, options: ImportOptions = CREATE, version: str = "v1", **more: Any
) -> ImportResult:
    """Write a CSV file of the given lines and import it."""
    path = folder / "rows.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return import_file(url, path, version, options, **more)


def stored(connection: Connection) -> list[tuple[Any, ...]]:
    return connection.execute(
        "SELECT prompt_text, intent_labels ->> 'primary', is_test_set FROM ml_training_data ORDER BY prompt_text"
    ).fetchall()


def quarantine(connection: Connection) -> list[tuple[Any, ...]]:
    return connection.execute(
        "SELECT line, reason, prompt_text, label FROM import_quarantine ORDER BY batch_id, line"
    ).fetchall()


def everything(connection: Connection) -> list[Any]:
    """Every row with the transaction that wrote it."""
    return [connection.execute(f"SELECT xmin, t FROM {table} AS t ORDER BY t::text").fetchall() for table in TABLES]
