"""Embeddings in and out of ``ml_training_data``; one encoder's space at a time."""

from __future__ import annotations

from collections.abc import Sequence

from pgvector import Vector as PgVector

from workbench.db.connection import Connection
from workbench.records import Matrix
from workbench.sql import query

SUBJECT = "training"


def texts_without(connection: Connection, space: str, version: str | None, replace: bool) -> list[str]:
    """Distinct texts that lack an embedding; with ``replace`` also those embedded in another space."""
    values = {"space": space, "version": version, "replace": replace}
    return [row[0] for row in connection.execute(query(SUBJECT, "without_embedding"), values).fetchall()]


def spaces(connection: Connection, version: str | None) -> list[str]:
    rows = connection.execute(query(SUBJECT, "spaces"), {"version": version}).fetchall()
    return sorted(row[0] for row in rows)


def reuse_known(connection: Connection, space: str, version: str | None) -> int:
    """Copy vectors of texts that another version holds already; how many rows got one."""
    return connection.execute(query(SUBJECT, "copy_known_embeddings"), {"space": space, "version": version}).rowcount


def save(
    connection: Connection, texts: Sequence[str], vectors: Matrix, space: str, version: str | None, replace: bool
) -> int:
    """Store one vector for every row with one of ``texts``; how many rows were filled. Vectors travel as binary."""
    connection.execute(query(SUBJECT, "create_staged_embeddings"))
    connection.execute(query(SUBJECT, "clear_staged_embeddings"))
    with connection.cursor() as cursor, cursor.copy(query(SUBJECT, "copy_staged_embeddings")) as copy:
        copy.set_types(["text", "vector"])
        for text, vector in zip(texts, vectors, strict=True):
            copy.write_row((text, PgVector(vector)))
    values = {"space": space, "version": version, "replace": replace}
    return connection.execute(query(SUBJECT, "apply_staged_embeddings"), values).rowcount
