"""Locks that every process on the same database shares; the end of a process gives them back, also by a kill."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator

from workbench.db.connection import Connection, connect
from workbench.sql import query

POLL_SECONDS = 0.5


@contextlib.contextmanager
def waiting(url: str, name: str) -> Iterator[None]:
    """Hold the lock ``name`` for the block, however long it takes to get it."""
    with connect(url, autocommit=True) as connection:
        connection.execute(query("locks", "take"), {"name": name})
        yield


@contextlib.contextmanager
def polling(url: str, name: str, refused: Callable[[float, str, str], None]) -> Iterator[None]:
    """Hold the lock ``name`` for the block. While another holds it, ``refused`` is called every half second with the
    seconds waited, who holds it and since when; it may raise to give up."""
    with connect(url, autocommit=True) as connection:
        hold(connection, name, refused)
        yield


def hold(connection: Connection, name: str, refused: Callable[[float, str, str], None]) -> None:
    """Hold the lock ``name`` until ``connection`` ends; meanwhile as in ``polling``. What the connection still computes
    after its process was killed stays under the lock."""
    started = time.monotonic()
    while not _try(connection, name):
        who, since = _holder(connection, name)
        refused(time.monotonic() - started, who, since)
        time.sleep(POLL_SECONDS)


def _try(connection: Connection, name: str) -> bool:
    row = connection.execute(query("locks", "try"), {"name": name}).fetchone()
    return bool(row and row[0])


def _holder(connection: Connection, name: str) -> tuple[str, str]:
    row = connection.execute(query("locks", "holder"), {"name": name}).fetchone()
    return (str(row[0]), str(row[1])) if row else ("a process that has just ended", "a moment ago")
