"""Build and drop the vector indexes, where they are worth it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from workbench.db import vector_indexes
from workbench.db.connection import database_url, masked
from workbench.db.migrations import check_migrated
from workbench.db.vector_indexes import Tick, VectorIndex
from workbench.errors import VectorsMissing, VectorsTooFew
from workbench.settings import Settings

# Below it an exact scan answers in time and misses nothing.
LEAST_ROWS = 50_000
TABLES = ("ml_training_data", "user_learning_profiles")
MOST_MEGABYTES = 2048
# Measured in pgvector 0.8 for 384 dimensions and 16 neighbours: the vector, its neighbours' lists, and the allocator.
BYTES_PER_VECTOR = 3000


@dataclass(frozen=True)
class Built:
    """``built`` is false where a valid index stood already."""

    index: VectorIndex
    built: bool
    seconds: float


def look(settings: Settings) -> tuple[str, list[VectorIndex]]:
    """The masked URL and every vector index that stands or could. Starts nothing.

    Raises:
        IndexForbidden, DatabaseUnreachable, SchemaNotMigrated
    """
    url = database_url(settings, start=False)
    return masked(url), _look(url, None)


def build(
    settings: Settings,
    table: str | None,
    *,
    force: bool,
    megabytes: int | None,
    tell: Callable[[str], None],
    tick: Tick,
) -> list[Built]:
    """Build what ``table`` (None: every table) is large enough for, one embedding space after the other.

    Raises:
        VectorsMissing: there is nothing to index.
        VectorsTooFew: nothing is large enough and ``force`` is false.
        IndexForbidden, IndexBusy, IndexFailed, DatabaseUnreachable, SchemaNotMigrated
    """
    url = database_url(settings)
    filled = [index for index in _look(url, table) if index.rows]
    if not filled:
        raise VectorsMissing(table=table or " and ".join(TABLES))
    chosen = [index for index in filled if force or index.rows >= LEAST_ROWS]
    if not chosen:
        largest = max(filled, key=lambda index: index.rows)
        raise VectorsTooFew(table=largest.table, rows=f"{largest.rows:,}", least=f"{LEAST_ROWS:,}")
    return [_build(url, index, megabytes, tell, tick) for index in chosen]


def _build(url: str, index: VectorIndex, megabytes: int | None, tell: Callable[[str], None], tick: Tick) -> Built:
    if index.state == "valid":
        return Built(index, False, 0.0)
    needed = needed_megabytes(index.rows)
    if megabytes is None and needed > MOST_MEGABYTES:
        tell(
            f"{index.name} needs about {needed} MB to be built fast; it gets {MOST_MEGABYTES}. --memory gives it more."
        )
    started = time.perf_counter()
    vector_indexes.build(url, index, megabytes or min(needed, MOST_MEGABYTES), tell, tick)
    seconds = time.perf_counter() - started
    (made,) = [found for found in _look(url, index.table) if found.name == index.name]
    return Built(made, True, round(seconds, 1))


def needed_megabytes(rows: int) -> int:
    """Memory for the whole graph of ``rows`` vectors, at least PostgreSQL's default."""
    return max(64, -(-rows * BYTES_PER_VECTOR // (1 << 20)))


def drop(settings: Settings, table: str | None) -> list[VectorIndex]:
    """Drop the vector indexes of ``table`` (None: of every table), left-overs included; which ones.

    Raises:
        IndexForbidden, IndexBusy, DatabaseUnreachable, SchemaNotMigrated
    """
    url = database_url(settings)
    dropped = [index for index in _look(url, table) if index.state != "absent"]
    for index in dropped:
        vector_indexes.drop(url, index)
    return dropped


def _look(url: str, table: str | None) -> list[VectorIndex]:
    check_migrated(url)
    return [index for index in vector_indexes.standing(url) if table in (None, index.table)]
