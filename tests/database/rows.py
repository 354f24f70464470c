"""The smallest rows that the schema takes, for tests that care about one column."""

from __future__ import annotations

from typing import Any

from psycopg import sql
from psycopg.types.json import Jsonb

from workbench.db.connection import Connection


def insert(connection: Connection, table: str, values: dict[str, Any]) -> Any:
    """Insert a row and return its first column."""
    adapted = {name: Jsonb(value) if isinstance(value, dict) else value for name, value in values.items()}
    statement = sql.SQL("INSERT INTO {} ({}) VALUES ({}) RETURNING *").format(
        sql.Identifier(table),
        sql.SQL(", ").join(map(sql.Identifier, adapted)),
        sql.SQL(", ").join(map(sql.Placeholder, adapted)),
    )
    return connection.execute(statement, adapted).fetchone()[0]


def user(connection: Connection, email: str = "ada@example.invalid", **values: Any) -> Any:
    return insert(connection, "users", {"email": email, **values})


def technique(connection: Connection, code: str = "cot", **values: Any) -> Any:
    least = {"code": code, "name": code, "category": "reasoning", "description": code, "complexity_level": 3}
    return insert(connection, "techniques", {**least, **values})


def intent(connection: Connection, path: str = "creative", **values: Any) -> Any:
    parent, _, _ = path.rpartition(".")
    row = connection.execute("SELECT id FROM intent_taxonomy WHERE path = %s", [parent]).fetchone()
    least = {"code": path, "name": path, "path": path, "level": path.count(".") + 1, "parent_id": row and row[0]}
    return insert(connection, "intent_taxonomy", {**least, **values})


def effectiveness(connection: Connection, intent_id: Any, technique_id: Any, score: float, **values: Any) -> None:
    row = {"intent_id": intent_id, "technique_id": technique_id, "effectiveness_score": score, **values}
    insert(connection, "intent_technique_effectiveness", row)


def history(connection: Connection, **values: Any) -> Any:
    least = {
        "session_id": "00000000-0000-0000-0000-000000000001",
        "original_prompt": "hello",
        "original_length": 5,
        "enhanced_prompt": "hello there",
        "enhanced_length": 11,
        "techniques_applied": [],
    }
    return insert(connection, "prompt_history", {**least, **values})


def feedback(connection: Connection, history_id: Any, **values: Any) -> Any:
    return insert(connection, "enhancement_feedback", {"prompt_history_id": history_id, "overall_rating": 4, **values})


def training(connection: Connection, prompt: str = "Write a poem", **values: Any) -> Any:
    least = {
        "prompt_text": prompt,
        "linguistic_features": {},
        "intent_labels": {"primary": "creative"},
        "dataset_version": "v1",
    }
    return insert(connection, "ml_training_data", {**least, **values})


def model(connection: Connection, version: str = "1", **values: Any) -> Any:
    least = {"model_name": "intent", "model_version": version, "model_type": "intent_classifier"}
    return insert(connection, "ml_model_performance", {**least, **values})
