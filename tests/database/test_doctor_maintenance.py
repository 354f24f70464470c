"""`workbench doctor` on the maintenance jobs and on changes that somebody made to the schema by hand."""

from __future__ import annotations

import pytest
from examined import finding

from workbench.db.connection import Connection
from workbench.jobs.maintain import maintain_chosen, maintain_due


def quiet(done: int, total: int, what: str) -> None:
    pass


def test_a_fresh_database_owes_nothing(connection: Connection) -> None:
    found = finding(connection, "maintenance")
    assert (found.state, found.found) == ("ok", "no job failed and none is late")


def test_a_job_that_failed_is_a_problem_until_it_succeeds(connection: Connection, database: str) -> None:
    name = "prune-maintenance-runs"
    connection.execute("UPDATE maintenance_jobs SET statement = 'SELECT 1 / 0' WHERE name = %s", [name])
    maintain_chosen(database, [name], 0, quiet)
    found = finding(connection, "maintenance")
    assert found.state == "problem"
    assert found.found.startswith(f"{name} failed at ")
    assert found.found.endswith(": division by zero")
    assert f"`workbench maintain --job {name}`" in found.advice
    connection.execute("UPDATE maintenance_jobs SET statement = 'SELECT 1' WHERE name = %s", [name])
    maintain_chosen(database, [name], 0, quiet)
    assert finding(connection, "maintenance").state == "ok"


def test_jobs_that_nobody_runs_are_a_problem_until_somebody_does(connection: Connection, database: str) -> None:
    connection.execute("UPDATE schema_migrations SET applied_at = now() - INTERVAL '3 days'")
    found = finding(connection, "maintenance")
    assert found.state == "problem"
    assert "did not run, though the time came over a day ago: " in found.found
    assert " archive-old-prompts; " in found.found
    assert "Run `workbench maintain` now" in found.advice
    maintain_due(database, quiet)
    assert finding(connection, "maintenance").state == "ok"


def test_jobs_that_pg_cron_has_and_does_not_run_are_sought_there(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.store.maintenance.handed_to_cron", lambda _: 10)
    connection.execute("UPDATE schema_migrations SET applied_at = now() - INTERVAL '3 days'")
    assert "cron.job_run_details" in finding(connection, "maintenance").advice


def test_a_job_that_is_switched_off_is_noted_and_never_late(connection: Connection) -> None:
    connection.execute("UPDATE schema_migrations SET applied_at = now() - INTERVAL '300 days'")
    connection.execute("UPDATE maintenance_jobs SET is_enabled = false")
    found = finding(connection, "maintenance")
    assert found.state == "note"
    assert found.found.startswith("switched off: ")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("ALTER TABLE users DISABLE ROW LEVEL SECURITY", "- table users: "),
        ("ALTER TABLE techniques ADD COLUMN odd TEXT", "+ table techniques: column odd "),
        ("DROP INDEX idx_techniques_created_by", "- table techniques: index idx_techniques_created_by"),
        ("ALTER FUNCTION current_app_user() SECURITY DEFINER", "function current_app_user()"),
    ],
)
def test_a_schema_that_was_changed_by_hand_is_a_problem(connection: Connection, change: str, said: str) -> None:
    assert finding(connection, "schema").found == "as in sql/"
    connection.execute(change)
    found = finding(connection, "schema")
    assert found.state == "problem"
    assert said in found.found


def test_a_table_of_somebody_else_is_only_noted(connection: Connection) -> None:
    connection.execute("CREATE TABLE my_notes (note TEXT)")
    found = finding(connection, "schema")
    assert (found.state, found.found) == ("note", "as in sql/; beside it: table my_notes")


def test_a_schema_that_is_behind_is_not_compared(connection: Connection) -> None:
    connection.execute("UPDATE schema_migrations SET digest = 'other' WHERE kind = 'routine'")
    assert finding(connection, "schema").state == "note"
