"""What the server's statistics and the monitoring views say; the thresholds are the caller's. The SQL in a row mends
what the row tells."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import psycopg

from workbench.db.connection import Connection
from workbench.errors import NotLookedAt
from workbench.sql import query

Row = tuple[Any, ...]
MORE_RIGHTS = "Look as the owner of the database, or as a member of pg_monitor."
_FORBIDDEN = (psycopg.errors.InsufficientPrivilege,)
_BUSY = (psycopg.errors.LockNotAvailable, psycopg.errors.QueryCanceled)
_BEHIND = (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn, psycopg.errors.UndefinedFunction)


@contextlib.contextmanager
def looking(connection: Connection) -> Iterator[None]:
    """Make one error of what a lesser role, a lock, a busy server or a schema that is behind keep from being seen.

    Raises:
        NotLookedAt
    """
    try:
        yield
    except (*_FORBIDDEN, *_BUSY, *_BEHIND) as exc:
        reason = exc.diag.message_primary or str(exc).strip()
        if isinstance(exc, _BEHIND) and _one(connection, "enters_schema")[0]:
            raise NotLookedAt(reason=reason, advice="Run `workbench db migrate`.") from exc
        if isinstance(exc, _BUSY):
            raise NotLookedAt(reason=reason, advice="Somebody is at work there. Look again in a moment.") from exc
        if isinstance(exc, _BEHIND):  # a table in a schema that may not be entered is said not to exist
            reason = "permission denied for schema public"
        raise NotLookedAt(reason=reason, advice=MORE_RIGHTS) from exc


def be_brief(connection: Connection) -> None:
    """Give up a look after 30 seconds, and after half a one where a lock is held."""
    connection.execute(query("monitoring", "be_brief"))


def sees_others(connection: Connection) -> bool:
    """Whether the role may read what other roles do."""
    return bool(_one(connection, "sees_others")[0])


def size(connection: Connection) -> tuple[str, list[Row]]:
    """Of the whole database, and (table, size) of the three largest."""
    return str(_one(connection, "size")[0]), _rows(connection, "largest_tables")


def bloated_tables(connection: Connection, least_bytes: int, times: float) -> list[Row]:
    """(table, size, size it should have, SQL) of those ``times`` as large as their rows need."""
    return _rows(connection, "bloated_tables", bytes=least_bytes, times=times)


def unvacuumed_tables(connection: Connection, least_rows: int) -> list[Row]:
    """(table, dead rows, live rows, SQL) of those with more dead rows than live ones."""
    return _rows(connection, "unvacuumed_tables", rows=least_rows)


def autovacuum_works(connection: Connection) -> bool:
    return bool(_one(connection, "autovacuum")[0])


def unanalysed_tables(connection: Connection, least_bytes: int) -> list[Row]:
    """(table, size, SQL) of the filled ones that the planner knows nothing about and autovacuum will not come to."""
    return _rows(connection, "unanalysed_tables", bytes=least_bytes)


def old_transactions(connection: Connection, least: int) -> list[Row]:
    """(transactions since the oldest unfrozen row, the table that has it), where they are at least ``least``."""
    return _rows(connection, "age", transactions=least)


def invalid_indexes(connection: Connection) -> list[Row]:
    """(index, table, whether it is unique, SQL) of those whose build failed."""
    return _rows(connection, "invalid_indexes")


def duplicate_indexes(connection: Connection) -> list[Row]:
    """(index, the one that does the same, SQL)."""
    return _rows(connection, "duplicate_indexes")


def unused_indexes(connection: Connection, least_bytes: int, least_scans: int, days: int) -> list[Row]:
    """(index, size, counted since, SQL) of those unused while their table was read ``least_scans`` times."""
    return _rows(connection, "unused_indexes", bytes=least_bytes, scans=least_scans, days=days)


def bloated_indexes(connection: Connection, least_bytes: int, times: float) -> list[Row]:
    """(B-tree, size, size it should have, SQL)."""
    return _rows(connection, "bloated_indexes", bytes=least_bytes, times=times)


def unproven_constraints(connection: Connection) -> list[Row]:
    """(constraint, table, SQL) of those that old rows may break."""
    return _rows(connection, "unproven_constraints")


def disabled_triggers(connection: Connection) -> list[Row]:
    """(table, how many, SQL)."""
    return _rows(connection, "disabled_triggers")


def connections(connection: Connection) -> tuple[int, int]:
    """How many are used, how many may be."""
    used, usable = _one(connection, "connections")
    return int(used), int(usable)


def idle_transactions(connection: Connection, minutes: float) -> list[Row]:
    """(process, application, minutes, SQL) of the sessions that keep a transaction open and do nothing."""
    return _rows(connection, "idle_transactions", minutes=minutes)


def long_statements(connection: Connection, minutes: float) -> list[Row]:
    """(process, application, minutes, SQL)."""
    return _rows(connection, "long_statements", minutes=minutes)


def prepared_transactions(connection: Connection, minutes: float) -> list[Row]:
    """(name, SQL) of those prepared for a second phase that does not come."""
    return _rows(connection, "prepared_transactions", minutes=minutes)


def holding_slots(connection: Connection, least_bytes: int) -> list[Row]:
    """(replication slot, write-ahead log that it keeps, SQL) of those that nobody reads."""
    return _rows(connection, "holding_slots", bytes=least_bytes)


def cache(connection: Connection) -> tuple[int, int, str]:
    """Pages found in memory, pages asked for, and the size of that memory."""
    found, asked = _one(connection, "cache")
    return int(found), int(asked), str(_one(connection, "shared_buffers")[0])


def slow_statements(connection: Connection, least_calls: int) -> list[Row]:
    """(statement, calls, mean milliseconds) of those above the seed's 100 ms."""
    return _rows(connection, "slow_statements", calls=least_calls)


def _rows(connection: Connection, name: str, **values: float) -> list[Row]:
    return connection.execute(query("monitoring", name), values or None).fetchall()


def _one(connection: Connection, name: str) -> Row:
    row = connection.execute(query("monitoring", name)).fetchone()
    return row if row is not None else ()
