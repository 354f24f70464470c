"""Outcome logs on their way in: staged in a temporary table, judged there, and written in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from pgvector import Vector as PgVector
from psycopg.types.json import Jsonb

from workbench.db.connection import Connection
from workbench.records import Matrix
from workbench.sql import query
from workbench.store.decisions import arm_of
from workbench.store.imports import StagedLabel

SUBJECT = "outcomes"
_TYPES = (
    "int4 text text uuid text text text[] float8 text int4 text uuid text int4 int4 float8 text timestamptz".split()
)


class StagedOutcome(NamedTuple):
    """One row of the log in the column order of the ``copy_rows`` query. With a ``reason`` it is set aside, and
    ``content`` is what is kept of it."""

    line: int
    reason: str | None
    content: str | None
    id: UUID | None = None
    prompt_text: str | None = None
    external_id: str | None = None
    codes: tuple[str, ...] = ()
    reward: float | None = None
    label: str | None = None
    complexity: int | None = None
    domain: str | None = None
    user_pseudonym: UUID | None = None
    language_model: str | None = None
    cost_tokens: int | None = None
    latency_ms: int | None = None
    propensity: float | None = None
    policy: str | None = None
    decided_at: datetime | None = None


@dataclass(frozen=True)
class Counts:
    """What became of the staged rows; ``duplicates`` stood in the log before, ``prompts`` are distinct ones."""

    read: int
    written: int
    quarantined: int
    duplicates: int
    with_propensity: int
    prompts: int


@dataclass(frozen=True)
class OutcomeImport:
    """What makes an import the same import: digest of the file and options."""

    file_name: str
    sha256: str
    options: Mapping[str, Any]

    def key(self) -> dict[str, Any]:
        return {"sha256": self.sha256, "options": Jsonb(dict(self.options))}


def stage(connection: Connection, rows: Iterable[StagedOutcome], sha256: str) -> None:
    """Copy ``rows`` into a temporary table that lives until the transaction ends, and mark those that were imported
    before; nobody else imports the file until then."""
    connection.execute(query(SUBJECT, "create_staging"))
    connection.execute(query(SUBJECT, "create_vectors"))
    with connection.cursor() as cursor, cursor.copy(query(SUBJECT, "copy_rows")) as copy:
        copy.set_types(_TYPES)
        for row in rows:
            copy.write_row(row._replace(codes=list(row.codes)))  # type: ignore[arg-type]
    connection.execute(query(SUBJECT, "analyze_staging"))
    connection.execute(query(SUBJECT, "lock_file"), {"sha256": sha256})
    connection.execute(query(SUBJECT, "mark_what_is_there"))


def texts_to_embed(connection: Connection, space: str) -> list[tuple[str, str]]:
    """Key and text of the prompts to be written that have no vector in ``space`` anywhere."""
    connection.execute(query(SUBJECT, "reuse_vectors"), {"space": space})
    return connection.execute(query(SUBJECT, "texts_without_vector")).fetchall()


def stage_vectors(connection: Connection, keys: Sequence[str], vectors: Matrix) -> None:
    with connection.cursor() as cursor, cursor.copy(query(SUBJECT, "copy_vectors")) as copy:
        copy.set_types(["text", "vector"])
        for key, vector in zip(keys, vectors, strict=True):
            copy.write_row((key, PgVector(vector)))


def labels(connection: Connection) -> list[str]:
    """The distinct intents that the staged rows name, in the order of the file."""
    return [label for (label,) in connection.execute(query(SUBJECT, "labels"))]


def set_labels(connection: Connection, resolved: Iterable[StagedLabel]) -> None:
    """Give every staged row the path of its intent, or the reason why its label is none."""
    rows = list(resolved)
    values = {
        "labels": [row.label for row in rows],
        "paths": [row.path for row in rows],
        "reasons": [row.reason for row in rows],
    }
    connection.execute(query(SUBJECT, "set_paths"), values)


def refuse_unknown_techniques(connection: Connection) -> None:
    connection.execute(query(SUBJECT, "refuse_unknown_techniques"))


def used_paths(connection: Connection) -> set[str]:
    return {path for (path,) in connection.execute(query(SUBJECT, "used_paths"))}


def create_techniques(connection: Connection, description: str) -> list[str]:
    """Make the techniques that rows to be written name and nobody knows; their codes."""
    rows = connection.execute(query(SUBJECT, "create_techniques"), {"description": description})
    return [code for (code,) in rows]


def counts(connection: Connection) -> Counts:
    return Counts(*connection.execute(query(SUBJECT, "counts")).fetchone() or (0,) * 6)


def arms(connection: Connection) -> dict[str, int]:
    """How many good rows chose each set of techniques, the most frequent first."""
    return {arm_of(codes): number for codes, number in connection.execute(query(SUBJECT, "arms"))}


def reasons(connection: Connection) -> list[tuple[str, int, int]]:
    """Reason, number of rows and first line, the most frequent first."""
    return connection.execute(query(SUBJECT, "reasons")).fetchall()


def is_repeat(connection: Connection, what: OutcomeImport) -> bool:
    return connection.execute(query(SUBJECT, "find_import"), what.key()).fetchone() is not None


def write(connection: Connection, what: OutcomeImport, *, space: str | None, is_synthetic: bool) -> None:
    """Write the staged rows, the import and what it set aside; an import that changes nothing leaves no trace."""
    counted = counts(connection)
    earlier = connection.execute(query(SUBJECT, "find_import"), what.key()).fetchone()
    if earlier and not counted.written and earlier[1] == counted.quarantined:
        return
    numbers = {"read": counted.read, "written": counted.written, "quarantined": counted.quarantined}
    values = {**what.key(), "file_name": what.file_name, **numbers}
    row = connection.execute(query(SUBJECT, "record_import"), values).fetchone()
    assert row is not None
    of_import = {"import": row[0]}
    connection.execute(query(SUBJECT, "forget_quarantine"), of_import)
    connection.execute(query(SUBJECT, "keep_quarantine"), of_import)
    decisions = {**of_import, "space": space, "is_synthetic": is_synthetic}
    connection.execute(query(SUBJECT, "write_decisions"), decisions)
    connection.execute(query(SUBJECT, "write_outcomes"))
