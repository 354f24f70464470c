"""`workbench maintain`: what is due, once, by the owner, and whatever happens to one job the others run."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
import rows
from click.testing import CliRunner

from workbench.cli.main import cli
from workbench.db.binaries import Binaries
from workbench.db.cluster import configuration
from workbench.db.connection import Connection, connect, with_database
from workbench.db.locks import polling
from workbench.errors import CronUnavailable, JobUnknown, MaintenanceBusy, MaintenanceFailed, MaintenanceForbidden
from workbench.jobs import maintain
from workbench.jobs.cron import next_time
from workbench.jobs.maintain import LOCK, hand_to_cron, maintain_chosen, maintain_due, plan
from workbench.resources import shipped

SEED = """
    VACUUM ANALYZE prompt_history;
    VACUUM ANALYZE technique_performance_analytics;
    REFRESH MATERIALIZED VIEW CONCURRENTLY mv_daily_active_techniques;
    REFRESH MATERIALIZED VIEW CONCURRENTLY mv_user_technique_affinity;
"""
MAINTAINER = "import sys; from workbench.jobs.maintain import maintain_due; maintain_due(sys.argv[1], lambda *_: None)"


def quiet(done: int, total: int, what: str = "") -> None: ...


@pytest.fixture(scope="module")
def maintained(server_url: str) -> Iterator[str]:
    name = f"t_{uuid.uuid4().hex[:16]}"
    with psycopg.connect(server_url, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE workbench_template")
        yield with_database(server_url, lambda _: name)
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def database(maintained: str) -> str:
    """One database for all, with the jobs as they came; what they do to other tables no test here looks at twice."""
    with connect(maintained, autocommit=True) as opened:
        opened.execute("DELETE FROM maintenance_jobs")
        opened.execute(shipped("sql", "routines", "maintenance_jobs.sql").read_bytes())
    return maintained


@pytest.fixture
def bare(connection: Connection) -> Connection:
    """A database without jobs."""
    connection.execute("DELETE FROM maintenance_jobs")
    return connection


def add(connection: Connection, name: str, statement: str, **columns: object) -> None:
    row = {"name": name, "statement": statement, "description": "A test's.", "schedule": "0 3 * * *", **columns}
    names = ", ".join(row)
    connection.execute(
        f"INSERT INTO maintenance_jobs ({names}) VALUES ({', '.join(['%s'] * len(row))})", [*row.values()]
    )


def runs(connection: Connection) -> list[Any]:
    return connection.execute("SELECT job_name, state, message FROM maintenance_runs ORDER BY id").fetchall()


def set_back(connection: Connection, interval: str) -> None:
    connection.execute("UPDATE maintenance_runs SET started_at = started_at - %s::interval", (interval,))


@pytest.fixture
def command(database: str, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    monkeypatch.setenv("WORKBENCH_DATABASE_URL", database)
    return lambda *words: CliRunner().invoke(cli, ["maintain", *words])


def test_every_job_that_comes_with_the_workbench_succeeds_and_is_then_no_longer_due(database: str) -> None:
    first = maintain_due(database, quiet)
    assert [(ran.name, ran.message) for ran in first.failed] == []
    assert len(first.ran) == len(plan(database)[0]) >= 10
    assert maintain_due(database, quiet).ran == ()


def test_every_promise_of_the_seed_is_a_job_of_its_own(connection: Connection) -> None:
    found = dict(connection.execute("SELECT statement, schedule FROM maintenance_jobs").fetchall())
    assert found["VACUUM (ANALYZE) public.prompt_history"] == "0 3 * * *"
    assert found["VACUUM (ANALYZE) public.technique_performance_analytics"] == "0 3 * * *"
    assert found["SELECT public.create_missing_partitions()"].startswith("0 0 25")
    views = {"mv_daily_active_techniques", "mv_user_technique_affinity"}
    assert {f"REFRESH MATERIALIZED VIEW CONCURRENTLY public.{view}" for view in views} <= set(found)


def test_every_job_and_its_time_stand_in_the_documentation(connection: Connection) -> None:
    page = shipped("docs", "maintenance.md").read_text(encoding="utf-8")
    told = re.findall(r"^\| `([a-z-]+)` \| `([^`]+)` \|", page, re.MULTILINE)
    jobs = connection.execute("SELECT name, schedule FROM maintenance_jobs ORDER BY position").fetchall()
    assert told == jobs


def test_the_examples_of_the_documentation_are_taken(connection: Connection) -> None:
    page = shipped("docs", "maintenance.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```sql\n(.*?)```", page, re.DOTALL)
    connection.execute(example.encode())
    assert connection.execute("SELECT count(*) FROM maintenance_jobs WHERE NOT is_enabled").fetchone() == (1,)


def test_the_analytics_come_before_the_views_and_the_views_before_the_vacuum(database: str) -> None:
    jobs = [planned.job for planned in plan(database)[0]]
    kinds = [kind for job in jobs for kind in ("analytics", "refresh-daily", "vacuum-prompt") if kind in job.name]
    assert kinds[:3] == ["analytics", "refresh-daily", "vacuum-prompt"]
    daily = [next_time(job.schedule, job.seen_at) for job in jobs if job.schedule.endswith("* * *")]
    assert [moment.time() for moment in daily] == sorted(moment.time() for moment in daily)


def test_the_seeds_job_of_four_statements_fails_in_one_transaction(bare: Connection) -> None:
    with pytest.raises(psycopg.errors.ActiveSqlTransaction, match="VACUUM cannot"):
        bare.execute(SEED.encode())


@pytest.mark.parametrize("statement", [SEED, "SELECT 1;", ""])
def test_a_job_is_one_statement(bare: Connection, statement: str) -> None:
    with pytest.raises(psycopg.errors.CheckViolation, match="ck_maintenance_job_statement"):
        add(bare, "many", statement)


@pytest.mark.parametrize("schedule", ["daily", "0 3 * *", "0 3 * * MON", "0 0 3 * * *", ""])
def test_a_schedule_is_five_fields_of_numbers(bare: Connection, schedule: str) -> None:
    with pytest.raises(psycopg.errors.CheckViolation, match="ck_maintenance_job_schedule"):
        add(bare, "job", "SELECT 1", schedule=schedule)


def test_yesterdays_prompts_are_counted_and_old_ones_archived(connection: Connection, database: str) -> None:
    technique = rows.technique(connection)
    for days in (1, 300):
        when = datetime.now(UTC) - timedelta(days=days)
        rows.history(connection, techniques_applied=[technique], created_at=when)
    maintain_due(database, quiet)
    counted = connection.execute("SELECT max(total_uses) FROM technique_performance_analytics").fetchone()
    archived = connection.execute("SELECT count(*) FROM prompt_history_archive").fetchone()
    assert (counted, archived) == ((1,), (1,))


def test_a_job_is_due_again_when_its_time_has_come_since_it_last_succeeded(bare: Connection, database: str) -> None:
    add(bare, "daily", "SELECT 1")
    assert len(maintain_due(database, quiet).ran) == 1
    assert maintain_due(database, quiet).ran == ()
    set_back(bare, "1 day")
    assert len(maintain_due(database, quiet).ran) == 1


def test_a_job_that_failed_stays_due(bare: Connection, database: str) -> None:
    add(bare, "doubtful", "SELECT 1 / 0")
    assert len(maintain_due(database, quiet).failed) == 1
    bare.execute("UPDATE maintenance_jobs SET statement = 'SELECT 1'")
    assert maintain_due(database, quiet).ran[0].state == "done"


def test_a_job_that_is_switched_off_is_run_only_by_name(bare: Connection, database: str) -> None:
    add(bare, "off", "SELECT 1", is_enabled=False)
    assert maintain_due(database, quiet).ran == maintain_chosen(database, None, 0, quiet).ran == ()
    assert maintain_chosen(database, ["off"], 0, quiet).ran[0].message == "SELECT 1 1"


def test_a_failed_job_does_not_stop_the_others(bare: Connection, database: str) -> None:
    add(bare, "bad", "SELECT 1 / 0", position=1)
    add(bare, "good", "VACUUM (ANALYZE) prompt_history", position=2)
    maintain_due(database, quiet)
    assert runs(bare) == [("bad", "failed", "division by zero"), ("good", "done", "VACUUM")]


def test_a_schedule_that_cannot_be_read_fails_that_job_alone(bare: Connection, database: str) -> None:
    add(bare, "never", "SELECT 1", schedule="0 0 31 2 *", position=1)
    add(bare, "good", "SELECT 1", position=2)
    never, good = maintain_due(database, quiet).ran
    assert (never.state, good.state) == ("failed", "done")
    assert "0 0 31 2 *" in never.message


def test_a_job_that_takes_too_long_is_ended_and_the_limit_named(bare: Connection, database: str) -> None:
    add(bare, "slow", "SELECT pg_sleep(4)", timeout_seconds=1)
    (ran,) = maintain_due(database, quiet).ran
    assert "statement timeout" in ran.message
    assert "timeout_seconds is 1" in ran.message


def test_what_a_job_was_warned_of_is_kept(bare: Connection, database: str) -> None:
    add(bare, "empty", "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE")
    (ran,) = maintain_due(database, quiet).ran
    assert ran.message == "SET. SET TRANSACTION can only be used in transaction blocks"


def wait_until_it_runs(connection: Connection, child: subprocess.Popen[bytes]) -> None:
    while runs(connection) != [("slow", "running", None)]:
        assert child.poll() is None, "it ended without running the job"
        time.sleep(0.02)


def test_a_run_that_was_killed_is_closed_as_failed_by_the_next(bare: Connection, database: str) -> None:
    add(bare, "slow", "SELECT pg_sleep(1)")
    child = subprocess.Popen([sys.executable, "-c", MAINTAINER, database])
    wait_until_it_runs(bare, child)
    child.send_signal(signal.SIGKILL)
    child.wait()
    done = maintain_chosen(database, ["slow"], 60, quiet)
    assert done.closed == ("slow",)
    assert [state for _, state, _ in runs(bare)] == ["failed", "done"]


def test_an_interrupted_run_is_closed_at_once(bare: Connection, database: str) -> None:
    add(bare, "slow", "SELECT pg_sleep(60)")
    child = subprocess.Popen([sys.executable, "-c", MAINTAINER, database], stderr=subprocess.DEVNULL)
    wait_until_it_runs(bare, child)
    child.send_signal(signal.SIGINT)
    child.wait(timeout=30)
    assert runs(bare) == [("slow", "failed", "Interrupted.")]


@pytest.fixture
def another_at_work(database: str) -> Iterator[None]:
    with polling(database, LOCK, lambda *_: None):
        yield


@pytest.mark.usefixtures("another_at_work")
def test_what_is_due_is_left_to_another_at_work_and_that_is_no_failure(command: Callable[..., Any]) -> None:
    done = command()
    assert done.exit_code == 0
    assert "another maintenance, at work since" in done.output
    assert json.loads(command("--json").stdout)["ran"] == []


@pytest.mark.usefixtures("another_at_work")
def test_who_asked_for_a_job_hears_who_is_at_work(database: str) -> None:
    with pytest.raises(MaintenanceBusy, match=f"{os.getpid()}") as caught:
        maintain_chosen(database, ["analyze-database"], 0, quiet)
    assert float(str(caught.value.fields["seconds"])) < 0.5


def test_two_at_once_run_each_job_once(bare: Connection, database: str) -> None:
    add(bare, "job", "SELECT pg_sleep(0.5)")
    both = [threading.Thread(target=maintain_due, args=(database, quiet)) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert len(runs(bare)) == 1


@pytest.fixture
def reader(database: str, connection: Connection) -> Iterator[str]:
    """URL of a role that may look at the jobs and no more."""
    name = f"reader_{os.getpid()}"
    connection.execute(f"CREATE ROLE {name} LOGIN")
    connection.execute(f"GRANT USAGE ON SCHEMA public TO {name}")
    connection.execute(f"GRANT SELECT ON maintenance_jobs, maintenance_runs TO {name}")
    yield f"postgresql://{name}@" + database.partition("@")[2]
    connection.execute(f"DROP OWNED BY {name}; DROP ROLE {name}")


def test_another_role_than_the_owner_runs_nothing_and_hears_who_may(reader: str, connection: Connection) -> None:
    with pytest.raises(MaintenanceForbidden, match=f"reader_.*Connect as {connection.info.user}"):
        maintain_due(reader, quiet)
    with pytest.raises(MaintenanceForbidden):
        maintain_chosen(reader, None, 0, quiet)
    connection.execute(f"REVOKE ALL ON SCHEMA public FROM reader_{os.getpid()}")
    with pytest.raises(MaintenanceForbidden):
        maintain_due(reader, quiet)


def test_who_may_read_the_jobs_may_list_them(reader: str, connection: Connection) -> None:
    assert len(plan(reader)[0]) >= 10
    connection.execute(f"REVOKE SELECT ON maintenance_runs FROM reader_{os.getpid()}")
    with pytest.raises(MaintenanceForbidden):
        plan(reader)


def test_statements_run_as_the_owner_of_the_jobs_even_for_a_superuser(bare: Connection, database: str) -> None:
    owner = f"owner_{os.getpid()}"
    bare.execute(f"CREATE ROLE {owner}")
    bare.execute(f"GRANT ALL ON SCHEMA public TO {owner}")
    for name in ("maintenance_jobs", "maintenance_runs"):
        bare.execute(f"ALTER TABLE {name} OWNER TO {owner}")
    bare.execute(f"ALTER FUNCTION collect_cron_runs() OWNER TO {owner}")
    add(bare, "who", "SELECT current_user")
    try:
        assert maintain_due(database, quiet).ran[0].message == f"SELECT 1 {owner}"
    finally:
        bare.execute(f"REASSIGN OWNED BY {owner} TO CURRENT_USER; DROP OWNED BY {owner}; DROP ROLE {owner}")


def test_a_persons_schedule_and_switch_outlive_a_new_release(connection: Connection) -> None:
    name = "analyze-database"
    changes = "schedule = '5 5 5 5 5', is_enabled = false, statement = 'SELECT 0'"
    connection.execute(f"UPDATE maintenance_jobs SET {changes} WHERE name = %s", (name,))
    connection.execute(shipped("sql", "routines", "maintenance_jobs.sql").read_bytes())
    found = connection.execute("SELECT schedule, is_enabled, statement FROM maintenance_jobs WHERE name = %s", (name,))
    assert found.fetchone() == ("5 5 5 5 5", False, "ANALYZE")


def test_old_runs_are_pruned(connection: Connection, database: str) -> None:
    maintain_chosen(database, ["analyze-database"], 0, quiet)
    set_back(connection, "91 days")
    maintain_chosen(database, ["prune-maintenance-runs"], 0, quiet)
    assert [name for name, _, _ in runs(connection)] == ["prune-maintenance-runs"]


def test_the_schema_needs_no_pg_cron(schema: Connection) -> None:
    (cron,) = schema.execute("SELECT count(*) FROM pg_namespace WHERE nspname = 'cron'").fetchone()
    assert cron == 0
    assert schema.execute("SELECT collect_cron_runs()").fetchone() == (0,)


def test_without_pg_cron_nothing_is_handed_over_and_the_reason_is_told(database: str) -> None:
    with pytest.raises(CronUnavailable, match=r"not installed on this server|can only create extension in"):
        hand_to_cron(database)


def test_the_seeds_own_way_to_pg_cron_fails_where_there_is_none_and_ours_only_says_so(connection: Connection) -> None:
    with pytest.raises(psycopg.errors.InvalidSchemaName):
        connection.execute("SELECT cron.schedule('vacuum-analyze-daily', '0 3 * * *', 'SELECT 1')")
    connection.execute(shipped("sql", "optional", "pg_cron.sql").read_bytes())


@pytest.mark.parametrize("brought", [True, False])
def test_the_private_server_loads_pg_cron_where_its_programs_bring_it(tmp_path: Path, brought: bool) -> None:
    programs = Binaries(tmp_path, (17, 0), "a test", frozenset({"pg_cron"} if brought else ()))
    settings = configuration(programs, tmp_path, 5432, tcp=False)
    assert ("pg_cron" in settings["shared_preload_libraries"]) is brought
    assert settings.get("cron.database_name") == ("'workbench'" if brought else None)


def test_an_unknown_job_is_refused_before_any_runs(connection: Connection, database: str) -> None:
    with pytest.raises(JobUnknown, match=r"'vacum'.*vacuum-prompt-history"):
        maintain_chosen(database, ["analyze-database", "vacum"], 0, quiet)
    assert runs(connection) == []


def test_the_command_line_ends_with_the_reason_and_code_1(bare: Connection, command: Callable[..., Any]) -> None:
    add(bare, "bad", "SELECT 1 / 0")
    done = command()
    assert isinstance(done.exception, MaintenanceFailed)
    assert done.exception.exit_code == 1
    assert "1 of 1 maintenance jobs failed. bad: division by zero." in str(done.exception)


def test_one_object_is_printed_for_a_program(bare: Connection, command: Callable[..., Any]) -> None:
    add(bare, "good", "SELECT 7")
    found = json.loads(command("--json").stdout)
    assert found["ran"][0].pop("seconds") >= 0
    assert found == {"ran": [{"name": "good", "state": "done", "message": "SELECT 1 7"}], "closed": [], "left_to": None}


def test_the_list_says_when_each_job_ran_and_when_it_is_due(bare: Connection, command: Callable[..., Any]) -> None:
    add(bare, "good", "SELECT 1")
    assert json.loads(command("--list", "--json").stdout)["jobs"][0]["due"] is True
    command()
    (job,) = json.loads(command("--list", "--json").stdout)["jobs"]
    assert (job["state"], job["ran_by"], job["due"]) == ("done", "workbench", False)
    assert "03:00" in command("--list").output


def test_only_one_thing_at_a_time_is_asked_for(command: Callable[..., Any]) -> None:
    assert "Give one of" in str(command("--all", "--list").exception)
    assert "Nothing is due" in (command("--all") and command()).output


def test_progress_names_the_job_at_work(bare: Connection, database: str) -> None:
    add(bare, "good", "SELECT 1")
    told: list[tuple[int, int, str]] = []
    maintain.maintain_due(database, lambda *said: told.append(said))
    assert told == [(0, 1, "good"), (1, 1, "")]


def test_a_connection_that_is_ended_leaves_no_run_open(bare: Connection, database: str) -> None:
    add(bare, "suicide", "SELECT pg_terminate_backend(pg_backend_pid())")
    with pytest.raises(Exception, match="the server went away"):
        maintain_due(database, quiet)
    with connect(database, autocommit=True) as again:
        again.execute("UPDATE maintenance_jobs SET statement = 'SELECT 1'")
        assert maintain_due(database, quiet).closed == ("suicide",)
