"""Templates, examples, profiles, experiments and shared prompts: what their tables refuse, and what stays."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb
from rows import (
    community_prompt,
    example,
    experiment,
    feedback,
    history,
    insert,
    interaction,
    pattern,
    profile,
    technique,
    template,
    training,
    user,
)

from workbench.db.connection import Connection

CheckViolation = psycopg.errors.CheckViolation
NOBODY = "00000000-0000-0000-0000-00000000dead"


def count(connection: Connection, table: str) -> int:
    return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


# values outside their scales and vocabularies


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("quality_score", 1.01),
        ("quality_score", "NaN"),
        ("community_rating", 0.9),
        ("success_rate", -0.1),
        ("usage_count", -1),
        ("difficulty_level", 6),
        ("estimated_tokens", -1),
        ("version", 0),
        ("variables", {"topic": "text"}),
        ("variables", Jsonb(["topic"])),
        ("variables", Jsonb([{"name": "topic"}, {"type": "text"}])),
        ("variables", Jsonb([{"name": 3}])),
    ],
)
def test_a_template_refuses(schema: Connection, column: str, value: object) -> None:
    with pytest.raises(CheckViolation):
        template(schema, **{column: value})


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("complexity_level", 0),
        ("response_quality_score", 1.5),
        ("user_satisfaction_score", 6),
        ("source", "hearsay"),
        ("intent_classification", Jsonb(["creative"])),
    ],
)
def test_an_example_refuses(schema: Connection, column: str, value: object) -> None:
    with pytest.raises(CheckViolation):
        example(schema, **{column: value})


@pytest.mark.parametrize(
    "values",
    [
        {"skill_level": "wizard"},
        {"average_prompt_complexity": 0.5},
        {"total_prompts_created": -1},
        {"successful_prompts": 2, "total_prompts_created": 1},
        {"techniques_tried": -1},
        {"learning_velocity": "NaN"},
    ],
)
def test_a_learning_profile_refuses(schema: Connection, values: dict[str, Any]) -> None:
    with pytest.raises(CheckViolation):
        profile(schema, user(schema), **values)


@pytest.mark.parametrize(
    "values",
    [
        {"winner": "Z"},
        {"status": "done"},
        {"user_percentage": 1.5},
        {"statistical_significance": -0.1},
        {"variant_a": Jsonb("cot")},
        {"variant_b_results": Jsonb([1])},
        {"started_at": "2026-02-01Z", "ended_at": "2026-01-01Z"},
    ],
)
def test_an_experiment_refuses(schema: Connection, values: dict[str, Any]) -> None:
    with pytest.raises(CheckViolation):
        experiment(schema, **values)


@pytest.mark.parametrize(
    "values", [{"moderation_status": "aproved"}, {"views": -1}, {"likes": -1}, {"saves": -1}, {"remix_count": -1}]
)
def test_a_shared_prompt_refuses(schema: Connection, values: dict[str, Any]) -> None:
    with pytest.raises(CheckViolation):
        community_prompt(schema, **values)


def test_an_interaction_refuses_a_negative_use(schema: Connection) -> None:
    with pytest.raises(CheckViolation):
        interaction(schema, user(schema), community_prompt(schema), times_used=-1)


@pytest.mark.parametrize("values", [{"template_vars": {"task": "text"}}, {"optimal_for": Jsonb(["sums"])}])
def test_a_pattern_refuses_json_of_another_shape(schema: Connection, values: dict[str, Any]) -> None:
    with pytest.raises(CheckViolation):
        pattern(schema, technique(schema), **values)


@pytest.mark.parametrize("rating", [0, 6, "5", None, {}])
def test_feedback_refuses_a_rating_of_a_technique_that_is_no_rating(schema: Connection, rating: object) -> None:
    with pytest.raises(CheckViolation):
        feedback(schema, history(schema), technique_ratings={NOBODY: rating})


def test_training_data_refuses_a_secondary_intent_that_is_no_path(schema: Connection) -> None:
    with pytest.raises(CheckViolation):
        training(schema, intent_labels={"primary": "creative", "secondary": ["analysis", 3]})


def test_two_names_that_differ_in_case_are_one_person(schema: Connection) -> None:
    user(schema, username="Ada")
    with pytest.raises(psycopg.errors.UniqueViolation):
        user(schema, "other@example.invalid", username="ada")


# what stays when something goes


def test_a_user_who_wrote_a_template_and_shared_a_prompt_can_be_deleted(schema: Connection) -> None:
    author = user(schema)
    template(schema, created_by=author)
    shared = community_prompt(schema, author)
    profile(schema, author)
    interaction(schema, author, shared)
    schema.execute("DELETE FROM users")
    left = schema.execute("SELECT created_by, author_id FROM prompt_templates, community_prompts").fetchall()
    assert left == [(None, None)]
    assert (count(schema, "user_learning_profiles"), count(schema, "community_interactions")) == (0, 0)


def test_an_example_outlives_its_template(schema: Connection) -> None:
    example(schema, template_id=template(schema))
    schema.execute("DELETE FROM prompt_templates")
    assert schema.execute("SELECT template_id FROM prompt_examples").fetchall() == [(None,)]


def test_every_row_maker_makes_a_row(schema: Connection) -> None:
    someone = user(schema)
    interaction(schema, someone, community_prompt(schema, someone))
    made = [template(schema), example(schema), experiment(schema), profile(schema, someone)]
    assert None not in [*made, insert(schema, "users", {"email": "b@example.invalid"})]
