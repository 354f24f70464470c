"""The catalogue of a migrated database is what the snapshot says, and a hand that changes it is seen."""

from __future__ import annotations

import os

import pytest

from workbench.db.catalogue import SNAPSHOT, compare, drift, expected, words
from workbench.db.connection import Connection
from workbench.resources import shipped

REWRITE = "WORKBENCH_TEST_REWRITE"


def test_a_migrated_database_is_what_the_snapshot_says(schema: Connection) -> None:
    if os.environ.get(REWRITE):
        shipped(*SNAPSHOT).write_text("\n".join(words(schema)) + "\n", encoding="utf-8")
    assert drift(schema) == [], "run `make schema` if this is what you meant, and read the diff of sql/catalogue.txt"


def changes(connection: Connection, statement: str) -> list[str]:
    before = words(connection)
    connection.execute(statement)
    return compare(words(connection), before).lines()


@pytest.mark.parametrize(
    ("statement", "seen"),
    [
        ("DROP INDEX idx_history_session", "- table prompt_history: index idx_history_session "),
        ("ALTER TABLE users ADD COLUMN shoe_size INTEGER", "+ table users: column shoe_size integer"),
        ("ALTER TABLE users ALTER COLUMN email DROP NOT NULL", "+ table users: column email character varying(255)"),
        ("ALTER TABLE users ALTER COLUMN is_active SET DEFAULT false", "+ table users: column is_active boolean not"),
        (
            "ALTER TABLE techniques DROP CONSTRAINT techniques_code_key",
            "- table techniques: constraint techniques_code",
        ),
        ("DROP TRIGGER fill_feedback_key ON enhancement_feedback", "- table enhancement_feedback: trigger fill_feedb"),
        ("ALTER TABLE enhancement_feedback DISABLE TRIGGER fill_feedback_key", " enabled D"),
        (
            "ALTER FUNCTION normalised_prompt(text) RESET search_path",
            "+ function normalised_prompt(prompt text): takes",
        ),
        ("ALTER FUNCTION normalised_prompt(text) SECURITY DEFINER", "security definer"),
        ("ALTER TABLE prompt_history DISABLE ROW LEVEL SECURITY", "+ table prompt_history: partitioned by RANGE"),
        (
            "CREATE POLICY everybody ON users USING (true)",
            "+ table users: policy everybody permissive for ALL to public",
        ),
        ("GRANT SELECT ON users TO PUBLIC", "+ table users: grant SELECT to PUBLIC"),
        ("GRANT SELECT (email) ON users TO PUBLIC", "+ table users: column email grant SELECT to PUBLIC"),
        ("COMMENT ON TABLE users IS 'People'", "+ table users: comment People"),
        ("CREATE TABLE notes (); CREATE INDEX i ON users (bio)", "+ table notes: is not of the workbench"),
        ("CREATE VIEW v AS SELECT 1 AS one", "+ view v: is not of the workbench"),
    ],
)
def test_a_change_by_hand_is_seen(schema: Connection, statement: str, seen: str) -> None:
    found = changes(schema, statement)
    assert any(seen in line for line in found), found


def test_a_function_replaced_by_hand_is_seen(schema: Connection) -> None:
    found = changes(
        schema,
        "CREATE OR REPLACE FUNCTION fill_feedback_key() RETURNS trigger LANGUAGE plpgsql "
        "SET search_path = public, pg_temp AS 'BEGIN RETURN NULL; END'",
    )
    assert [line.split(":")[0] for line in found] == [f"{sign} function fill_feedback_key()" for sign in "-+"]


def test_which_months_exist_is_no_difference(schema: Connection) -> None:
    assert changes(schema, "SELECT create_monthly_partition('2031-05-01')") == []


def test_a_month_that_is_unlike_the_others_is_seen(schema: Connection) -> None:
    schema.execute("SELECT create_monthly_partition('2031-05-01')")
    found = changes(schema, "ALTER TABLE prompt_history_2031_05 SET (fillfactor = 70)")
    assert any("prompt_history_MONTH" in line and "fillfactor" in line for line in found)


def test_a_vector_index_may_come_and_go(schema: Connection) -> None:
    statement = "CREATE INDEX at_will ON ml_training_data USING hnsw (prompt_embedding vector_cosine_ops)"
    assert changes(schema, statement) == []


def test_a_role_that_is_missing_is_not_missed() -> None:
    granted, policy = "table t: grant SELECT to reviewer", "table t: policy p permissive for ALL to a, reviewer using b"
    assert compare([], [granted, policy], roles={"a", "PUBLIC"}).missing == ()
    assert compare([], [granted, policy], roles={"a", "reviewer"}).missing == (granted, policy)


def test_what_versions_write_differently_is_no_difference() -> None:
    fifteen = "view v: definition SELECT (t.a)::text FROM t WHERE ((t.b > 1));"
    eighteen = "view v: definition SELECT a::text FROM t WHERE b > 1;"
    assert compare([fifteen], [eighteen]).lines() == []


def test_the_snapshot_is_sorted_and_names_no_month_and_no_owner() -> None:
    facts = expected()
    assert facts == sorted(set(facts))
    assert not any("workbench_owner" in fact or "prompt_history_20" in fact for fact in facts)
