"""Vectors of what the taxonomy says of intents, in and out of ``taxonomy_vectors``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from pgvector import Vector as PgVector

from workbench.db.connection import Connection
from workbench.records import Examples, Matrix
from workbench.sql import query
from workbench.store.vectors import layers_of

SUBJECT = "training"


class Said(NamedTuple):
    """``part`` is name, keywords or description."""

    intent_id: str
    part: str
    words: str


def missing(connection: Connection, space: str, version: str) -> list[Said]:
    """What the taxonomy says of the intents of ``version`` that has no vector in ``space``, or one of other words."""
    values = {"space": space, "version": version}
    return [Said(*row) for row in connection.execute(query(SUBJECT, "taxonomy_words_without_vector"), values)]


def save(connection: Connection, said: Sequence[Said], vectors: Matrix, space: str) -> None:
    """One vector each; those of older words are replaced."""
    rows = [
        {**one._asdict(), "space": space, "embedding": PgVector(vector)}
        for one, vector in zip(said, vectors, strict=True)
    ]
    with connection.cursor() as cursor:
        cursor.executemany(query(SUBJECT, "save_taxonomy_vector"), rows)


def load(connection: Connection, space: str, version: str) -> Examples | None:
    """Texts of the intents of ``version`` with their vectors, as ``Examples.X`` has them; the ids are path and part.

    Without ``layers`` where any of them lacks those; None where nothing is embedded.
    """
    values = {"space": space, "layers": layers_of(space), "version": version}
    with connection.cursor(binary=True) as cursor:
        rows = cursor.execute(query(SUBJECT, "taxonomy_vectors"), values).fetchall()
    if not rows:
        return None
    paths, parts, words, own, layers = zip(*rows, strict=True)
    X = pd.DataFrame({"prompt_text": words, "embedding": [vector.to_numpy().astype(np.float32) for vector in own]})
    if all(vector is not None for vector in layers):
        X["layers"] = [vector.to_numpy().astype(np.float32) for vector in layers]
    ids = tuple(f"{path}: {part}" for path, part in zip(paths, parts, strict=True))
    return Examples(X, np.array(paths, dtype=object), ids)
