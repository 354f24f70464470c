"""Who changed what in the curated tables, and when."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from rows import (
    community_prompt,
    effectiveness,
    example,
    experiment,
    history,
    intent,
    model,
    pattern,
    technique,
    template,
    training,
    user,
)

from workbench.db.connection import Connection

Make = Callable[[Connection], Any]
AUDITED: dict[str, Make] = {
    "techniques": technique,
    "technique_patterns": lambda c: pattern(c, technique(c)),
    "intent_taxonomy": intent,
    "intent_technique_effectiveness": lambda c: effectiveness(c, intent(c), technique(c), 0.5),
    "prompt_templates": template,
    "prompt_examples": example,
    "ml_model_performance": model,
    "ab_experiments": experiment,
}
CHANGES = {
    "techniques": "description = 'other'",
    "technique_patterns": "template = 'other'",
    "intent_taxonomy": "name = 'other'",
    "intent_technique_effectiveness": "effectiveness_score = 0.6",
    "prompt_templates": "template_text = 'other'",
    "prompt_examples": "enhanced_prompt = 'other'",
    "ml_model_performance": "is_active = true",
    "ab_experiments": "status = 'running'",
    "community_prompts": "moderation_status = 'approved'",
}


def logged(connection: Connection, table: str, columns: str = "action") -> list[tuple[Any, ...]]:
    return connection.execute(f"SELECT {columns} FROM audit_log WHERE table_name = %s ORDER BY id", [table]).fetchall()


@pytest.mark.parametrize("table", AUDITED)
def test_what_happens_to_a_curated_row_is_logged(schema: Connection, table: str) -> None:
    AUDITED[table](schema)
    schema.execute(f"UPDATE {table} SET {CHANGES[table]}")
    schema.execute(f"DELETE FROM {table}")
    assert logged(schema, table) == [("INSERT",), ("UPDATE",), ("DELETE",)]
    assert len(set(logged(schema, table, "row_key::text"))) == 1


def test_an_update_is_logged_by_what_changed(schema: Connection) -> None:
    technique(schema, name="Old")
    schema.execute("UPDATE techniques SET name = 'New', when_to_use = ARRAY['always']")
    assert logged(schema, "techniques", "changes, row_data")[1] == (
        {
            "name": {"old": "Old", "new": "New"},
            "when_to_use": {"old": None, "new": ["always"]},
            "version": {"old": 1, "new": 2},
        },
        None,
    )


def test_an_insert_and_a_delete_are_logged_with_the_whole_row(schema: Connection) -> None:
    technique_id = technique(schema, description="Think first")
    schema.execute("DELETE FROM techniques")
    for key, row in logged(schema, "techniques", "row_key, row_data"):
        assert key == {"id": str(technique_id)}
        assert (row["description"], row["complexity_level"], "search_vector" in row) == ("Think first", 3, False)


def test_a_row_with_a_key_of_two_columns_is_named_by_both(schema: Connection) -> None:
    ids = {"intent_id": intent(schema), "technique_id": technique(schema)}
    effectiveness(schema, *ids.values(), 0.5)
    ((key,),) = logged(schema, "intent_technique_effectiveness", "row_key")
    assert key == {name: str(value) for name, value in ids.items()}


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("techniques", "name = name, updated_at = NOW(), version = 7"),
        ("technique_patterns", "usage_count = 5, success_rate = 0.5, avg_user_rating = 4.5"),
        ("prompt_templates", "usage_count = 5, success_rate = 0.5, community_rating = 4.5"),
        ("intent_taxonomy", "usage_frequency = 5"),
        ("intent_technique_effectiveness", "last_calculated = NOW() + INTERVAL '1 day'"),
    ],
)
def test_counters_and_updates_that_change_nothing_leave_no_trace(schema: Connection, table: str, change: str) -> None:
    AUDITED[table](schema)
    schema.execute(f"UPDATE {table} SET {change}")
    assert logged(schema, table) == [("INSERT",)]


def test_a_cascade_is_logged_as_what_it_is(schema: Connection) -> None:
    AUDITED["technique_patterns"](schema)
    schema.execute("DELETE FROM techniques")
    assert logged(schema, "technique_patterns") == [("INSERT",), ("DELETE",)]


def test_emptying_a_table_is_logged(schema: Connection) -> None:
    technique(schema)
    schema.execute("TRUNCATE techniques CASCADE")
    assert logged(schema, "techniques", "action, row_key")[-1] == ("TRUNCATE", None)
    assert logged(schema, "technique_patterns") == [("TRUNCATE",)]


def test_the_branch_of_a_renamed_intent_is_logged(schema: Connection) -> None:
    intent(schema, "creative")
    intent(schema, "creative.verse")
    schema.execute("UPDATE intent_taxonomy SET path = 'art' WHERE path = 'creative'")
    changed = [changes["path"] for (changes,) in logged(schema, "intent_taxonomy", "changes") if changes]
    assert {"old": "creative.verse", "new": "art.verse"} in changed


# who and when


def test_the_log_says_who_and_when(schema: Connection) -> None:
    schema.execute("SELECT set_config('app.current_user_id', 'u1', true), set_config('application_name', 'app', true)")
    technique(schema)
    found = schema.execute(
        "SELECT login_role = session_user, acting_role = session_user, app_user_id, application_name,"
        " transaction_id = pg_current_xact_id(), at BETWEEN NOW() AND clock_timestamp() FROM audit_log"
    ).fetchone()
    assert found == (True, True, "u1", "app", True, True)


def test_an_empty_user_is_no_user(schema: Connection) -> None:
    schema.execute("SELECT set_config('app.current_user_id', '', true)")
    technique(schema)
    assert logged(schema, "techniques", "app_user_id") == [(None,)]


def test_a_role_that_was_taken_on_is_named_and_needs_no_right_on_the_log(schema: Connection) -> None:
    schema.execute("CREATE ROLE curates BYPASSRLS; GRANT USAGE ON SCHEMA public TO curates")
    schema.execute("GRANT INSERT, SELECT ON techniques TO curates; SET ROLE curates")
    technique(schema)
    schema.execute("RESET ROLE")
    assert logged(schema, "techniques", "login_role = session_user, acting_role") == [(True, "curates")]


# what people wrote


def test_of_a_shared_prompt_only_moderation_is_logged(schema: Connection) -> None:
    community_prompt(schema, user(schema))
    schema.execute("UPDATE community_prompts SET title = 'Mine', description = 'Secret', likes = 3, is_public = false")
    assert logged(schema, "community_prompts") == []
    schema.execute("UPDATE community_prompts SET title = 'Still mine', moderation_status = 'flagged'")
    schema.execute("DELETE FROM community_prompts")
    assert logged(schema, "community_prompts", "changes, row_data") == [
        ({"moderation_status": {"old": "pending", "new": "flagged"}}, None),
        (None, {"moderation_status": "flagged", "is_featured": False, "is_verified": False}),
    ]


def test_a_shared_prompt_that_arrives_decided_is_logged(schema: Connection) -> None:
    community_prompt(schema, moderation_status="approved", is_featured=True)
    ((row,),) = logged(schema, "community_prompts", "row_data")
    assert row == {"moderation_status": "approved", "is_featured": True, "is_verified": False}


def test_the_text_of_a_private_template_stays_out(schema: Connection) -> None:
    template(schema, name="Diary", template_text="Dear diary", is_public=False)
    schema.execute("UPDATE prompt_templates SET template_text = 'Dear {day}', category = 'letters'")
    schema.execute("UPDATE prompt_templates SET is_public = true, name = 'Dear'")
    schema.execute("DELETE FROM prompt_templates")
    found = logged(schema, "prompt_templates", "row_data, changes")
    assert "diary" not in str(found).lower()
    assert found[1][1]["template_text"] == {"withheld": True}
    assert found[1][1]["category"] == {"old": "writing", "new": "letters"}
    assert found[3][0]["template_text"] == "Dear {day}"


@pytest.mark.parametrize(
    ("source", "told"), [("curated", True), ("synthetic", True), ("user_generated", False), (None, False)]
)
def test_the_text_of_an_example_is_told_when_it_is_ours(schema: Connection, source: str | None, told: bool) -> None:
    example(schema, source=source, original_prompt="my words")
    schema.execute("UPDATE prompt_examples SET original_prompt = 'my other words'")
    schema.execute("DELETE FROM prompt_examples")
    assert ("my words" in str(logged(schema, "prompt_examples", "row_data, changes"))) is told
    assert len(logged(schema, "prompt_examples")) == 3


@pytest.mark.parametrize("write", [user, history, training])
def test_people_s_own_rows_are_not_logged(schema: Connection, write: Make) -> None:
    write(schema)
    assert schema.execute("SELECT count(*) FROM audit_log").fetchone() == (0,)


# the log itself


@pytest.mark.parametrize(
    "statement", ["UPDATE audit_log SET action = 'DELETE'", "DELETE FROM audit_log", "TRUNCATE audit_log"]
)
def test_the_log_only_grows_even_for_its_owner(schema: Connection, statement: str) -> None:
    technique(schema)
    with pytest.raises(psycopg.errors.RestrictViolation, match="audit_log only grows"):
        schema.execute(statement)


@pytest.mark.parametrize("name", ["idx_audit_row", "idx_audit_at"])
def test_the_log_answers_by_index(schema: Connection, name: str) -> None:
    schema.execute(
        "INSERT INTO techniques (code, name, category, description, complexity_level)"
        " SELECT n, n, 'c', 'd', 3 FROM generate_series(1, 2000) AS n; ANALYZE audit_log"
    )
    asked = {
        "idx_audit_row": "table_name = 'techniques' AND row_key = '{\"id\": \"x\"}' ORDER BY id",
        "idx_audit_at": "at > NOW() + INTERVAL '1 hour'",
    }
    plan = schema.execute(f"EXPLAIN SELECT * FROM audit_log WHERE {asked[name]}").fetchall()
    assert name in str(plan)
