"""What each technique did on each day: right whatever is unrated, unknown, twice, or across a gap."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import psycopg
import pytest
from days import found, run, text, use
from rows import feedback, technique, user
from waiting import meanwhile, wait_for_lock

from workbench.db.connection import Connection, connect

# one day


def test_uses_are_counted_by_complexity_and_by_branch(schema: Connection) -> None:
    cot = technique(schema)
    for complexity, path in ((1, "creative.verse"), (1, "creative"), (4, "code.review"), (None, None)):
        use(schema, cot, detected_complexity=complexity, detected_intent_path=path)
    run(schema)
    assert found(schema, "total_uses, complexity_distribution, intent_distribution") == [
        (4, {"1": 2, "4": 1}, {"creative": 2, "code": 1})
    ]


def test_what_nobody_rated_is_no_failure(schema: Connection) -> None:
    cot = technique(schema)
    for rating in (5, None, None, None):
        use(schema, cot, user_rating=rating)
    run(schema)
    assert found(schema, "total_uses, success_rate::text, avg_rating::text") == [(4, "1.00", "5.0")]


def test_a_day_without_ratings_has_no_success_and_no_trend(schema: Connection) -> None:
    use(schema, technique(schema))
    run(schema)
    nothing = "avg_confidence, avg_rating, success_rate, effectiveness_trend, complexity_distribution"
    assert found(schema, nothing) == [(None, None, None, None, None)]


def test_the_rating_of_the_latest_feedback_stands_in_for_a_missing_one(schema: Connection) -> None:
    cot = technique(schema)
    asked = use(schema, cot)
    feedback(schema, asked, overall_rating=1, created_at="2024-01-16Z")
    feedback(schema, asked, overall_rating=4, created_at="2024-01-17Z")
    feedback(schema, use(schema, cot, user_rating=5), overall_rating=1)
    run(schema)
    assert found(schema, "avg_rating::text, success_rate::text") == [("4.5", "1.00")]


def test_a_technique_that_a_prompt_lists_twice_is_used_once(schema: Connection) -> None:
    cot = technique(schema)
    use(schema, cot, cot)
    run(schema)
    assert found(schema, "total_uses") == [(1,)]


def test_an_unknown_technique_does_not_cost_the_day(schema: Connection) -> None:
    use(schema, technique(schema), uuid4())
    run(schema)
    assert found(schema, "code, total_uses") == [("cot", 1)]


def test_a_day_with_simulated_prompts_says_so(schema: Connection) -> None:
    cot, few = technique(schema, "cot"), technique(schema, "few")
    use(schema, cot)
    use(schema, cot, few, is_synthetic=True)
    use(schema, cot, at="2024-01-16Z")
    run(schema)
    run(schema, "2024-01-16")
    assert found(schema, "is_synthetic") == [(True,), (True,)]
    assert found(schema, "is_synthetic", "2024-01-16") == [(False,)]


def test_adoption_is_the_share_of_the_users_of_the_day(schema: Connection) -> None:
    cot, few = technique(schema, "cot"), technique(schema, "few")
    people = [user(schema, f"{number}@example.invalid") for number in range(3)]
    for person in people:
        use(schema, cot if person is people[0] else few, user_id=person)
    use(schema, cot, user_id=people[0])
    use(schema, cot)
    run(schema)
    assert text(schema, "adoption_rate") == ["0.3333", "0.6667"]
    assert found(schema, "unique_users") == [(1,), (2,)]


def test_a_day_of_nameless_users_has_no_adoption(schema: Connection) -> None:
    use(schema, technique(schema))
    run(schema)
    assert found(schema, "unique_users, adoption_rate") == [(0, None)]


def test_extremes_fit_their_columns(schema: Connection) -> None:
    cot = technique(schema)
    use(schema, cot, user_rating=5, model_confidence=1, user_id=user(schema))
    use(schema, cot, user_rating=1, model_confidence=1, at="2024-01-14 12:00Z")
    run(schema, "2024-01-14")
    run(schema)
    assert found(schema, "avg_confidence, avg_rating, success_rate, effectiveness_trend, adoption_rate") == [
        (1, 5, 1, 1, 1)
    ]


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/New_York", "UTC"])
def test_a_day_is_a_day_in_utc_whatever_the_session_says(schema: Connection, zone: str) -> None:
    cot = technique(schema)
    times = {"14 23:59:59.999999Z": 1, "15 00:00Z": 2, "15 23:59:59.999999Z": 3, "16 00:00Z": 1}
    for at in (at for at, uses in times.items() for _ in range(uses)):
        use(schema, cot, at=f"2024-01-{at}")
    schema.execute("SELECT set_config('timezone', %s, true)", [zone])
    run(schema)
    assert found(schema, "total_uses") == [(5,)]


def test_only_the_month_of_the_day_is_read(schema: Connection) -> None:
    for month in ("2024-01-01", "2024-02-01", "2024-03-01"):
        schema.execute("SELECT create_monthly_partition(%s)", [month])
    use(schema, technique(schema), at="2024-02-10 12:00Z")
    scans = """SELECT i.inhrelid::regclass::text, s.seq_scan + s.idx_scan
               FROM pg_inherits i JOIN pg_stat_xact_user_tables s ON s.relid = i.inhrelid
               WHERE i.inhparent = 'prompt_history'::regclass"""
    for _ in range(8):  # beyond the fifth call PostgreSQL may keep one plan for every day
        before = dict(schema.execute(scans).fetchall())
        run(schema, "2024-02-10")
        after = dict(schema.execute(scans).fetchall())
        assert {name for name in after if after[name] != before.get(name)} == {"prompt_history_2024_02"}


def test_a_day_that_is_no_day_is_refused(schema: Connection) -> None:
    for day in (None, "infinity", "-infinity"):
        with pytest.raises(psycopg.errors.InvalidParameterValue), schema.transaction():
            run(schema, day)  # type: ignore[arg-type]


def test_unasked_it_counts_yesterday(schema: Connection) -> None:
    cot = technique(schema)
    use(schema, cot, at="now")
    schema.execute("UPDATE prompt_history SET created_at = date_trunc('day', NOW(), 'UTC') - INTERVAL '1 second'")
    use(schema, cot, at="now")
    schema.execute("CALL update_technique_analytics()")
    buckets = """SELECT (NOW() AT TIME ZONE 'UTC')::date - date_bucket, total_uses
                 FROM technique_performance_analytics"""
    assert schema.execute(buckets).fetchall() == [(1, 1)]


# the trend


def rate(connection: Connection, technique_id: Any, ratings: dict[str, list[int | None]]) -> None:
    for day, given in ratings.items():
        for rating in given:
            use(connection, technique_id, at=f"2024-01-{day} 12:00Z", user_rating=rating)
        run(connection, f"2024-01-{day}")


def trends(connection: Connection) -> list[Any]:
    statement = "SELECT effectiveness_trend::text FROM technique_performance_analytics ORDER BY date_bucket"
    return [trend for (trend,) in connection.execute(statement).fetchall()]


def test_the_trend_looks_over_gaps_and_unrated_days(schema: Connection) -> None:
    rate(schema, technique(schema), {"11": [5], "12": [None], "14": [1], "20": [5, 1]})
    assert trends(schema) == ["0.000", None, "-1.000", "0.500"]


def test_the_trend_of_the_next_rated_day_follows_a_late_rating(schema: Connection) -> None:
    cot = technique(schema)
    rate(schema, cot, {"11": [5], "13": [5], "14": [None], "15": [1]})
    rate(schema, cot, {"13": [1]})
    assert trends(schema) == ["0.000", "-0.500", None, "-0.500"]


def test_the_trend_of_the_next_day_follows_when_a_day_empties(schema: Connection) -> None:
    rate(schema, technique(schema), {"11": [1], "12": [5], "13": [5]})
    schema.execute("DELETE FROM prompt_history WHERE created_at < '2024-01-13Z' AND created_at >= '2024-01-12Z'")
    run(schema, "2024-01-12")
    assert trends(schema) == ["0.000", "1.000"]


def test_days_may_be_counted_in_any_order(schema: Connection) -> None:
    cot = technique(schema)
    for day in ("20", "11", "14"):
        rate(schema, cot, {day: [5 if day == "11" else 1]})
    assert trends(schema) == ["0.000", "-1.000", "0.000"]


# doing it again


def test_a_rerun_takes_out_what_is_gone(schema: Connection) -> None:
    use(schema, technique(schema))
    run(schema)
    schema.execute("DELETE FROM prompt_history")
    run(schema)
    assert found(schema, "total_uses") == []


def test_a_rerun_leaves_rows_alone_that_say_the_same(schema: Connection) -> None:
    rate(schema, technique(schema), {"14": [1, None], "15": [5]})
    where = "SELECT ctid::text FROM technique_performance_analytics ORDER BY date_bucket"
    before = schema.execute(where).fetchall()
    run(schema, "2024-01-14")
    run(schema, "2024-01-15")
    assert schema.execute(where).fetchall() == before


def test_an_archived_day_counts_as_before(schema: Connection) -> None:
    cot = technique(schema)
    feedback(schema, use(schema, cot, detected_complexity=2, user_id=user(schema)), overall_rating=2)
    use(schema, cot, user_rating=5)
    run(schema)
    before = found(schema, "technique_performance_analytics.*")
    assert schema.execute("SELECT archive_old_prompts('2024-02-01Z')").fetchone() == (2,)
    schema.execute("DELETE FROM technique_performance_analytics")
    run(schema)
    assert found(schema, "technique_performance_analytics.*") == before


def test_a_prompt_restored_beside_its_archived_self_counts_once(schema: Connection) -> None:
    use(schema, technique(schema))
    schema.execute("CREATE TEMP TABLE kept AS SELECT * FROM prompt_history")
    schema.execute("SELECT archive_old_prompts('2024-02-01Z')")
    schema.execute("INSERT INTO prompt_history SELECT * FROM kept")
    run(schema)
    assert found(schema, "total_uses") == [(1,)]


def test_who_counts_beside_another_waits_for_its_result(connection: Connection, database: str) -> None:
    cot = technique(connection)
    use(connection, cot, at="2024-01-14Z", user_rating=1)
    use(connection, cot, at="2024-01-15Z", user_rating=5)
    with connect(database) as first, connect(database, autocommit=True) as second:
        run(first, "2024-01-14")
        with meanwhile(lambda: run(second, "2024-01-15")) as other:
            wait_for_lock(connection, other)
            first.commit()
    assert trends(connection) == ["0.000", "1.000"]
