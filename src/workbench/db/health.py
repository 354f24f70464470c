"""What a server and the schema in it say of themselves."""

from __future__ import annotations

from datetime import datetime

from workbench.db.connection import Connection
from workbench.sql import query


def server_version(connection: Connection) -> str:
    """Such as ``18.6``, without the packager's remarks."""
    row = connection.execute(query("health", "server_version")).fetchone()
    return str(row[0]).split()[0] if row else ""


def extensions(connection: Connection) -> dict[str, str]:
    """Versions of the installed extensions by name."""
    return dict(connection.execute(query("health", "extensions")).fetchall())


def available_extension(connection: Connection, name: str) -> str | None:
    """The version that CREATE EXTENSION would install."""
    row = connection.execute(query("health", "available_extension"), {"name": name}).fetchone()
    return str(row[0]) if row else None


def unsafe_settings(connection: Connection) -> list[str]:
    """Names of the settings that are off and keep data whole when on."""
    return sorted(name for (name,) in connection.execute(query("health", "safety")))


def statements_kept(connection: Connection) -> bool:
    """Whether pg_stat_statements is installed and was loaded when the server started."""
    row = connection.execute(query("health", "statements_kept")).fetchone()
    return bool(row and row[0])


def has_schema(connection: Connection) -> bool:
    """Whether any migration has left its tables."""
    row = connection.execute(query("health", "has_schema")).fetchone()
    return bool(row and row[0])


def migrated_at(connection: Connection) -> datetime | None:
    """When the newest migration was applied."""
    row = connection.execute(query("health", "migrated_at")).fetchone()
    return row[0] if row else None


def next_month_exists(connection: Connection) -> bool:
    """Whether prompt_history has a partition for the next month (UTC)."""
    row = connection.execute(query("health", "next_month")).fetchone()
    return bool(row and row[0])


def caught_months(connection: Connection) -> dict[str, int]:
    """Rows in the default partition by first day of their month."""
    return dict(connection.execute(query("health", "caught_months")).fetchall())


def dangling_techniques(connection: Connection) -> int:
    """How many technique ids stand in the training data without a technique."""
    row = connection.execute(query("health", "dangling_techniques")).fetchone()
    return int(row[0]) if row else 0
