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


def pattern(connection: Connection, technique_id: Any, name: str = "plain", **values: Any) -> Any:
    least = {"technique_id": technique_id, "pattern_name": name, "template": "{task}"}
    return insert(connection, "technique_patterns", {**least, **values})


def template(connection: Connection, name: str = "outline", **values: Any) -> Any:
    least = {
        "name": name,
        "category": "writing",
        "template_text": "Outline {topic}",
        "variables": Jsonb([{"name": "topic", "type": "text", "required": True}]),
        "technique_ids": [],
    }
    return insert(connection, "prompt_templates", {**least, **values})


def example(connection: Connection, **values: Any) -> Any:
    least = {
        "original_prompt": "hello",
        "enhanced_prompt": "hello there",
        "techniques_applied": [],
        "intent_classification": {"primary": "creative"},
    }
    return insert(connection, "prompt_examples", {**least, **values})


def profile(connection: Connection, user_id: Any, **values: Any) -> Any:
    return insert(connection, "user_learning_profiles", {"user_id": user_id, **values})


def community_prompt(connection: Connection, author_id: Any = None, **values: Any) -> Any:
    least = {
        "author_id": author_id,
        "title": "A greeting",
        "original_prompt": "hello",
        "enhanced_prompt": "hello there",
        "techniques_used": [],
        "category": "writing",
    }
    return insert(connection, "community_prompts", {**least, **values})


def interaction(connection: Connection, user_id: Any, prompt_id: Any, **values: Any) -> None:
    insert(connection, "community_interactions", {"user_id": user_id, "prompt_id": prompt_id, **values})


def experiment(connection: Connection, name: str = "cot or not", **values: Any) -> Any:
    least = {"name": name, "variant_a": {"technique": "cot"}, "variant_b": {}, "primary_metric": "user_rating"}
    return insert(connection, "ab_experiments", {**least, **values})


def decision(connection: Connection, **values: Any) -> Any:
    return insert(connection, "decision_log", {"prompt_key": "id:1", "chosen": [], **values})


def effectiveness_batch(connection: Connection, **values: Any) -> Any:
    least = {"outcomes": 9, "synthetic_outcomes": 0, "propensity_source": "recorded", "r_hat": 1.0}
    numbers = {"prompt_correlation": 0.0, "settings": {}, "log_sha256": "0" * 64}
    return insert(connection, "effectiveness_batches", {**least, **numbers, **values})


def effectiveness_estimate(batch_id: Any, **values: Any) -> dict[str, Any]:
    least = {"batch_id": batch_id, "intent_path": "creative", "technique_code": "cot", "score": 0.5, "low": 0.4}
    numbers = {"standard_error": 0.05, "high": 0.6, "confidence": 0.5, "sample_size": 9, "effective_n": 8, "overlap": 1}
    return {**least, **numbers, **values}


def outcome_import(connection: Connection, **values: Any) -> Any:
    least = {"file_name": "log.csv", "file_sha256": "0" * 64, "options": {}}
    numbers = {"rows_read": 2, "rows_written": 1, "rows_quarantined": 1}
    return insert(connection, "outcome_imports", {**least, **numbers, **values})
