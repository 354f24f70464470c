"""HNSW indexes over the vector columns: what stands, build, drop. Made after the data, beside readers and writers."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import psycopg

from workbench.db.connection import Connection, connect, masked
from workbench.db.locks import hold
from workbench.db.waits import telling_who_blocks
from workbench.errors import DatabaseUnreachable, IndexBusy, IndexFailed, IndexForbidden
from workbench.sql import query

POLL_SECONDS = 0.5
SUBJECT = "vector_indexes"

Tick = Callable[[int, int, str], None]


@dataclass(frozen=True)
class VectorIndex:
    """An index that stands or could. ``space`` is the embedding space whose rows it holds, None for a column without
    one; ``rows`` are the vectors there are now."""

    table: str
    column: str
    space: str | None
    rows: int
    name: str
    state: Literal["absent", "building", "invalid", "valid"]
    bytes: int


def standing(url: str) -> list[VectorIndex]:
    """Every index that stands or could, by table and space.

    Raises:
        IndexForbidden: the role may not read what it would index.
    """
    with connect(url, autocommit=True) as connection:
        try:
            return [VectorIndex(*row) for row in connection.execute(query(SUBJECT, "standing")).fetchall()]
        except psycopg.errors.InsufficientPrivilege as exc:
            raise IndexForbidden(url=masked(url), table=exc.diag.table_name or "what is indexed") from exc


def build(url: str, index: VectorIndex, megabytes: int, tell: Callable[[str], None], tick: Tick) -> None:
    """Build it; what an earlier build that was killed left behind is dropped first. Ended early, nothing is left.

    Raises:
        IndexForbidden: the role does not own the table.
        IndexBusy: another process builds or drops the same index.
        IndexFailed: PostgreSQL gave up; the message says why.
    """
    with _alone(url, index) as connection, telling_who_blocks(url, connection, tell):
        connection.execute(query(SUBJECT, "settings"), {"memory": f"{megabytes}MB"})
        with contextlib.suppress(psycopg.errors.InvalidParameterValue):
            connection.execute(query(SUBJECT, "notice_a_killed_client"))
        _run(connection, "drop_statement", {"index": index.name})
        try:
            with _watched(url, connection.info.backend_pid, tick):
                _create(connection, index)
        except BaseException as exc:
            if not connection.broken:
                _run(connection, "drop_statement", {"index": index.name})
            if isinstance(exc, psycopg.Error):
                raise IndexFailed(index=index.name, reason=str(exc).strip()) from exc
            raise


def drop(url: str, index: VectorIndex) -> None:
    """Drop it, whole or half-built; as ``build`` otherwise."""
    with _alone(url, index) as connection:
        _run(connection, "drop_statement", {"index": index.name})


@contextlib.contextmanager
def _alone(url: str, index: VectorIndex) -> Iterator[Connection]:
    """The lock is held by the connection that builds: a build goes on for a moment when its client is killed."""

    def refused(_waited: float, who: str, since: str) -> None:
        raise IndexBusy(index=index.name, who=who, since=since)

    with connect(url, autocommit=True) as connection:
        row = connection.execute(query(SUBJECT, "owns"), {"table": index.table}).fetchone()
        if row is None or not row[0]:
            raise IndexForbidden(url=masked(url), table=index.table)
        hold(connection, f"workbench index {index.name}", refused)
        yield connection


def _create(connection: Connection, index: VectorIndex) -> None:
    values = {"index": index.name, "table": index.table, "column": index.column, "space": index.space}
    try:
        _run(connection, "create_statement", values)
    except psycopg.errors.DiskFull:
        # Several processes share the graph in /dev/shm, which is often small in a container; one process does not.
        _run(connection, "drop_statement", values)
        connection.execute(query(SUBJECT, "one_process"))
        _run(connection, "create_statement", values)


def _run(
    connection: Connection, name: Literal["create_statement", "drop_statement"], values: Mapping[str, Any]
) -> None:
    """Let the server compose the statement, since a name cannot be a parameter, and run it."""
    row = connection.execute(query(SUBJECT, name), values).fetchone()
    assert row
    statement: bytes = row[0].encode()
    connection.execute(statement)


@contextlib.contextmanager
def _watched(url: str, pid: int, tick: Tick) -> Iterator[None]:
    done = threading.Event()
    watcher = threading.Thread(target=_watch, args=(url, pid, done, tick), daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()


def _watch(url: str, pid: int, done: threading.Event, tick: Tick) -> None:
    with contextlib.suppress(DatabaseUnreachable, psycopg.Error), connect(url, autocommit=True) as connection:
        while not done.wait(POLL_SECONDS):
            row = connection.execute(query(SUBJECT, "progress"), {"pid": pid}).fetchone()
            if row and row[0]:
                tick(int(row[1] or 0), int(row[2] or 0), str(row[0]))
