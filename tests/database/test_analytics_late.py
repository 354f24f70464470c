"""Prompts and ratings that come late: their days are marked, and counted again."""

from __future__ import annotations

import pytest
from days import DAY, found, use
from rows import feedback, technique, user
from waiting import meanwhile, pause_before_insert, wait_for_lock

from workbench.db.connection import Connection, connect


def marked(connection: Connection) -> list[str]:
    statement = "SELECT DISTINCT date_bucket::text FROM analytics_days_to_recompute ORDER BY 1"
    return [day for (day,) in connection.execute(statement).fetchall()]


def forget_marks(connection: Connection) -> None:
    connection.execute("DELETE FROM analytics_days_to_recompute")


def test_what_is_written_today_marks_nothing(schema: Connection) -> None:
    feedback(schema, use(schema, technique(schema), at="now"))
    schema.execute("UPDATE prompt_history SET user_rating = 5")
    schema.execute("DELETE FROM prompt_history")
    assert marked(schema) == []


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE prompt_history SET user_rating = 5",
        "DELETE FROM prompt_history",
        "UPDATE enhancement_feedback SET overall_rating = 5",
        "DELETE FROM enhancement_feedback",
        "INSERT INTO enhancement_feedback (prompt_history_id, overall_rating) SELECT id, 3 FROM prompt_history",
        "DELETE FROM users",
    ],
)
def test_every_late_change_marks_its_day(schema: Connection, change: str) -> None:
    feedback(schema, use(schema, user_id=user(schema)))
    assert marked(schema) == [DAY]
    forget_marks(schema)
    schema.execute(change)
    assert marked(schema) == [DAY]


def test_a_prompt_that_changes_its_day_marks_both(schema: Connection) -> None:
    use(schema)
    forget_marks(schema)
    schema.execute("UPDATE prompt_history SET created_at = '2024-02-20Z'")
    assert marked(schema) == [DAY, "2024-02-20"]


def test_rows_of_no_time_at_all_mark_nothing(schema: Connection) -> None:
    for never in ("-infinity", "infinity"):
        schema.execute(
            """INSERT INTO prompt_history (session_id, original_prompt, original_length, enhanced_prompt,
               enhanced_length, techniques_applied, created_at) VALUES (gen_random_uuid(), '', 0, '', 0, '{}', %s)""",
            [never],
        )
    assert marked(schema) == []


def test_archiving_marks_nothing_but_losing_an_archived_user_does(schema: Connection) -> None:
    feedback(schema, use(schema, user_id=user(schema)))
    forget_marks(schema)
    schema.execute("SELECT archive_old_prompts('2024-02-01Z')")
    assert marked(schema) == []
    schema.execute("DELETE FROM users")
    assert marked(schema) == [DAY]


def test_making_a_month_marks_nothing(schema: Connection) -> None:
    feedback(schema, use(schema))
    forget_marks(schema)
    schema.execute("SELECT create_monthly_partition(%s)", [DAY])
    assert marked(schema) == []


def test_who_may_write_history_need_not_be_able_to_mark(schema: Connection) -> None:
    schema.execute("CREATE ROLE late_writer BYPASSRLS; GRANT USAGE ON SCHEMA public TO late_writer")
    schema.execute("GRANT INSERT ON prompt_history TO late_writer; GRANT SELECT ON users TO late_writer")
    schema.execute("SET LOCAL ROLE late_writer")
    schema.execute(
        """INSERT INTO prompt_history (session_id, original_prompt, original_length, enhanced_prompt, enhanced_length,
           techniques_applied, created_at) VALUES (gen_random_uuid(), '', 0, '', 0, '{}', '2024-01-15Z')"""
    )
    schema.execute("RESET ROLE")
    assert marked(schema) == [DAY]


def test_what_is_due_is_yesterday_the_day_before_and_every_marked_day(schema: Connection) -> None:
    cot = technique(schema)
    use(schema, cot)
    for days in (0, 1, 2, 3):
        use(schema, cot, at="now")
        schema.execute(
            "UPDATE prompt_history SET created_at = NOW() - %s * INTERVAL '1 day' WHERE created_at = NOW()", [days]
        )
    schema.execute("DELETE FROM analytics_days_to_recompute WHERE date_bucket <> %s", [DAY])
    schema.execute("CALL update_due_analytics()")
    ages = """SELECT (NOW() AT TIME ZONE 'UTC')::date - date_bucket FROM technique_performance_analytics
              WHERE date_bucket > '2024-12-31' ORDER BY 1"""
    assert schema.execute(ages).fetchall() == [(1,), (2,)]
    assert found(schema, "total_uses") == [(1,)]
    assert marked(schema) == []


def test_a_mark_that_is_set_meanwhile_stays_for_the_next_time(connection: Connection, database: str) -> None:
    cot = technique(connection)
    use(connection, cot)
    pause_before_insert(connection, "technique_performance_analytics")
    with connect(database) as other, connect(database, autocommit=True) as counting:
        other.execute("SELECT pg_advisory_xact_lock(1)")
        with meanwhile(lambda: counting.execute("CALL update_due_analytics()")):
            wait_for_lock(other)
            use(connection, cot)
            other.rollback()
    assert found(connection, "total_uses") == [(1,)]
    connection.execute("CALL update_due_analytics()")
    assert found(connection, "total_uses") == [(2,)]


def test_writers_of_the_same_past_days_wait_for_nobody(connection: Connection, database: str) -> None:
    with connect(database) as first, connect(database) as second:
        for writer in (first, second):
            writer.execute("SET LOCAL lock_timeout = '1s'")
        for days in (("2024-01-15Z", "2024-01-16Z"), ("2024-01-16Z", "2024-01-15Z")):
            use(first, at=days[0])
            use(second, at=days[1])
    assert marked(connection) == ["2024-01-15", "2024-01-16"]


def test_the_maintenance_routines_are_nobodys_unless_granted(schema: Connection) -> None:
    public = """SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND proname = ANY (%s)
                AND (proacl IS NULL OR EXISTS (SELECT FROM aclexplode(proacl) WHERE grantee = 0))"""
    named = [
        "update_technique_analytics",
        "update_due_analytics",
        "technique_use_of_day",
        "archive_old_prompts",
        "create_monthly_partition",
        "create_missing_partitions",
        "mark_days_with_new_rows",
        "mark_days_with_old_rows",
    ]
    assert schema.execute("SELECT count(*) FROM pg_proc WHERE proname = ANY (%s)", [named]).fetchone() == (len(named),)
    assert schema.execute(public, [named]).fetchall() == []
