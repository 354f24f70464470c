"""`workbench doctor` on retrainings that nobody works on and schedules that nobody runs."""

from __future__ import annotations

import subprocess

import rows
from examined import finding

from workbench.db.connection import Connection
from workbench.db.owners import identity
from workbench.jobs.schedule import add, take_due
from workbench.store import retraining


def test_a_fresh_database_has_neither(connection: Connection) -> None:
    assert finding(connection, "retrainings").found == "none at work, none whose process has ended"
    assert finding(connection, "schedules").found == "none"


def test_a_retraining_whose_process_has_ended_is_a_problem(connection: Connection) -> None:
    with subprocess.Popen(["sleep", "600"]) as process:
        run = retraining.queue(connection, "v1", ["complexity_model"], "person", "a test", identity(process.pid))
        found = finding(connection, "retrainings")
        assert (found.state, found.found) == ("ok", "1 retraining at work, none whose process has ended")
        process.kill()
    found = finding(connection, "retrainings")
    assert found.state == "problem"
    assert f"{run[:8]} (complexity_model on v1)" in found.found
    assert "--sweep" in found.advice


def test_a_schedule_that_nobody_runs_is_a_problem_after_a_day(connection: Connection, database: str) -> None:
    rows.training(connection)
    add(database, "nightly", "0 * * * *", "UTC", "v1", ["complexity"], ["new-rows"])
    connection.execute("UPDATE schedules SET added_at = now() - interval '20 hours'")
    assert finding(connection, "schedules").found == "none of 1 is late"
    connection.execute("UPDATE schedules SET added_at = now() - interval '26 hours'")
    found = finding(connection, "schedules")
    assert (found.state, found.found) == ("problem", "nobody took their time for over a day: nightly")
    take_due(database)
    assert finding(connection, "schedules").state == "ok"
