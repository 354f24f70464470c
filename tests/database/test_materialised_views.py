"""The two materialised views: days in UTC, thirty of them, and nobody without a name."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
from rows import feedback, history, technique, user

from workbench.db.connection import Connection


def refresh(connection: Connection, view: str) -> None:
    connection.execute(f"REFRESH MATERIALIZED VIEW CONCURRENTLY {view}")


def moment(connection: Connection, expression: str) -> Any:
    """A time, in words of SQL that may speak of ``day``, the start of today in UTC."""
    return connection.execute(f"SELECT {expression} FROM (SELECT date_trunc('day', NOW(), 'UTC') AS day) d").fetchone()[
        0
    ]


def use(connection: Connection, *techniques: Any, at: str = "day", **values: Any) -> Any:
    return history(connection, techniques_applied=list(techniques), created_at=moment(connection, at), **values)


def daily(connection: Connection, columns: str) -> list[Any]:
    refresh(connection, "mv_daily_active_techniques")
    return connection.execute(
        f"SELECT {columns} FROM mv_daily_active_techniques ORDER BY date, technique_name"
    ).fetchall()


def affinity(connection: Connection, columns: str) -> list[Any]:
    refresh(connection, "mv_user_technique_affinity")
    return connection.execute(f"SELECT {columns} FROM mv_user_technique_affinity").fetchall()


# techniques by day


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/New_York", "UTC"])
def test_the_window_is_thirty_days_in_utc_whatever_the_session_says(schema: Connection, zone: str) -> None:
    cot = technique(schema)
    for age in ("720 hours 1 microsecond", "720 hours", "1 minute", "0"):
        use(schema, cot, at=f"day - INTERVAL '{age}'")
    schema.execute("SELECT set_config('timezone', %s, true)", [zone])
    assert daily(schema, "(NOW() AT TIME ZONE 'UTC')::date - date, total_uses") == [(30, 1), (1, 1), (0, 1)]


def test_a_day_counts_users_uses_and_the_ratings_there_are(schema: Connection) -> None:
    cot, someone = technique(schema, category="reasoning"), user(schema)
    feedback(schema, use(schema, cot, user_id=someone), overall_rating=2)
    use(schema, cot, user_id=someone, user_rating=5)
    use(schema, cot, is_synthetic=True)
    columns = "technique_id, technique_name, category, unique_users, total_uses, avg_rating, is_synthetic"
    assert daily(schema, columns) == [(cot, "cot", "reasoning", 1, 3, 3.5, True)]


def test_a_technique_listed_twice_counts_once_and_an_unknown_one_not_at_all(schema: Connection) -> None:
    cot = technique(schema)
    use(schema, cot, cot, uuid4())
    assert daily(schema, "technique_id, total_uses") == [(cot, 1)]


def test_a_refresh_beside_its_readers_changes_adds_and_removes(schema: Connection) -> None:
    cot, few = technique(schema, "cot"), technique(schema, "few")
    use(schema, cot)
    assert daily(schema, "technique_name, total_uses") == [("cot", 1)]
    use(schema, cot, few)
    assert daily(schema, "technique_name, total_uses") == [("cot", 2), ("few", 1)]
    schema.execute("DELETE FROM techniques WHERE id = %s", [cot])
    assert daily(schema, "technique_name, total_uses") == [("few", 1)]


def test_only_the_months_of_the_window_are_read(schema: Connection) -> None:
    schema.execute("SELECT create_monthly_partition('2024-01-01')")
    definition = schema.execute("SELECT pg_get_viewdef('mv_daily_active_techniques'::regclass)").fetchone()[0]
    plan = " ".join(line for (line,) in schema.execute(f"EXPLAIN {definition}").fetchall())
    assert "prompt_history_2024_01" not in plan
    assert "prompt_history_" in plan


# what a user likes


def test_a_liking_takes_three_rated_uses(schema: Connection) -> None:
    cot, few, someone = technique(schema, "cot"), technique(schema, "few"), user(schema)
    for rating in (3, 4, 5):
        use(schema, cot, user_id=someone, user_rating=rating)
        use(schema, few, few, user_id=someone, user_rating=rating if rating > 3 else None)
    latest = moment(schema, "day")
    columns = "user_id, technique_id, usage_count, avg_rating, last_used"
    assert affinity(schema, columns) == [(someone, cot, 3, 4, latest)]


def test_feedback_rates_what_its_prompt_does_not(schema: Connection) -> None:
    cot, someone = technique(schema), user(schema)
    for rating in (3, 4, 5):
        feedback(schema, use(schema, cot, user_id=someone), overall_rating=rating)
    assert affinity(schema, "usage_count, avg_rating") == [(3, 4)]


def test_nobody_likes_nothing(schema: Connection) -> None:
    cot = technique(schema)
    for _ in range(3):
        use(schema, cot, user_rating=5)
    assert affinity(schema, "usage_count") == []


@pytest.mark.parametrize(
    ("index", "question"),
    [
        ("idx_mv_daily_techniques", "SELECT 1 FROM mv_daily_active_techniques WHERE date = '2024-01-15'"),
        (
            "idx_mv_user_affinity",
            f"SELECT 1 FROM mv_user_technique_affinity WHERE user_id = '{UUID(int=1)}'",
        ),
    ],
)
def test_a_day_and_a_user_are_looked_up_by_the_unique_index(schema: Connection, index: str, question: str) -> None:
    schema.execute("SET LOCAL enable_seqscan = off")
    plan = " ".join(line for (line,) in schema.execute(f"EXPLAIN {question}").fetchall())
    assert index in plan
