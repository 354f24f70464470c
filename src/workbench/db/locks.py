"""Locks that every process on the same database shares; the end of a process gives them back, also by a kill."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import psycopg

from workbench.db.connection import Connection, connect
from workbench.errors import DatabaseUnreachable
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


@dataclass(frozen=True)
class Taken:
    """A lock that another holds: which, who, since when."""

    name: str
    who: str
    since: str


class LockSet:
    """Several locks that are held together or not at all, on a session of their own, which the server may end."""

    def __init__(self, url: str, names: Sequence[str]) -> None:
        self._url = url
        self._names = names
        self._session = contextlib.ExitStack()
        self._connection: Connection | None = None

    def take(self) -> Taken | None:
        """Hold all of them, or none and say which is taken.

        Raises:
            DatabaseUnreachable
        """
        self.release()
        self._connection = self._session.enter_context(connect(self._url, autocommit=True))
        for name in self._names:
            if not _try(self._connection, name):
                who, since = _holder(self._connection, name)
                self.release()
                return Taken(name, who, since)
        return None

    def held(self) -> bool:
        """Whether the session still lives, and they with it."""
        if self._connection is None:
            return False
        try:
            held = [self._connection.execute(query("locks", "held"), {"name": n}).fetchone() for n in self._names]
        except psycopg.OperationalError:
            self.release()
            return False
        return all(row and row[0] for row in held)

    def release(self) -> None:
        self._connection = None
        with contextlib.suppress(DatabaseUnreachable, psycopg.OperationalError):
            self._session.close()
