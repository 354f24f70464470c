"""Batches of estimates: staged, looked at, applied, undone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import pandas as pd
from psycopg.types.json import Jsonb

from workbench.db.connection import Connection
from workbench.sql import query

SUBJECT = "batches"
State = Literal["staged", "applied", "undone"]
_TYPES = ["uuid", *["text"] * 3, *["float8"] * 5, "int4", *["float8"] * 3, "jsonb", "jsonb", "text", "uuid", "uuid"]
CHANGES = [
    "intent",
    "technique",
    "stands",
    "old_score",
    "new_score",
    "score",
    "low",
    "high",
    "sample_size",
    "effective_n",
    "overlap",
    "differs",
    "refusal",
    "reason",
]


@dataclass(frozen=True)
class Basis:
    """What a batch rests on. ``settings`` are thresholds, draws and which outcomes were taken."""

    outcomes: int
    synthetic_outcomes: int
    propensity_source: str
    r_hat: float
    prompt_correlation: float
    settings: Mapping[str, Any]
    log_sha256: str


@dataclass(frozen=True)
class Batch:
    """A row of ``effectiveness_batches``."""

    id: str
    created_at: datetime
    created_by: str
    run_id: str | None
    basis: Basis
    state: State
    applied_at: datetime | None
    applied_by: str | None
    undone_at: datetime | None
    undone_by: str | None


@dataclass(frozen=True)
class Standing:
    """The state of a batch, since when and by whom; both None of a staged one."""

    state: State
    since: datetime | None
    by: str | None


@dataclass(frozen=True)
class Touched:
    """A cell that no longer stands as a batch wrote it, and the batch that wrote it since, None of another hand."""

    intent: str
    technique: str
    batch_id: str | None


def stage(connection: Connection, basis: Basis, estimates: pd.DataFrame, run_id: str | None) -> str:
    """Write a batch within the caller's transaction and return its id. ``estimates`` are the columns of
    ``evaluation.effectiveness.Estimates``; a cell whose intent or technique is unknown is kept without an id."""
    values = {**vars(basis), "settings": Jsonb(dict(basis.settings)), "run_id": run_id}
    row = connection.execute(query(SUBJECT, "stage"), values).fetchone()
    assert row is not None
    batch = UUID(row[0])
    known: dict[tuple[str, str], UUID] = {
        (kind, name): found for kind, name, found in connection.execute(query(SUBJECT, "ids"))
    }
    with connection.cursor() as cursor, cursor.copy(query(SUBJECT, "copy_estimates")) as copy:
        copy.set_types(_TYPES)
        for cell in estimates.to_dict("records"):
            named = (cell["intent"], cell["technique"])
            ids = (known.get(("intent", named[0])), known.get(("technique", named[1])))
            copy.write_row([batch, *named, cell["language_model"], *_measured(cell), *ids])
    return str(batch)


def _measured(cell: Mapping[Any, Any]) -> list[Any]:
    numbers = [float(cell[name]) for name in ("score", "standard_error", "low", "high", "confidence")]
    support = [int(cell["sample_size"]), float(cell["effective_n"]), float(cell["overlap"])]
    adjusted = [_known(cell["complexity_adjustment"]), _known(cell["domain_adjustments"])]
    adjustments = [Jsonb(dict(found)) if found else None for found in adjusted]
    return [*numbers, *support, _known(cell["real_world_performance"]), *adjustments, _known(cell["refused"])]


def _known(value: Any) -> Any:
    """A frame may have NaN for None; nothing else differs from itself."""
    return value if value == value else None


def find(connection: Connection, beginning: str = "", state: State | None = None, most: int = 2) -> list[Batch]:
    """Batches whose id begins so, the newest first."""
    values = {"beginning": beginning.lower(), "state": state, "most": most}
    rows = connection.execute(query(SUBJECT, "find"), values).fetchall()
    return [_batch(*row) for row in rows]


def _batch(id: str, created_at: datetime, created_by: str, run_id: str | None, *rest: Any) -> Batch:
    return Batch(id, created_at, created_by, run_id, Basis(*rest[:7]), *rest[7:])


def changes(connection: Connection, batch: str) -> pd.DataFrame:
    """What applying the batch would do now, one row a cell, ordered by intent and technique: ``stands`` (a row is
    there), ``old_score`` and ``new_score`` (two decimals), ``score`` with ``low`` and ``high``, ``sample_size``,
    ``effective_n``, ``overlap``, ``differs``, ``refusal`` (``support``, ``gone``, ``newer`` or ``synthetic``; None
    where nothing speaks against it) with its ``reason``."""
    rows = connection.execute(query(SUBJECT, "changes"), {"batch": batch}).fetchall()
    table = pd.DataFrame(rows, columns=CHANGES)
    words = table[["refusal", "reason"]].astype(object)
    return table.astype({"stands": bool, "differs": bool, "old_score": float, "new_score": float}).assign(
        **words.where(words.notna(), None)
    )


def lock(connection: Connection) -> None:
    """Wait until no other apply, undo or writer is at work; held until the caller's transaction ends."""
    connection.execute(query(SUBJECT, "lock"))


def standing(connection: Connection, batch: str) -> Standing:
    row = connection.execute(query(SUBJECT, "state"), {"batch": batch}).fetchone()
    assert row is not None
    return Standing(*row)


def apply(connection: Connection, batch: str, allow_synthetic: bool) -> int:
    """Write what may be written within the caller's transaction, under ``lock``; how many rows."""
    values = {"batch": batch, "allow_synthetic": allow_synthetic}
    connection.execute(query(SUBJECT, "keep_previous"), values)
    written = connection.execute(query(SUBJECT, "write"), values).rowcount
    connection.execute(query(SUBJECT, "keep_written"), values)
    connection.execute(query(SUBJECT, "set_state"), {**values, "state": "applied"})
    return written


def changed_since(connection: Connection, batch: str) -> list[Touched]:
    """Cells that the batch wrote and that are not as it wrote them; those of other batches first."""
    return [Touched(*row) for row in connection.execute(query(SUBJECT, "changed_since"), {"batch": batch})]


def undo(connection: Connection, batch: str) -> tuple[int, int]:
    """Put back what stood there before, within the caller's transaction, under ``lock``: rows restored, removed."""
    values = {"batch": batch, "state": "undone"}
    restored = connection.execute(query(SUBJECT, "restore"), values).rowcount
    removed = connection.execute(query(SUBJECT, "remove"), values).rowcount
    connection.execute(query(SUBJECT, "set_state"), values)
    return restored, removed
