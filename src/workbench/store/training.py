"""Labelled prompts in and out of ``ml_training_data``."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from workbench.db.connection import Connection
from workbench.errors import DatasetUnknown, EmbeddingsOfAnotherSpace
from workbench.records import DIMENSIONS, Matrix, Technique, TrainingSet
from workbench.sql import query
from workbench.store import taxonomy_vectors, vectors

SUBJECT = "training"


def versions(connection: Connection) -> dict[str, int]:
    """Rows of each dataset version."""
    return dict(connection.execute(query(SUBJECT, "versions")).fetchall())


def load(connection: Connection, version: str) -> TrainingSet:
    """All prompts of ``version`` with labels and embeddings, by binary cursors.

    Raises:
        DatasetUnknown: no such version.
        EmbeddingsOfAnotherSpace: some rows lack an embedding or two encoders are mixed.
    """
    with connection.cursor(binary=True) as cursor:
        rows = cursor.execute(query(SUBJECT, "rows"), {"version": version}).fetchall()
        if not rows:
            known = ", ".join(versions(connection)) or "none"
            raise DatasetUnknown(version=version, known=known)
        spaces = {row[7] for row in rows}
        if len(spaces) != 1 or None in spaces:
            found = " and ".join(sorted(str(space) for space in spaces))
            raise EmbeddingsOfAnotherSpace(version=version, found=found, expected="one encoder for all rows")
        cursor.execute(query(SUBJECT, "embeddings"), {"version": version})
        embeddings = _matrix(cursor, len(rows))
    codes = {technique.id: technique.code for technique in techniques(connection)}
    space = spaces.pop()
    layers = vectors.load(connection, vectors.layers_of(space), version)
    words = taxonomy_vectors.load(connection, space, version)
    return TrainingSet(version, _frame(rows, codes), embeddings, space, _digest(rows), layers, words)


def digest(connection: Connection, version: str) -> str:
    """``TrainingSet.digest`` of a version without its embeddings."""
    return _digest(connection.execute(query(SUBJECT, "rows"), {"version": version}).fetchall())


def _matrix(cursor: Any, rows: int) -> Matrix:
    matrix = np.empty((rows, DIMENSIONS), dtype=np.float32)
    for index, (vector,) in enumerate(cursor):
        matrix[index] = vector.to_numpy()
    return matrix


def _frame(rows: list[Any], codes: dict[str, str]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "id": [row[0] for row in rows],
            "prompt_text": [row[1] for row in rows],
            "primary": [row[2]["primary"] for row in rows],
            "secondary": [row[2].get("secondary", []) for row in rows],
            "complexity": [float("nan") if row[3] is None else float(row[3]) for row in rows],
            "techniques": [[codes[str(t)] for t in row[4] if str(t) in codes] for row in rows],
            "is_test": [row[5] for row in rows],
        }
    )


def _digest(rows: list[Any]) -> str:
    """sha256 over text digest, labels and split of every row: what a model can learn from."""
    hasher = hashlib.sha256()
    for row in rows:
        line = [row[6], row[2], row[3], sorted(str(t) for t in row[4]), row[5]]
        hasher.update(json.dumps(line, sort_keys=True).encode())
    return hasher.hexdigest()


def techniques(connection: Connection) -> list[Technique]:
    """The active techniques by code."""
    found = [Technique(*row) for row in connection.execute(query(SUBJECT, "techniques")).fetchall()]
    return [replace(technique, prerequisites=tuple(technique.prerequisites or ())) for technique in found]


def pattern_lengths(connection: Connection) -> dict[str, float]:
    """Mean characters of the active patterns of each technique that has any, by code."""
    return dict(connection.execute(query(SUBJECT, "pattern_lengths")).fetchall())


def intent_names(connection: Connection) -> dict[str, str]:
    return dict(connection.execute(query(SUBJECT, "intent_names")).fetchall())


def nearest_training_rows(connection: Connection, version: str, ids: Sequence[str]) -> dict[str, str]:
    """For each test prompt of ``ids`` the id of the closest training prompt (cosine, exact, by pgvector)."""
    connection.execute(query(SUBJECT, "make_room_for_neighbours"))
    connection.execute(query(SUBJECT, "stage_neighbours"), {"version": version})
    connection.execute(query(SUBJECT, "stage_asked"), {"version": version, "ids": list(ids)})
    return dict(connection.execute(query(SUBJECT, "nearest_training_row")).fetchall())


def optimal_techniques(connection: Connection, wanted: Sequence[tuple[str, int]]) -> dict[tuple[str, int], list[str]]:
    """The ranking of ``get_optimal_techniques`` for each distinct (intent path, complexity)."""
    distinct = sorted(set(wanted))
    values = {"intents": [intent for intent, _ in distinct], "complexities": [level for _, level in distinct]}
    rows = connection.execute(query(SUBJECT, "optimal_techniques"), values).fetchall()
    return {(intent, level): codes for intent, level, codes in rows}
