"""The lints find nothing in the schema, and each finds what it is for in a catalogue that has it."""

from __future__ import annotations

from uuid import uuid4

import pytest
from plans import indexes_used

from workbench.db.connection import Connection
from workbench.db.lints import look, look_at_access, look_at_speed
from workbench.jobs import doctor_access
from workbench.sql import subjects

BODY = "LANGUAGE sql AS 'SELECT 1'"
PATH = "SET search_path = pg_catalog"
CLOSED = "CREATE TABLE closed (id INT PRIMARY KEY); ALTER TABLE closed ENABLE ROW LEVEL SECURITY;"
# what offends, what is found, and what is like it and does not offend
OFFENCES = {
    "policy_without_rls": (
        "CREATE TABLE open (id INT); CREATE POLICY unread ON open USING (true)",
        "open.unread",
        "ALTER TABLE open ENABLE ROW LEVEL SECURITY",
    ),
    "rls_without_policy": (
        CLOSED,
        "closed",
        "COMMENT ON TABLE closed IS 'Written by the service: nobody but the owner sees it.'",
    ),
    "rls_off": (
        "CREATE TABLE personal (user_id UUID)",
        "personal",
        "ALTER TABLE personal ENABLE ROW LEVEL SECURITY",
    ),
    "definer_view": (
        "CREATE VIEW everything AS SELECT * FROM users",
        "everything",
        "ALTER VIEW everything SET (security_invoker = on)",
    ),
    "function_without_search_path": (
        f"CREATE FUNCTION lost() RETURNS INT {BODY}",
        "lost()",
        f"ALTER FUNCTION lost() {PATH}",
    ),
    "foreign_key_without_index": (
        "CREATE TABLE pointing (a INT, technique_id UUID REFERENCES techniques (id))",
        "pointing.pointing_technique_id_fkey",
        "CREATE INDEX ON pointing (technique_id, a)",
    ),
    "duplicate_index": (
        "CREATE TABLE twice (a INT, b INT); CREATE INDEX once ON twice (a, b); CREATE INDEX again ON twice (a, b)",
        "again",
        "DROP INDEX again; CREATE INDEX again ON twice (a, b) WHERE a > 0",
    ),
    "unwrapped_setting": (
        "CREATE POLICY slow ON users TO reviewer USING (id::text = current_setting('app.current_user_id', true))",
        "users.slow",
        "DROP POLICY slow ON users; CREATE POLICY quick ON users TO reviewer "
        "USING (id::text = (SELECT current_setting('app.current_user_id', true)))",
    ),
    "grant_to_public": (
        "GRANT SELECT ON techniques TO PUBLIC",
        "techniques",
        "REVOKE SELECT ON techniques FROM PUBLIC; GRANT SELECT ON techniques TO reviewer",
    ),
}
MORE = {
    "rls_off": "CREATE TABLE more PARTITION OF prompt_history FOR VALUES FROM ('2040-01-01Z') TO ('2040-02-01Z')",
    "function_without_search_path": f"CREATE PROCEDURE more() {BODY}",
    "duplicate_index": "CREATE INDEX more ON prompt_history_archive (user_id)",
    "unwrapped_setting": (
        "CREATE POLICY more ON users FOR UPDATE TO reviewer USING (true) WITH CHECK (id = current_app_user())"
    ),
    "grant_to_public": "CREATE SCHEMA IF NOT EXISTS more; GRANT UPDATE (name) ON techniques TO PUBLIC",
}


def test_the_schema_has_no_flaw(schema: Connection) -> None:
    assert look_at_access(schema) + look_at_speed(schema) == []


def test_every_lint_is_looked_at_and_proven() -> None:
    assert set(OFFENCES) == set(subjects()["lints"])


@pytest.mark.parametrize("lint", OFFENCES)
def test_a_lint_finds_its_offence_by_name(schema: Connection, lint: str) -> None:
    offence, thing, mended = OFFENCES[lint]
    schema.execute(offence)
    assert [flaw.thing for flaw in look(schema, lint)] == [thing]
    assert lint in {flaw.lint for flaw in look_at_access(schema) + look_at_speed(schema)}
    schema.execute(mended)
    assert look(schema, lint) == []


@pytest.mark.parametrize("lint", MORE)
def test_a_lint_finds_the_less_plain_offence(schema: Connection, lint: str) -> None:
    schema.execute(MORE[lint])
    assert len(look(schema, lint)) == 1


@pytest.mark.parametrize("granted", ["USAGE ON SCHEMA public", "EXECUTE ON FUNCTION get_optimal_techniques"])
def test_what_everybody_may_do_is_found(schema: Connection, granted: str) -> None:
    schema.execute(f"GRANT {granted} TO PUBLIC")
    assert len(look(schema, "grant_to_public")) == 1


def test_a_new_function_is_nobodys_to_call(schema: Connection) -> None:
    schema.execute(f"CREATE FUNCTION fresh() RETURNS INT {PATH} {BODY}")
    assert look(schema, "grant_to_public") == []


def test_a_partial_index_serves_no_foreign_key(schema: Connection) -> None:
    schema.execute("CREATE TABLE pointing (technique_id UUID REFERENCES techniques (id))")
    schema.execute("CREATE INDEX ON pointing (technique_id) WHERE technique_id IS NULL")
    assert len(look(schema, "foreign_key_without_index")) == 1


def test_a_partial_index_over_all_that_points_somewhere_serves_a_foreign_key(schema: Connection) -> None:
    schema.execute("CREATE TABLE pointing (technique_id UUID REFERENCES techniques (id))")
    schema.execute("CREATE INDEX points ON pointing (technique_id) WHERE technique_id IS NOT NULL")
    assert look(schema, "foreign_key_without_index") == []
    # What deleting a technique looks for.
    schema.execute("SET LOCAL enable_seqscan = off")
    assert indexes_used(schema, "SELECT FROM pointing WHERE technique_id = %(id)s", {"id": uuid4()}) == {"points"}


def test_an_index_that_keeps_a_rule_is_no_duplicate_of_a_longer_one(schema: Connection) -> None:
    schema.execute("CREATE TABLE kept (a INT, b INT); CREATE UNIQUE INDEX ON kept (a); CREATE INDEX ON kept (a, b)")
    assert look(schema, "duplicate_index") == []


def test_the_doctor_tells_of_what_people_could_see(schema: Connection) -> None:
    assert doctor_access.rights(schema).state == "ok"
    schema.execute("ALTER TABLE users DISABLE ROW LEVEL SECURITY")
    found = doctor_access.rights(schema)
    assert found.state == "problem"
    assert "users" in found.found


def test_the_doctor_notes_what_costs(schema: Connection) -> None:
    assert doctor_access.costs(schema).state == "ok"
    schema.execute("CREATE TABLE pointing (technique_id UUID REFERENCES techniques (id))")
    assert doctor_access.costs(schema).state == "note"
