"""The archive loses nothing and doubles nothing, whoever else is at work."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from rows import decision, feedback, history, user
from waiting import meanwhile, pause_before_insert, wait_for_lock

from workbench.db.connection import Connection, connect

OLD = "2024-01-15Z"
# The seed's two statements, with the columns named so that the first of them works at all.
SEED = """CREATE FUNCTION archive_as_the_seed(p_before TIMESTAMPTZ) RETURNS void LANGUAGE plpgsql AS $$
          BEGIN
              EXECUTE format('INSERT INTO prompt_history_archive (%1$s) SELECT %1$s FROM prompt_history
                              WHERE created_at < $1', columns_of('prompt_history')) USING p_before;
              DELETE FROM prompt_history WHERE created_at < p_before;
          END $$"""


def archive(connection: Connection, before: str = "2024-02-01Z", batch: int = 1000) -> int:
    return int(connection.execute("SELECT archive_old_prompts(%s, %s)", [before, batch]).fetchone()[0])


def counts(connection: Connection) -> tuple[int, int, int, int]:
    """Prompts and feedback, then archived prompts and archived feedback."""
    tables = ("prompt_history", "enhancement_feedback", "prompt_history_archive", "enhancement_feedback_archive")
    found = [connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables]
    return (found[0], found[1], found[2], found[3])


def row(connection: Connection, table: str) -> Any:
    return connection.execute(f"SELECT to_jsonb(t) - 'archived_at' FROM {table} t").fetchone()[0]


# what moves


def test_old_prompts_move_with_their_feedback_and_young_ones_stay(schema: Connection) -> None:
    for at in (OLD, "2024-01-31 23:59:59.999999Z", "2024-02-01Z"):
        feedback(schema, history(schema, created_at=at))
    assert archive(schema) == 2
    assert counts(schema) == (1, 1, 2, 2)
    assert archive(schema) == 0


def test_what_moves_says_what_it_said(schema: Connection) -> None:
    someone = user(schema)
    metadata = {"propensity": 0.25, "simulation": "s"}
    asked = history(schema, created_at=OLD, user_id=someone, user_rating=2, enhancement_metadata=metadata)
    feedback(schema, asked, user_id=someone, what_worked=["all"], time_saved_estimate=3)
    before = row(schema, "prompt_history"), row(schema, "enhancement_feedback")
    archive(schema)
    assert (row(schema, "prompt_history_archive"), row(schema, "enhancement_feedback_archive")) == before


def test_a_prompt_and_its_feedback_keep_the_decision_that_they_are_about(schema: Connection) -> None:
    decided = decision(schema)
    feedback(schema, history(schema, created_at=OLD, decision_id=decided), decision_id=decided)
    archive(schema)
    for table in ("prompt_history_archive", "enhancement_feedback_archive"):
        assert schema.execute(f"SELECT decision_id FROM {table}").fetchall() == [(decided,)]
    schema.execute("DELETE FROM decision_log")
    assert counts(schema) == (0, 0, 1, 1)


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/New_York", "UTC"])
def test_old_is_what_came_before_this_day_six_months_ago_in_utc(schema: Connection, zone: str) -> None:
    bound = (
        "SELECT (date_trunc('day', NOW() AT TIME ZONE 'UTC') - INTERVAL '6 months') AT TIME ZONE 'UTC' - %s::interval"
    )
    for age in ("0", "1 microsecond"):
        history(schema, created_at=schema.execute(bound, [age]).fetchone()[0])
    schema.execute("SELECT set_config('timezone', %s, true)", [zone])
    assert schema.execute("SELECT archive_old_prompts()").fetchone() == (1,)


@pytest.mark.parametrize("batch", [1, 3, 10, 11])
def test_batches_of_any_size_move_all(schema: Connection, batch: int) -> None:
    for number in range(10):
        feedback(schema, history(schema, created_at=f"2024-01-{15 + number // 4} 12:00Z"))
    assert archive(schema, batch=batch) == 10
    assert counts(schema) == (0, 0, 10, 10)


@pytest.mark.parametrize(("before", "batch"), [(None, 10), ("2024-02-01Z", None), ("2024-02-01Z", 0)])
def test_without_a_time_or_a_batch_nothing_is_archived(schema: Connection, before: Any, batch: Any) -> None:
    with pytest.raises(psycopg.errors.InvalidParameterValue, match="cannot archive"):
        archive(schema, before, batch)


def test_archived_prompts_go_with_their_user(schema: Connection) -> None:
    feedback(schema, history(schema, created_at=OLD, user_id=user(schema)))
    archive(schema)
    schema.execute("DELETE FROM users")
    assert counts(schema) == (0, 0, 0, 0)


# columns


@pytest.mark.parametrize("table", ["prompt_history", "enhancement_feedback"])
def test_the_archive_has_every_column_with_its_type(schema: Connection, table: str) -> None:
    columns = """SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute
                 WHERE attrelid = %s::regclass AND attnum > 0"""
    live = set(schema.execute(columns, [table]).fetchall())
    kept = set(schema.execute(columns, [f"{table}_archive"]).fetchall())
    assert live - kept == set()


def test_a_column_that_the_archive_lacks_stops_it_rather_than_being_lost(schema: Connection) -> None:
    schema.execute("ALTER TABLE prompt_history ADD mood TEXT")
    history(schema, created_at=OLD, mood="glad")
    with pytest.raises(psycopg.errors.UndefinedColumn, match="mood"), schema.transaction():
        archive(schema)
    schema.execute("ALTER TABLE prompt_history_archive ADD mood TEXT")
    assert archive(schema) == 1
    assert schema.execute("SELECT mood FROM prompt_history_archive").fetchone() == ("glad",)


# what stands in the archive already


def restored(connection: Connection) -> None:
    """One prompt with feedback that stands in history and archive, as after a backup restored in part."""
    feedback(connection, history(connection, created_at=OLD))
    connection.execute(
        """CREATE TEMP TABLE prompts ON COMMIT DROP AS TABLE prompt_history;
           CREATE TEMP TABLE comments ON COMMIT DROP AS TABLE enhancement_feedback"""
    )
    archive(connection)
    connection.execute("INSERT INTO prompt_history TABLE prompts; INSERT INTO enhancement_feedback TABLE comments")


def test_what_stands_in_the_archive_already_only_leaves_the_history(schema: Connection) -> None:
    restored(schema)
    assert archive(schema) == 1
    assert counts(schema) == (0, 0, 1, 1)


@pytest.mark.parametrize(
    "change", ["UPDATE prompt_history SET user_rating = 1", "UPDATE enhancement_feedback SET overall_rating = 1"]
)
def test_what_the_archive_has_otherwise_stops_it_before_anything_moves(schema: Connection, change: str) -> None:
    restored(schema)
    history(schema, created_at="2024-01-01Z")
    schema.execute(change)
    with pytest.raises(psycopg.errors.UniqueViolation, match="with other content"), schema.transaction():
        archive(schema, batch=1)
    assert counts(schema) == (2, 1, 1, 1)


# beside others


def test_the_seeds_archive_loses_a_prompt_that_comes_between(connection: Connection, database: str) -> None:
    connection.execute(SEED)
    history(connection, created_at=OLD)
    _interrupted_by_a_late_prompt(connection, database, "SELECT archive_as_the_seed('2024-02-01Z')")
    assert counts(connection)[::2] == (0, 1)


def test_a_prompt_that_comes_between_stays(connection: Connection, database: str) -> None:
    history(connection, created_at=OLD)
    _interrupted_by_a_late_prompt(connection, database, "SELECT archive_old_prompts('2024-02-01Z')")
    assert counts(connection)[::2] == (1, 1)


def _interrupted_by_a_late_prompt(connection: Connection, database: str, statement: str) -> None:
    pause_before_insert(connection, "prompt_history_archive")
    with connect(database) as other, connect(database, autocommit=True) as archiver:
        other.execute("SELECT pg_advisory_xact_lock(1)")
        with meanwhile(lambda: archiver.execute(statement)):
            wait_for_lock(other)
            history(connection, created_at="2024-01-01Z")
            other.rollback()


def rate(writer: Connection, _asked: Any) -> None:
    writer.execute("UPDATE prompt_history SET user_rating = 5")


def comment(writer: Connection, asked: Any) -> None:
    feedback(writer, asked)


def change_comment(writer: Connection, _asked: Any) -> None:
    writer.execute("UPDATE enhancement_feedback SET overall_rating = 1")


def change_comment_and_rate(writer: Connection, asked: Any) -> None:
    change_comment(writer, asked)
    rate(writer, asked)


def delete_user(writer: Connection, _asked: Any) -> None:
    writer.execute("SELECT FROM users FOR UPDATE")


@pytest.mark.parametrize("errand", [rate, comment, change_comment, change_comment_and_rate, delete_user, archive])
def test_what_somebody_has_in_hand_is_left_for_the_next_time(
    connection: Connection, database: str, errand: Any
) -> None:
    asked = history(connection, created_at=OLD, user_id=user(connection))
    feedback(connection, asked)
    with connect(database) as other:
        errand(other, *([asked] if errand is not archive else []))
        connection.execute("SET lock_timeout = '2s'")
        assert archive(connection) == 0
        other.commit()
    archive(connection)
    live, live_feedback, kept, kept_feedback = counts(connection)
    assert (live, live_feedback, kept) == (0, 0, 1)
    assert kept_feedback == (2 if errand is comment else 1)


def test_feedback_that_comes_too_late_is_told_so(connection: Connection, database: str) -> None:
    asked = history(connection, created_at=OLD)
    with connect(database) as archiver:
        archive(archiver)
        with meanwhile(lambda: feedback(connection, asked), raises=psycopg.errors.ForeignKeyViolation):
            wait_for_lock(archiver)
            archiver.commit()
    assert counts(connection) == (0, 0, 1, 0)


def test_interrupted_it_moved_nothing(connection: Connection, database: str) -> None:
    pause_before_insert(connection, "prompt_history_archive")
    for number in range(4):
        feedback(connection, history(connection, created_at=f"2024-01-{10 + number}Z"))
    with connect(database) as other, connect(database, autocommit=True) as archiver:
        other.execute("SELECT pg_advisory_xact_lock(1)")
        with meanwhile(lambda: archive(archiver, batch=2), raises=psycopg.errors.QueryCanceled):
            wait_for_lock(other)
            archiver.cancel_safe()
    assert counts(connection) == (4, 4, 0, 0)
