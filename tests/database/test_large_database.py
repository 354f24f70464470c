"""The generator that the benchmarks and the tests of plans stand on."""

from __future__ import annotations

from typing import Any

import numpy as np
from plans import fill, large_database

from workbench.db.connection import Connection, connect

TINY = {
    **{"history": 200, "training": 60, "techniques": 12, "intents": 11, "users": 20},
    **{"templates": 15, "community": 25, "months": 3},
}


def count(connection: Connection, table: str) -> int:
    return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def test_it_gives_as_many_rows_as_asked(database: str, connection: Connection) -> None:
    fill(database, **TINY)
    tables = {
        **{"prompt_history": 200, "ml_training_data": 60, "techniques": 12, "intent_taxonomy": 11, "users": 20},
        **{"prompt_templates": 15, "community_prompts": 25, "prompt_history_default": 0},
    }
    assert {table: count(connection, table) for table in tables} == tables
    months = connection.execute("SELECT DISTINCT to_char(created_at, 'YYYY-MM') FROM prompt_history ORDER BY 1")
    assert [month for (month,) in months] == ["2024-04", "2024-05", "2024-06"]


def digests(url: str, seed: int) -> Any:
    """Of the history and of the vectors."""
    fill(url, **TINY, seed=seed)
    statement = """
        SELECT md5(string_agg(enhanced_prompt || created_at || techniques_applied::text, '' ORDER BY created_at)),
               (SELECT md5(string_agg(prompt_embedding::text, '' ORDER BY prompt_text)) FROM ml_training_data)
        FROM prompt_history
    """
    with connect(url, autocommit=True) as connection:
        found = connection.execute(statement).fetchone()
        connection.execute("ALTER TABLE model_deployment_events DISABLE TRIGGER keep_deployment_events")
        connection.execute(
            "TRUNCATE users, techniques, intent_taxonomy, ml_training_data, ml_model_performance CASCADE;"
            "TRUNCATE prompt_history, prompt_templates, prompt_examples, community_prompts CASCADE"
        )
    return found


def test_the_same_seed_gives_the_same_rows_and_another_one_others(database: str) -> None:
    first, again, other = (digests(database, seed) for seed in (1, 1, 2))
    assert first == again
    assert first[0] != other[0]
    assert first[1] != other[1]


def test_vectors_are_unit_vectors_near_their_intent(database: str) -> None:
    fill(database, **TINY)
    with connect(database) as connection, connection.cursor(binary=True) as cursor:
        rows = cursor.execute("SELECT prompt_embedding, intent_labels ->> 'primary' FROM ml_training_data").fetchall()
        paths = [path for (path,) in connection.execute("SELECT path FROM intent_taxonomy ORDER BY path")]
    vectors = np.stack([vector.to_numpy() for vector, _ in rows])
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    nearest = (vectors @ large_database.centres(len(paths), 7).T).argmax(axis=1)
    assert [paths[index] for index in nearest] == [path for _, path in rows]
