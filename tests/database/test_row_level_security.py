"""What a person, a data scientist and a curious client see of others' rows, by every way around a policy."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from access_world import NEW_ROWS, World, make_world
from acting import acting_as, plan, value
from psycopg.types.json import Jsonb
from rows import community_prompt, history, interaction, technique, user

from workbench.db.connection import Connection, connect

Refused = psycopg.errors.InsufficientPrivilege


@pytest.fixture
def world(schema: Connection) -> World:
    return make_world(schema)


# the setting


def test_a_user_id_that_is_none_is_an_error(schema: Connection, world: World) -> None:
    with acting_as(schema, "ada"), pytest.raises(psycopg.errors.InvalidTextRepresentation):
        schema.execute("SELECT count(*) FROM prompt_history")


def test_a_pooled_connection_forgets_whose_request_it_served(database: str) -> None:
    with connect(database, autocommit=True) as connection:
        person = user(connection)
        history(connection, user_id=person)
        connection.execute("SET ROLE application_user")
        assert value(connection, "SELECT count(*) FROM prompt_history") == 0
        with connection.transaction():
            connection.execute("SELECT set_config('app.current_user_id', %s, true)", [str(person)])
            assert value(connection, "SELECT count(*) FROM prompt_history") == 1
        assert value(connection, "SHOW app.current_user_id") == ""
        assert value(connection, "SELECT count(*) FROM prompt_history") == 0


def test_a_prepared_plan_serves_the_user_who_is_set_when_it_runs(schema: Connection, world: World) -> None:
    schema.execute("PREPARE mine AS SELECT count(*) FROM prompt_history")
    schema.execute("SET LOCAL plan_cache_mode = force_generic_plan")
    came = []
    for person in (world.me, world.others[0], world.others[1], ""):
        with acting_as(schema, person):
            came.append(value(schema, "EXECUTE mine"))
    assert came == [3, 6, 0, 0]


def test_the_user_is_asked_for_once_a_statement_and_not_once_a_row(schema: Connection, world: World) -> None:
    with acting_as(schema, world.me):
        for table in ("prompt_history", "enhancement_feedback", "users", "community_prompts", "community_interactions"):
            seen = plan(schema, f"SELECT * FROM {table}")
            assert "InitPlan" in seen
            assert "current_app_user" not in seen.replace("InitPlan", "")


# ways around


def test_a_partition_named_directly_shows_nothing_even_with_a_grant(schema: Connection, world: World) -> None:
    partition = value(schema, "SELECT tableoid::regclass::text FROM prompt_history LIMIT 1")
    schema.execute(f"GRANT ALL ON {partition} TO application_user")
    with acting_as(schema, world.me):
        assert value(schema, f"SELECT count(*) FROM {partition}") == 0
        assert schema.execute(f"DELETE FROM {partition}").rowcount == 0
        with pytest.raises(Refused, match="row-level security"):
            insert_as(schema, partition, NEW_ROWS["prompt_history"](world, "own"))


def insert_as(connection: Connection, table: str, row: dict[str, Any]) -> None:
    marks = ", ".join(f"%({name})s" for name in row)
    connection.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", row)


def test_a_new_month_is_closed_from_its_first_moment(schema: Connection) -> None:
    schema.execute("SELECT create_monthly_partition('2031-05-01')")
    state = "SELECT relrowsecurity FROM pg_class WHERE oid = 'prompt_history_2031_05'::regclass"
    assert value(schema, state) is True


LEAKY = """
    CREATE FUNCTION pg_temp.tell(told TEXT) RETURNS BOOLEAN LANGUAGE plpgsql COST 0.0000001
    AS $$ BEGIN RAISE NOTICE '%', told; RETURN true; END $$
"""


@pytest.mark.parametrize(
    ("relation", "column"),
    [
        ("prompt_history", "feedback_text"),
        ("enhancement_feedback", "suggestions"),
        ("users", "full_name"),
        ("user_learning_profiles", "preferred_explanation_style"),
        ("community_interactions", "private_notes"),
        ("prompt_templates", "name"),
        ("v_my_technique_affinity", "usage_count::text"),
    ],
)
def test_a_function_that_tells_is_not_shown_others_rows(
    schema: Connection, world: World, relation: str, column: str
) -> None:
    told: list[str] = []
    with acting_as(schema, world.me):
        schema.execute(LEAKY)
        schema.add_notice_handler(lambda notice: told.append(str(notice.message_primary)))
        schema.execute(f"SELECT count(*) FROM {relation} WHERE pg_temp.tell({column})")
    assert set(told) <= {"own", "open", "3"}
    assert told


def test_a_materialised_view_is_closed_and_its_view_shows_ones_own(schema: Connection, world: World) -> None:
    assert value(schema, "SELECT count(*) FROM mv_user_technique_affinity") == 2
    with acting_as(schema, world.me):
        assert schema.execute("SELECT technique_id, usage_count FROM v_my_technique_affinity").fetchall() == [
            (world.technique, 3)
        ]
        with pytest.raises(Refused):
            schema.execute("SELECT * FROM mv_user_technique_affinity")


def test_another_users_favourites_give_no_bonus(schema: Connection, world: World) -> None:
    favourite = Jsonb({"favorite_techniques": ["cot"]})
    schema.execute("UPDATE users SET preferences = %s", [favourite])
    statement = "SELECT personalization_score FROM get_optimal_techniques('creative', 3, %s)"
    with acting_as(schema, world.me):
        assert float(value(schema, statement, world.me)) == 0.15
        assert float(value(schema, statement, world.others[0])) == 0


# forged rows


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("users", "id"),
        ("user_learning_profiles", "user_id"),
        ("prompt_history", "user_id"),
        ("enhancement_feedback", "user_id"),
        ("community_prompts", "author_id"),
        ("community_interactions", "user_id"),
    ],
)
def test_an_own_row_cannot_be_given_to_another(schema: Connection, world: World, table: str, column: str) -> None:
    schema.execute("DELETE FROM user_learning_profiles WHERE user_id <> %s", [world.me])
    statement = f"UPDATE {table} SET {column} = %s WHERE {column} = %s"
    stranger = world.others[1] if table != "users" else uuid4()
    with acting_as(schema, world.me), pytest.raises(Refused, match="permission denied"):
        schema.execute(statement, [stranger, world.me])
    schema.execute(f"GRANT UPDATE ({column}) ON {table} TO application_user")
    with acting_as(schema, world.me), pytest.raises(Refused, match="row-level security"):
        schema.execute(statement, [stranger, world.me])


def test_nobody_judges_a_prompt_of_another(schema: Connection, world: World) -> None:
    forged = NEW_ROWS["enhancement_feedback"](world, "other") | {"user_id": world.me}
    with acting_as(schema, world.me), pytest.raises(Refused, match="row-level security"):
        insert_as(schema, "enhancement_feedback", forged)


def test_a_prompt_without_a_user_is_the_services_to_write(schema: Connection, world: World) -> None:
    anonymous = NEW_ROWS["prompt_history"](world, "own") | {"user_id": None}
    with acting_as(schema, world.me), pytest.raises(Refused, match="row-level security"):
        insert_as(schema, "prompt_history", anonymous)
    insert_as(schema, "prompt_history", anonymous)


def test_a_hidden_prompt_cannot_be_liked_and_one_that_was_hidden_later_can_be_unliked(
    schema: Connection, world: World
) -> None:
    hidden = {"user_id": world.me, "prompt_id": world.prompts["other"], "has_liked": True}
    with acting_as(schema, world.me), pytest.raises(Refused, match="row-level security"):
        insert_as(schema, "community_interactions", hidden)
    interaction(schema, **hidden)
    with acting_as(schema, world.me):
        unlike = "UPDATE community_interactions SET has_liked = false WHERE prompt_id = %s"
        assert schema.execute(unlike, [world.prompts["other"]]).rowcount == 1


@pytest.mark.parametrize("column", ["moderation_status", "is_featured", "is_verified", "likes", "views"])
def test_an_author_decides_nothing_about_moderation_or_counters(schema: Connection, world: World, column: str) -> None:
    with acting_as(schema, world.me), pytest.raises(Refused, match="permission denied"):
        schema.execute(f"UPDATE community_prompts SET {column} = DEFAULT")


@pytest.mark.parametrize("column", ["subscription_tier", "subscription_status", "email_verified", "is_active", "email"])
def test_nobody_raises_their_own_rights(schema: Connection, world: World, column: str) -> None:
    with acting_as(schema, world.me), pytest.raises(Refused, match="permission denied"):
        schema.execute(f"UPDATE users SET {column} = DEFAULT")


def test_an_approved_prompt_that_its_author_changes_is_moderated_again(schema: Connection) -> None:
    author = user(schema)
    made = community_prompt(schema, author, moderation_status="approved", is_featured=True)
    with acting_as(schema, author):
        schema.execute("UPDATE community_prompts SET is_public = false")
        state = "SELECT moderation_status FROM community_prompts"
        assert value(schema, state) == "approved"
        schema.execute("UPDATE community_prompts SET enhanced_prompt = 'something else'")
        assert value(schema, state) == "pending"
    decided = "UPDATE community_prompts SET title = 'mended', moderation_status = 'rejected' WHERE id = %s"
    schema.execute(decided, [made])
    assert value(schema, state) == "rejected"


def test_what_a_user_deletes_goes_with_its_feedback(schema: Connection, world: World) -> None:
    with acting_as(schema, world.me):
        assert schema.execute("DELETE FROM prompt_history").rowcount == 3
        schema.execute("RESET ROLE")
        assert value(schema, "SELECT count(*) FROM enhancement_feedback WHERE suggestions = 'own'") == 0
        assert value(schema, "SELECT count(*) FROM prompt_history") == 18


# the audit trail


def test_the_audit_trail_shows_reviewers_no_text_of_an_example(schema: Connection, world: World) -> None:
    for role in ("workbench", "reviewer"):
        with acting_as(schema, role=role):
            assert value(schema, "SELECT count(*) FROM audit_log WHERE table_name = 'prompt_examples'") == 0
            assert value(schema, "SELECT count(*) FROM audit_log") == 2


def test_a_data_scientist_leaves_a_trail_that_they_cannot_touch(schema: Connection) -> None:
    made: UUID = technique(schema)
    with acting_as(schema, role="workbench"):
        schema.execute("UPDATE techniques SET name = 'renamed' WHERE id = %s", [made])
        last = "SELECT acting_role FROM audit_log ORDER BY id DESC LIMIT 1"
        assert value(schema, last) == "workbench"
        with pytest.raises(Refused):
            schema.execute("DELETE FROM audit_log")
