"""Look through the catalogue for what is allowed and unwise."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.db.connection import Connection
from workbench.sql import query


@dataclass(frozen=True)
class Flaw:
    """``lint`` is a name in ``sql/queries/lints.sql``, ``thing`` the object, ``reason`` what is wrong with it."""

    lint: str
    thing: str
    reason: str


def look(connection: Connection, lint: str) -> list[Flaw]:
    """What one lint finds, by name."""
    return [Flaw(lint, *row) for row in sorted(connection.execute(query("lints", lint)).fetchall())]


def look_at_access(connection: Connection) -> list[Flaw]:
    """By what a person could see or do what is not meant for them."""
    return [
        *look(connection, "policy_without_rls"),
        *look(connection, "rls_without_policy"),
        *look(connection, "rls_off"),
        *look(connection, "definer_view"),
        *look(connection, "function_without_search_path"),
        *look(connection, "grant_to_public"),
    ]


def look_at_speed(connection: Connection) -> list[Flaw]:
    """What costs time or space for nothing."""
    return [
        *look(connection, "unwrapped_setting"),
        *look(connection, "foreign_key_without_index"),
        *look(connection, "duplicate_index"),
    ]
