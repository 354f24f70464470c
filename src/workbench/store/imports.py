"""Labelled prompts on their way in: staged in a temporary table, judged there, and written in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from psycopg.types.json import Jsonb

from workbench.db.connection import Connection
from workbench.sql import query


class StagedRow(NamedTuple):
    """One row of the file. With a ``reason`` it is set aside; ``parent`` is empty where there is none."""

    line: int
    reason: str | None
    text: str
    label: str
    parent: str = ""
    secondary: tuple[str, ...] = ()
    complexity: int | None = None
    techniques: tuple[UUID, ...] = ()
    is_test: bool = False
    features: Mapping[str, float] | None = None


class StagedLabel(NamedTuple):
    """Which intent a label of the file is, or why it is none."""

    label: str
    parent: str
    path: str | None
    reason: str | None


class NewIntent(NamedTuple):
    path: str
    name: str


@dataclass(frozen=True)
class Counts:
    """What became of the staged rows; ``moved`` ones are among the duplicates."""

    read: int
    written: int
    quarantined: int
    duplicates: int
    moved: int


@dataclass(frozen=True)
class Batch:
    """What makes an import the same import: version, digest of the file and options."""

    version: str
    file_name: str
    sha256: str
    options: Mapping[str, Any]


def stage(connection: Connection, rows: Iterable[StagedRow]) -> None:
    """Copy ``rows`` into a temporary table that lives until the transaction ends."""
    connection.execute(query("imports", "create_staging"))
    with connection.cursor() as cursor, cursor.copy(query("imports", "copy_rows")) as copy:
        copy.set_types("int4 text text text text text[] int4 uuid[] bool jsonb".split())
        for row in rows:
            features = Jsonb(row.features) if row.features is not None else None
            copy.write_row((*row[:5], list(row.secondary), row.complexity, list(row.techniques), row.is_test, features))
    connection.execute(query("imports", "analyze_staging"))
    connection.execute(query("imports", "plan_for_many"))


def lock_version(connection: Connection, version: str) -> None:
    connection.execute(query("imports", "lock_version"), {"version": version})


def lock_taxonomy(connection: Connection) -> None:
    connection.execute(query("imports", "lock_taxonomy"))


def technique_ids(connection: Connection) -> dict[str, UUID]:
    return dict(connection.execute(query("imports", "technique_ids")).fetchall())


def intent_names(connection: Connection) -> dict[str, str]:
    """Name by path, of every intent."""
    return dict(connection.execute(query("imports", "intent_names")).fetchall())


def labels(connection: Connection) -> list[tuple[str, str]]:
    """The distinct (label, parent) of the staged rows, in the order of the file."""
    return connection.execute(query("imports", "staged_labels")).fetchall()


def set_labels(connection: Connection, resolved: Iterable[StagedLabel]) -> None:
    """Give every staged row the path of its intents, or the reason why its label is none."""
    connection.execute(query("imports", "create_labels"))
    with connection.cursor() as cursor, cursor.copy(query("imports", "copy_labels")) as copy:
        copy.set_types(["text"] * 4)
        for label in resolved:
            copy.write_row(label)
    connection.execute(query("imports", "set_paths"))
    connection.execute(query("imports", "set_secondary_paths"))


def split_by_text(connection: Connection, version: str, fraction: Decimal) -> None:
    """Make ``fraction`` of each label's new texts the test split, by the order of their digests."""
    connection.execute(query("imports", "split_by_text"), {"version": version, "fraction": fraction})


def judge(connection: Connection, version: str) -> Counts:
    """Decide for each staged row whether it is written, a duplicate or set aside."""
    connection.execute(query("imports", "judge"), {"version": version})
    return Counts(*connection.execute(query("imports", "counts")).fetchone() or (0,) * 5)


def reasons(connection: Connection) -> list[tuple[str, int, int]]:
    """Reason, number of rows and first line, the most frequent first."""
    return connection.execute(query("imports", "reasons")).fetchall()


def used_paths(connection: Connection) -> set[str]:
    """The intents of the rows to be written."""
    return {row[0] for row in connection.execute(query("imports", "used_paths")).fetchall()}


def create_intents(connection: Connection, wanted: Iterable[NewIntent], used: Iterable[str]) -> list[NewIntent]:
    """Create those of ``wanted`` that are among the paths ``used``, with their ancestors; which they were."""
    needed = {".".join(path.split(".")[: depth + 1]) for path in used for depth in range(path.count(".") + 1)}
    chosen = sorted((new for new in wanted if new.path in needed), key=lambda new: (new.path.count("."), new.path))
    values = [
        {"path": new.path, "name": new.name, "parent": new.path.rpartition(".")[0], "level": new.path.count(".") + 1}
        for new in chosen
    ]
    with connection.cursor() as cursor:
        cursor.executemany(query("imports", "create_intent"), values)
    return chosen


def write(connection: Connection, version: str, *, source_type: str, is_validated: bool) -> None:
    """Write the staged rows that were judged new, and move stored training rows whose text arrived as a test text."""
    values = {"version": version, "source_type": source_type, "is_validated": is_validated}
    connection.execute(query("imports", "move_to_test"), values)
    connection.execute(query("imports", "write_rows"), values)


def record(connection: Connection, batch: Batch, counts: Counts) -> None:
    """Keep the import and the rows it set aside; an import that changed nothing leaves no trace."""
    key = {"version": batch.version, "sha256": batch.sha256, "options": Jsonb(batch.options)}
    earlier = connection.execute(query("imports", "find_batch"), key).fetchone()
    if earlier and not counts.written and not counts.moved and earlier[1] == counts.quarantined:
        return
    values = {**key, "file_name": batch.file_name, **vars(counts)}
    row = connection.execute(query("imports", "record_batch"), values).fetchone()
    assert row is not None
    connection.execute(query("imports", "forget_quarantine"), {"batch": row[0]})
    connection.execute(query("imports", "keep_quarantine"), {"batch": row[0]})


def split_sizes(connection: Connection, version: str) -> tuple[int, int]:
    """Test rows and training rows of the dataset version."""
    row = connection.execute(query("imports", "split_sizes"), {"version": version}).fetchone()
    return (row[0], row[1]) if row else (0, 0)
