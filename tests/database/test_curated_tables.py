"""Templates, examples, profiles, experiments and shared prompts: what their tables refuse, and ids in arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

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
    intent,
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
ForeignKeyViolation = psycopg.errors.ForeignKeyViolation
NOBODY = UUID("00000000-0000-0000-0000-00000000dead")


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
        feedback(schema, history(schema), technique_ratings={str(NOBODY): rating})


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


# ids in arrays


def trained(connection: Connection, ids: list[Any]) -> Any:
    return training(connection, optimal_techniques=ids)


def templated(connection: Connection, ids: list[Any]) -> Any:
    return template(connection, technique_ids=ids)


def shown(connection: Connection, ids: list[Any]) -> Any:
    return example(connection, techniques_applied=ids)


def shared(connection: Connection, ids: list[Any]) -> Any:
    return community_prompt(connection, techniques_used=ids)


def mastered(connection: Connection, ids: list[Any]) -> Any:
    return profile(connection, user(connection), techniques_mastered=ids)


def learning(connection: Connection, ids: list[Any]) -> Any:
    return profile(connection, user(connection), techniques_learning=ids)


WITH_TECHNIQUES = [
    pytest.param(trained, "ml_training_data", "optimal_techniques", id="training"),
    pytest.param(templated, "prompt_templates", "technique_ids", id="template"),
    pytest.param(shown, "prompt_examples", "techniques_applied", id="example"),
    pytest.param(shared, "community_prompts", "techniques_used", id="community"),
    pytest.param(mastered, "user_learning_profiles", "techniques_mastered", id="mastered"),
    pytest.param(learning, "user_learning_profiles", "techniques_learning", id="learning"),
]
Write = Callable[[Connection, list[Any]], Any]


@pytest.mark.parametrize(("write", "table", "column"), WITH_TECHNIQUES)
def test_an_unknown_technique_is_refused_by_name(schema: Connection, write: Write, table: str, column: str) -> None:
    known = technique(schema)
    with pytest.raises(ForeignKeyViolation, match=rf"{table}\.{column} names {NOBODY}"), schema.transaction():
        write(schema, [known, NOBODY])
    with pytest.raises(ForeignKeyViolation, match="names NULL"), schema.transaction():
        write(schema, [None])
    assert write(schema, [known])


@pytest.mark.parametrize(("write", "table", "column"), WITH_TECHNIQUES)
def test_an_unknown_technique_is_refused_in_an_update(
    schema: Connection, write: Write, table: str, column: str
) -> None:
    write(schema, [technique(schema)])
    with pytest.raises(ForeignKeyViolation, match=f"names {NOBODY}"):
        schema.execute(f"UPDATE {table} SET {column} = {column} || %s::uuid", [NOBODY])


@pytest.mark.parametrize(("write", "table", "column"), WITH_TECHNIQUES)
def test_a_row_that_names_a_deleted_technique_may_still_change(
    schema: Connection, write: Write, table: str, column: str
) -> None:
    write(schema, [technique(schema)])
    schema.execute("DELETE FROM techniques")
    schema.execute(f"UPDATE {table} SET {column} = {column} || %s::uuid", [technique(schema, "pal")])
    assert schema.execute(f"SELECT cardinality({column}) FROM {table}").fetchone() == (2,)


def test_an_unknown_intent_of_a_template_is_refused(schema: Connection) -> None:
    assert template(schema, intent_ids=[intent(schema)])
    with pytest.raises(ForeignKeyViolation, match=r"intent_ids .*not in intent_taxonomy"):
        template(schema, intent_ids=[technique(schema)])


def test_a_copy_of_many_rows_is_refused_for_one_unknown_technique(schema: Connection) -> None:
    known = technique(schema)
    written = [("a", "b", "c", "d", [NOBODY if number == 77 else known]) for number in range(100)]
    with pytest.raises(ForeignKeyViolation):
        copy_in(schema, written)


def copy_in(connection: Connection, rows: list[tuple[Any, ...]]) -> None:
    statement = "COPY community_prompts (title, original_prompt, enhanced_prompt, category, techniques_used) FROM STDIN"
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)


def test_an_insert_that_meets_an_existing_row_is_checked_too(schema: Connection) -> None:
    profile(schema, user(schema))
    with pytest.raises(ForeignKeyViolation):
        schema.execute(
            "INSERT INTO user_learning_profiles (user_id) SELECT id FROM users"
            " ON CONFLICT (user_id) DO UPDATE SET techniques_mastered = ARRAY[%s::uuid]",
            [NOBODY],
        )


def test_whoever_may_write_a_row_need_not_be_allowed_to_read_techniques(schema: Connection) -> None:
    known = technique(schema)
    schema.execute("CREATE ROLE writes_examples BYPASSRLS; GRANT USAGE ON SCHEMA public TO writes_examples")
    schema.execute("GRANT INSERT ON prompt_examples TO writes_examples; SET ROLE writes_examples")
    columns = "original_prompt, enhanced_prompt, techniques_applied, intent_classification"
    schema.execute(f"INSERT INTO prompt_examples ({columns}) VALUES ('a', 'b', ARRAY[%s::uuid], '{{}}')", [known])


def test_every_row_maker_makes_a_row(schema: Connection) -> None:
    someone = user(schema)
    interaction(schema, someone, community_prompt(schema, someone))
    made = [template(schema), example(schema), experiment(schema), profile(schema, someone)]
    assert None not in [*made, insert(schema, "users", {"email": "b@example.invalid"})]
