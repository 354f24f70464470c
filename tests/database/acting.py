"""Take on a role, and a user whose request it is, for the length of a block."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from psycopg import sql

from workbench.db.connection import Connection


@contextmanager
def acting_as(connection: Connection, person: object | None = None, role: str = "application_user") -> Iterator[None]:
    """Inside a savepoint that is rolled back. None sets no user, which is another thing than an empty text."""
    with connection.transaction(force_rollback=True):
        connection.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(role)))
        if person is not None:
            connection.execute("SELECT set_config('app.current_user_id', %s, true)", [str(person)])
        yield


def value(connection: Connection, statement: str, *values: object) -> Any:
    return connection.execute(statement, values).fetchone()[0]


def plan(connection: Connection, statement: str) -> str:
    return "\n".join(line for (line,) in connection.execute(f"EXPLAIN (COSTS OFF) {statement}").fetchall())
