"""The baseline of the nearest training prompt: exact, and no vector is fetched anew for every distance."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import rows
from pgvector import Vector

from workbench.db.connection import Connection
from workbench.sql import query
from workbench.store.training import nearest_training_rows

TRAIN, TEST = 60, 20
# Beside such a text a vector is the longest value of a row too long, and lies out of line; digits drawn by lot, since
# repeated words would be compressed.
DIGITS = "".join(map(str, np.random.default_rng(5).integers(0, 10, 1000)))


@pytest.fixture
def vectors() -> np.ndarray:
    drawn = np.random.default_rng(7).normal(size=(TRAIN + TEST, 384)).astype(np.float32)
    return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)


@pytest.fixture
def ids(schema: Connection, vectors: np.ndarray) -> list[str]:
    """Of the training prompts, and after them of the test prompts."""
    made = [
        rows.training(
            schema,
            f"{number} {DIGITS}",
            prompt_embedding=Vector(vector),
            embedding_space="made up@0",
            is_test_set=number >= TRAIN,
        )
        for number, vector in enumerate(vectors)
    ]
    return [str(one) for one in made]


def test_it_is_the_closest_of_all(schema: Connection, ids: list[str], vectors: np.ndarray) -> None:
    closest = (vectors[TRAIN:] @ vectors[:TRAIN].T).argmax(axis=1)
    found = nearest_training_rows(schema, "v1", ids[TRAIN:])
    assert found == {asked: ids[place] for asked, place in zip(ids[TRAIN:], closest, strict=True)}


def test_only_those_asked_for_are_answered_and_none_from_another_version(schema: Connection, ids: list[str]) -> None:
    assert nearest_training_rows(schema, "v1", ids[-2:]).keys() == set(ids[-2:])
    schema.execute("DROP TABLE staged_neighbours, staged_asked")
    assert nearest_training_rows(schema, "v2", ids[TRAIN:]) == {}


def test_no_vector_is_fetched_for_a_distance(schema: Connection, ids: list[str]) -> None:
    elsewhere = "SELECT pg_relation_size(reltoastrelid) FROM pg_class WHERE relname = 'ml_training_data'"
    assert schema.execute(elsewhere).fetchone()[0] > len(ids) * 384 * 4, "the vectors have to lie out of line"
    nearest_training_rows(schema, "v1", ids[TRAIN:])
    assert shared_blocks(schema) < TEST


def shared_blocks(connection: Connection) -> int:
    """Blocks that the search reads from tables that are shared: those of the vectors, if they are fetched there."""
    explain = b"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + query("training", "nearest_training_row").encode()
    plan: dict[str, Any] = connection.execute(explain).fetchone()[0][0]["Plan"]
    return int(plan["Shared Hit Blocks"]) + int(plan["Shared Read Blocks"])
