"""What is known of a user without saying who it is."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import psycopg

from workbench.db.connection import Connection
from workbench.errors import UsersForbidden
from workbench.sql import query


@dataclass(frozen=True)
class Likes:
    """``favourites`` are codes of techniques."""

    pseudonym: UUID
    favourites: tuple[str, ...]


def likes_of(connection: Connection, user: str) -> Likes | None:
    """Of the user with that id or name; None where there is none.

    Raises:
        UsersForbidden: the role may not look at users.
    """
    try:
        row = connection.execute(query("users", "likes"), {"user": user}).fetchone()
    except psycopg.errors.InsufficientPrivilege as exc:
        raise UsersForbidden(role=connection.info.user) from exc
    return Likes(row[0], tuple(row[1])) if row else None
