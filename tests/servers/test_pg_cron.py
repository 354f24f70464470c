"""The maintenance jobs in the hands of a real pg_cron, which fires at whole minutes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner

from workbench.cli.main import cli
from workbench.db.connection import Connection, connect, with_database
from workbench.db.migrations import migrate
from workbench.errors import CronUnavailable
from workbench.jobs.maintain import hand_to_cron, maintain_due, plan, take_back
from workbench.jobs.schedule_install import make, write
from workbench.resources import shipped
from workbench.settings import Settings
from workbench.store.notices import Listener

EVERY_MINUTE = "* * * * *"
MOST_SECONDS = 130
SEED = """
    VACUUM ANALYZE prompt_history;
    VACUUM ANALYZE technique_performance_analytics;
    REFRESH MATERIALIZED VIEW CONCURRENTLY mv_daily_active_techniques;
    REFRESH MATERIALIZED VIEW CONCURRENTLY mv_user_technique_affinity;
"""


def quiet(done: int, total: int, what: str = "") -> None: ...


@pytest.fixture(scope="module")
def cron_url(server_url: str) -> Iterator[str]:
    """URL of the database that the server's pg_cron serves, owned by a role that is no superuser."""
    with psycopg.connect(server_url, autocommit=True) as admin:
        (name,) = admin.execute("SHOW cron.database_name").fetchone()
        admin.execute("CREATE ROLE cron_owner LOGIN")
        admin.execute(f"CREATE DATABASE {name} OWNER cron_owner")
    superuser = with_database(server_url, lambda _: name)
    with psycopg.connect(superuser, autocommit=True) as admin:
        for extension in ("vector", "pg_trgm", "btree_gin", "pg_cron"):
            admin.execute(f"CREATE EXTENSION {extension}")
        admin.execute("GRANT USAGE ON SCHEMA cron TO cron_owner")
    url = "postgresql://cron_owner@" + superuser.partition("@")[2]
    migrate(url)
    yield url
    with psycopg.connect(server_url, autocommit=True) as admin:
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
        admin.execute("DROP OWNED BY cron_owner; DROP ROLE cron_owner")


@pytest.fixture
def cron(cron_url: str) -> Iterator[Connection]:
    """A connection to it; afterwards the jobs are as they came, and none is pg_cron's."""
    with connect(cron_url, autocommit=True) as opened:
        yield opened
        take_back(cron_url)
        opened.execute("DELETE FROM maintenance_runs")
        opened.execute("UPDATE maintenance_jobs SET is_enabled = true")


def scheduled(cron: Connection) -> dict[str, tuple[str, str]]:
    rows = cron.execute("SELECT jobname, schedule, command FROM cron.job").fetchall()
    return {name.removeprefix("workbench "): (schedule, command) for name, schedule, command in rows}


def test_every_enabled_job_is_handed_over_with_its_one_statement(cron: Connection, cron_url: str) -> None:
    cron.execute("UPDATE maintenance_jobs SET is_enabled = false WHERE name = 'analyze-database'")
    hand_to_cron(cron_url)
    wanted = cron.execute("SELECT name, schedule, statement FROM maintenance_jobs WHERE is_enabled").fetchall()
    found = scheduled(cron)
    found.pop("(collect runs)")
    assert found == {name: (schedule, statement) for name, schedule, statement in wanted}
    assert found["create-monthly-partition"][0].startswith("0 0 25")
    assert all(";" not in statement for _, statement in found.values())


def test_handing_over_again_follows_what_changed_and_leaves_others_alone(cron: Connection, cron_url: str) -> None:
    cron.execute("SELECT cron.schedule('a person''s', '0 5 1 1 *', 'SELECT 1')")
    first = hand_to_cron(cron_url)
    assert hand_to_cron(cron_url) == first
    cron.execute("UPDATE maintenance_jobs SET is_enabled = false WHERE name = 'analyze-database'")
    assert hand_to_cron(cron_url) == first - 1
    assert "analyze-database" not in scheduled(cron)
    take_back(cron_url)
    assert set(scheduled(cron)) == {"a person's"}
    cron.execute("SELECT cron.unschedule('a person''s')")


def test_the_seeds_single_job_of_four_statements_fails_and_ours_succeed(cron: Connection, cron_url: str) -> None:
    cron.execute("UPDATE maintenance_jobs SET is_enabled = name ~ '^(vacuum|refresh|update|create|archive)-'")
    cron.execute("CREATE TEMP TABLE schedules AS SELECT name, schedule FROM maintenance_jobs")
    cron.execute("UPDATE maintenance_jobs SET schedule = %s", (EVERY_MINUTE,))
    hand_to_cron(cron_url)
    cron.execute("SELECT cron.schedule('vacuum-analyze-daily', %s, %s)", (EVERY_MINUTE, SEED))
    try:
        (count,) = cron.execute("SELECT count(*) FROM maintenance_jobs WHERE is_enabled").fetchone()
        states = wait_for(cron, cron_url, count)
    finally:
        cron.execute("SELECT cron.unschedule('vacuum-analyze-daily')")
        cron.execute("UPDATE maintenance_jobs j SET schedule = s.schedule FROM schedules s WHERE s.name = j.name")
    assert {name: message for name, (state, message) in states.items() if state != "done"} == {}
    status, message = cron.execute(
        "SELECT status, return_message FROM cron.job_run_details WHERE command = %s LIMIT 1", (SEED,)
    ).fetchone()
    assert status == "failed"
    assert "VACUUM cannot" in message


def test_what_pg_cron_did_is_taken_over_once_and_forgotten_there_after_ninety_days(
    cron: Connection, server_url: str
) -> None:
    cron.execute("SELECT collect_cron_runs()")
    name = cron.info.dbname
    with psycopg.connect(with_database(server_url, lambda _: name), autocommit=True) as admin:
        for run, command, days in ((1, "ANALYZE", 1), (2, "ANALYZE", 91), (3, "SELECT 'of a person'", 91)):
            admin.execute(
                "INSERT INTO cron.job_run_details (runid, database, username, command, status, start_time, end_time)"
                " SELECT 1000000 + %s, current_database(), 'cron_owner', %s, 'succeeded', at, at"
                " FROM (SELECT NOW() - %s * INTERVAL '1 day') AS t (at)",
                (run, command, days),
            )
    assert cron.execute("SELECT collect_cron_runs()").fetchone() == (1,)
    assert cron.execute("SELECT collect_cron_runs()").fetchone() == (0,)
    assert cron.execute("SELECT cron_run_id FROM maintenance_runs WHERE cron_run_id > 1000000").fetchall() == [
        (1000001,)
    ]
    kept = cron.execute("SELECT runid FROM cron.job_run_details WHERE runid > 1000000 ORDER BY runid").fetchall()
    assert kept == [(1000001,), (1000003,)]
    cron.execute("DELETE FROM cron.job_run_details WHERE runid > 1000000")


def wait_for(cron: Connection, url: str, count: int) -> dict[str, tuple[str | None, str | None]]:
    """State and message of the jobs once pg_cron has run them all, and the seed's."""
    seen = {}
    for _ in range(MOST_SECONDS):
        plans, handed = plan(url)
        assert handed
        seen = {p.job.name: (p.job.state, p.job.message) for p in plans if p.job.ran_by == "pg_cron"}
        ended = "SELECT count(*) FROM cron.job_run_details WHERE command = %s AND end_time IS NOT NULL"
        if len(seen) == count and cron.execute(ended, (SEED,)).fetchone() != (0,):
            break
        time.sleep(1)
    assert len(seen) == count, seen
    return seen


def test_while_pg_cron_has_the_jobs_nothing_that_is_due_is_run_twice(cron: Connection, cron_url: str) -> None:
    hand_to_cron(cron_url)
    assert maintain_due(cron_url, quiet).left_to == "pg_cron"
    assert take_back(cron_url) > 0
    assert maintain_due(cron_url, quiet).left_to is None


def test_the_command_line_hands_over_and_says_so(cron_url: str, cron: Connection, monkeypatch) -> None:
    monkeypatch.setenv("WORKBENCH_DATABASE_URL", cron_url)
    run = CliRunner().invoke
    assert "from now on" in run(cli, ["maintain", "--hand-to-cron"]).output
    assert "--take-back" in run(cli, ["maintain"]).output
    listed = run(cli, ["maintain", "--list"]).output
    assert "--take-back" in listed
    assert "now" not in listed
    assert "back from pg_cron" in run(cli, ["maintain", "--take-back"]).output


def test_a_superuser_who_hands_them_over_lends_the_owner_no_rights(
    cron: Connection, cron_url: str, server_url: str
) -> None:
    name = cron.info.dbname
    hand_to_cron(with_database(server_url, lambda _: name))
    users = cron.execute("SELECT DISTINCT username FROM cron.job").fetchall()
    assert users == [("cron_owner",)]


def test_in_another_database_the_reason_is_told(database: str) -> None:
    with pytest.raises(CronUnavailable, match=r"workbench_cron.*cron\.database_name"):
        hand_to_cron(database)


def test_the_script_runs_in_psql_wherever_it_is_run(connection: Connection) -> None:
    notices: list[str] = []
    connection.add_notice_handler(lambda notice: notices.append(str(notice.message_primary)))
    connection.execute(shipped("sql", "optional", "pg_cron.sql").read_bytes())
    assert "can only create extension in database" in notices[-1]


def test_it_wakes_whoever_runs_the_schedules_and_is_not_taken_for_the_maintenance(
    cron: Connection, cron_url: str, tmp_path: Path
) -> None:
    made = make(Settings(home=tmp_path), "pg_cron", tmp_path / "env")
    for _ in range(2):
        write(cron_url, made)
    jobs = cron.execute("SELECT schedule, command FROM cron.job WHERE jobname = 'workbench-schedule'").fetchall()
    assert jobs == [(EVERY_MINUTE, "NOTIFY workbench_schedule")]
    assert not plan(cron_url)[1]
    with closing(Listener(cron_url)) as listener:
        assert listener.wait(MOST_SECONDS)
    cron.execute("SELECT cron.unschedule('workbench-schedule')")
