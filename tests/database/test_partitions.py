"""Months of prompt_history: made for whatever rows there are, in nobody's way, and with nothing lost."""

from __future__ import annotations

import itertools
from typing import Any

import psycopg
import pytest
from rows import feedback, history, technique, user
from waiting import meanwhile, wait_for_lock

from workbench.db.connection import Connection, connect

PARTITIONS = "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'prompt_history'::regclass ORDER BY 1"


def month(connection: Connection, day: Any) -> None:
    connection.execute("SELECT create_monthly_partition(%s::date)", [day])


def missing(connection: Connection) -> int:
    return int(connection.execute("SELECT create_missing_partitions()").fetchone()[0])


def rows(connection: Connection, table: str) -> list[Any]:
    return connection.execute(f"SELECT to_jsonb(t) FROM {table} t ORDER BY id").fetchall()


def where(connection: Connection) -> list[str]:
    statement = "SELECT tableoid::regclass::text FROM prompt_history ORDER BY created_at"
    return [name.removeprefix("prompt_history_") for (name,) in connection.execute(statement).fetchall()]


@pytest.mark.parametrize("day", [None, "infinity", "-infinity", "0999-12-31", "10000-01-01", "0044-03-15 BC"])
def test_a_month_that_has_no_name_is_refused(schema: Connection, day: str | None) -> None:
    with pytest.raises(psycopg.errors.InvalidParameterValue, match="no partition for the month of"):
        month(schema, day)


@pytest.mark.parametrize("day", ["1000-01-01", "9999-12-31"])
def test_the_outermost_months_can_be_made(schema: Connection, day: str) -> None:
    month(schema, day)
    assert (f"prompt_history_{day[:4]}_{day[5:7]}",) in schema.execute(PARTITIONS).fetchall()


def test_every_month_with_caught_rows_is_made_at_once(schema: Connection) -> None:
    for at in ("2021-03-05Z", "2021-03-31 23:59Z", "2022-12-31 23:59Z", "2031-01-01Z"):
        history(schema, created_at=at)
    assert missing(schema) == 3
    assert where(schema) == ["2021_03", "2021_03", "2022_12", "2031_01"]
    assert missing(schema) == 0


def test_last_month_this_and_the_next_are_made(schema: Connection) -> None:
    for (name,) in schema.execute(PARTITIONS).fetchall():
        if not name.endswith("default"):
            schema.execute(f"ALTER TABLE prompt_history DETACH PARTITION {name}; DROP TABLE {name}")
    assert missing(schema) == 3
    for months in (-1, 0, 1):
        first = "SELECT date_trunc('month', NOW(), 'UTC') + %s * INTERVAL '1 month'"
        history(schema, created_at=schema.execute(first, [months]).fetchone()[0])
    assert len(set(where(schema)) - {"default"}) == 3


def test_rows_of_no_year_that_can_be_named_stay_where_they_are(schema: Connection) -> None:
    insert = """INSERT INTO prompt_history (session_id, original_prompt, original_length, enhanced_prompt,
                enhanced_length, techniques_applied, created_at) VALUES (gen_random_uuid(), '', 0, '', 0, '{}', %s)"""
    for at in ("infinity", "-infinity", "0044-03-15 BC", "10000-01-01"):
        schema.execute(insert, [at])
    assert missing(schema) == 0
    assert where(schema) == ["default"] * 4


@pytest.mark.parametrize(
    "earlier",
    ["", "ALTER TABLE prompt_history DROP COLUMN feedback_text; ALTER TABLE prompt_history ADD extra TEXT DEFAULT 'x'"],
)
def test_moved_rows_say_what_they_said(schema: Connection, earlier: str) -> None:
    if earlier:
        schema.execute(earlier)
    someone = user(schema)
    asked = history(
        schema, created_at="2024-01-05Z", user_id=someone, techniques_applied=[technique(schema)], user_rating=2
    )
    feedback(schema, asked, what_worked=["a"], technique_ratings={}, user_id=someone)
    before = rows(schema, "prompt_history"), rows(schema, "enhancement_feedback")
    month(schema, "2024-01-05")
    assert (rows(schema, "prompt_history"), rows(schema, "enhancement_feedback")) == before
    assert where(schema) == ["2024_01"]


def test_a_month_has_what_its_parent_has(schema: Connection) -> None:
    month(schema, "2024-01-01")
    parts = """SELECT (SELECT count(*) FROM pg_index WHERE indrelid = c.oid AND indisvalid),
                      (SELECT count(*) FROM pg_constraint WHERE conrelid = c.oid AND contype IN ('c', 'p', 'f') AND
                       confrelid <> 'prompt_history'::regclass),
                      (SELECT count(*) FROM pg_trigger WHERE tgrelid = c.oid AND tgtype & 1 = 1 AND NOT tgisinternal),
                      c.relrowsecurity
               FROM pg_class c WHERE c.oid = %s::regclass"""
    parent = schema.execute(parts, ["prompt_history"]).fetchone()
    assert schema.execute(parts, ["prompt_history_2024_01"]).fetchone() == parent
    assert parent[-1]


def test_a_partition_named_directly_shows_nothing_even_with_a_grant(schema: Connection) -> None:
    month(schema, "2024-01-01")
    history(schema, created_at="2024-01-05Z")
    history(schema, created_at="2023-01-05Z")
    schema.execute("CREATE ROLE curious; GRANT USAGE ON SCHEMA public TO curious")
    schema.execute("GRANT SELECT ON prompt_history_2024_01, prompt_history_default TO curious; SET LOCAL ROLE curious")
    for table in ("prompt_history_2024_01", "prompt_history_default"):
        assert schema.execute(f"SELECT id FROM {table}").fetchall() == []


def test_the_planner_knows_a_month_that_took_rows(schema: Connection) -> None:
    history(schema, created_at="2024-01-05Z")
    month(schema, "2024-01-01")
    known = "SELECT count(*) > 0 FROM pg_stats WHERE tablename = 'prompt_history_2024_01' AND attname = 'created_at'"
    assert schema.execute(known).fetchone() == (True,)


def test_the_triggers_of_feedback_work_again_afterwards(schema: Connection) -> None:
    month(schema, "2024-01-01")
    disabled = "SELECT tgname FROM pg_trigger WHERE tgrelid = 'enhancement_feedback'::regclass AND tgenabled = 'D'"
    assert schema.execute(disabled).fetchall() == []


def ask(writer: Connection, _asked: Any, at: str) -> None:
    history(writer, created_at=at)


def comment(writer: Connection, asked: Any, _at: str) -> None:
    feedback(writer, asked)


def sign_in(writer: Connection, _asked: Any, _at: str) -> None:
    writer.execute("UPDATE users SET last_login_at = NOW()")


def test_a_month_made_beside_a_writer_ends_in_no_deadlock(database: str, connection: Connection) -> None:
    user(connection)
    errands = itertools.product([ask, comment, sign_in], repeat=2)
    for number, (first, second) in enumerate(errands, start=1):
        at = f"2024-{number:02}-05Z"
        asked = history(connection, created_at=at)
        with connect(database) as writer:
            first(writer, asked, at)
            with meanwhile(lambda day=at: month(connection, day)):
                wait_for_lock(writer)
                second(writer, asked, at)
                writer.commit()
        assert "default" not in where(connection)
