"""What the tests of analytics share: a use of techniques, a count of a day, and what was found."""

from __future__ import annotations

from typing import Any

from rows import history

from workbench.db.connection import Connection

DAY = "2024-01-15"


def run(connection: Connection, day: str = DAY) -> None:
    connection.execute("CALL update_technique_analytics(%s)", [day])


def use(connection: Connection, *techniques: Any, at: str = f"{DAY} 12:00Z", **values: Any) -> Any:
    return history(connection, techniques_applied=list(techniques), created_at=at, **values)


def found(connection: Connection, columns: str, day: str = DAY) -> list[Any]:
    statement = f"""SELECT {columns} FROM technique_performance_analytics JOIN techniques ON id = technique_id
                    WHERE date_bucket = %s ORDER BY code"""
    return connection.execute(statement, [day]).fetchall()


def text(connection: Connection, column: str, day: str = DAY) -> list[Any]:
    return [value for (value,) in found(connection, f"{column}::text", day)]
