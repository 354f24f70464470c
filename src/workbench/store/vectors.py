"""Vectors of labelled prompts beside ``prompt_embedding``, each space in its own rows of ``training_vectors``."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import numpy as np
from pgvector import Vector as PgVector

from workbench.db.connection import Connection
from workbench.records import Matrix
from workbench.sql import query

SUBJECT = "training"


def layers_of(space: str) -> str:
    """The space of what the lower layers of an encoder say, by the encoder's own space."""
    return f"{space}/layers"


def reuse_known(connection: Connection, space: str, version: str) -> int:
    """Copy vectors of texts that another version holds already; how many rows got one."""
    values = {"space": space, "version": version}
    return connection.execute(query(SUBJECT, "copy_known_vectors"), values).rowcount


def missing(connection: Connection, space: str, version: str) -> list[tuple[str, str]]:
    """Id and text of the prompts of ``version`` that have no vector in ``space``."""
    return connection.execute(query(SUBJECT, "without_vector"), {"space": space, "version": version}).fetchall()


def save(connection: Connection, ids: Sequence[str], vectors: Matrix, space: str) -> int:
    """Store a vector for each id that still has a row and none in this space; how many. They travel as binary."""
    connection.execute(query(SUBJECT, "create_staged_vectors"))
    connection.execute(query(SUBJECT, "clear_staged_vectors"))
    with connection.cursor() as cursor, cursor.copy(query(SUBJECT, "copy_staged_vectors")) as copy:
        copy.set_types(["uuid", "vector"])
        for identity, vector in zip(ids, vectors, strict=True):
            copy.write_row((UUID(identity), PgVector(vector)))
    return connection.execute(query(SUBJECT, "apply_staged_vectors"), {"space": space}).rowcount


def load(connection: Connection, space: str, version: str) -> Matrix | None:
    """Shape (rows of the version by digest, length), float32; None where any row has no vector in this space."""
    with connection.cursor(binary=True) as cursor:
        cursor.execute(query(SUBJECT, "further_vectors"), {"space": space, "version": version})
        found = [None if vector is None else vector.to_numpy() for (vector,) in cursor]
    if not found or any(vector is None for vector in found):
        return None
    return np.asarray(found, dtype=np.float32)
