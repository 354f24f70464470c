"""sql/optional/timescaledb.sql where the extension is there, and where it is not."""

from __future__ import annotations

import psycopg
import pytest

from workbench.db.connection import Connection
from workbench.resources import shipped

SCRIPT = shipped("sql", "optional", "timescaledb.sql").read_bytes()


@pytest.fixture
def scaled(connection: Connection) -> Connection:
    (found,) = connection.execute("SELECT count(*) FROM pg_available_extensions WHERE name = 'timescaledb'").fetchone()
    if not found:
        pytest.skip("this server has no TimescaleDB")
    connection.execute(SCRIPT)
    return connection


def day(connection: Connection, when: str, uses: int, success: float | None) -> None:
    connection.execute(
        "INSERT INTO techniques (code, name, category, description, complexity_level)"
        " VALUES ('cot', 'Chain of thought', 'reasoning', 'Think aloud.', 3) ON CONFLICT DO NOTHING"
    )
    connection.execute(
        "INSERT INTO technique_performance_analytics (technique_id, date_bucket, total_uses, success_rate)"
        " SELECT id, %s, %s, %s FROM techniques",
        (when, uses, success),
    )


def test_weeks_are_weighted_by_their_days(scaled: Connection) -> None:
    day(scaled, "2026-01-05", 30, 1.0)
    day(scaled, "2026-01-06", 10, 0.0)
    day(scaled, "2026-01-07", 99, None)
    day(scaled, "2026-01-12", 5, 0.5)
    weeks = scaled.execute("SELECT total_uses, success_rate::float FROM optional.v_technique_weeks ORDER BY week")
    assert weeks.fetchall() == [(139, 0.75), (5, 0.5)]


def test_it_can_be_run_again(scaled: Connection) -> None:
    scaled.execute(SCRIPT)


def test_nothing_is_made_where_the_extension_is_absent(connection: Connection) -> None:
    notices: list[str] = []
    connection.add_notice_handler(lambda notice: notices.append(str(notice.message_primary)))
    connection.execute(SCRIPT.replace(b"EXTENSION IF NOT EXISTS timescaledb", b"EXTENSION IF NOT EXISTS not_there"))
    assert "cannot be used here" in notices[-1]
    with pytest.raises(psycopg.errors.UndefinedTable):
        connection.execute("SELECT * FROM optional.v_technique_weeks")
