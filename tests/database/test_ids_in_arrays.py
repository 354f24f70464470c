"""Ids in arrays, which no foreign key can watch: unknown ones are refused, those of deleted rows are left in peace."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import psycopg
import pytest
from rows import community_prompt, example, intent, profile, technique, template, training, user

from workbench.db.connection import Connection

ForeignKeyViolation = psycopg.errors.ForeignKeyViolation
NOBODY = UUID("00000000-0000-0000-0000-00000000dead")


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
