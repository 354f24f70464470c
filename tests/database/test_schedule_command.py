"""`workbench schedule` and those verbs of `workbench retrain` that start no kernel, for persons and programs."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import rows
from click.testing import CliRunner, Result

from workbench.cli.main import cli
from workbench.db.connection import Connection
from workbench.db.owners import this_process
from workbench.errors import DatasetUnknown, MisuseError, RetrainUnknown, ScheduleUnknown
from workbench.jobs.schedule import take_due
from workbench.store import retraining

PAGE = (Path(__file__).parents[2] / "docs" / "json.md").read_text(encoding="utf-8")
ADD = ("schedule", "add", "nightly", "--cron", "0 3 * * *", "--dataset-version", "v1", "--models", "complexity,intent")


@pytest.fixture(autouse=True)
def there(database: str, connection: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows.training(connection, is_validated=True)
    monkeypatch.setenv("WORKBENCH_DATABASE_URL", database)
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path))


def call(*words: str) -> Result:
    return CliRunner().invoke(cli, [*words])


def answer(*words: str) -> dict[str, Any]:
    done = call(*words, "--json")
    assert done.exit_code == 0, done.output
    return dict(json.loads(done.stdout))


def promised(heading: str) -> set[str]:
    """Every word in the table of a section that stands as code."""
    (section,) = [part for part in PAGE.split("\n## ") if part.startswith(heading)]
    return set(re.findall(r"`(\w+)`", section))


def test_a_schedule_is_added_listed_looked_at_and_removed(database: str, connection: Connection) -> None:
    added = answer(*ADD, "--timezone", "Europe/Berlin", "--trigger", "new-rows=9")
    assert (added["models"], added["triggers"]) == (["intent", "complexity"], {"new-rows": 9.0})
    connection.execute("UPDATE schedules SET added_at = now() - interval '2 days'")
    taken = answer("schedule", "run", "--once")
    ((one,), left_to) = taken["taken"], taken["left_to"]
    assert (one["schedule"], one["state"], left_to) == ("nightly", "idle", None)
    (listed,) = answer("schedule", "list")["schedules"]
    assert listed["last"]["state"] == "idle"
    assert [each["why"] for each in listed["evaluations"]] == [one["evaluations"][0]["why"]]
    assert answer("schedule", "remove", "nightly") == {"removed": "nightly"}
    assert answer("schedule", "list")["schedules"] == []


def test_what_programs_get_is_documented(connection: Connection) -> None:
    added = answer(*ADD, "--trigger", "taxonomy")
    connection.execute("UPDATE schedules SET triggers = '{\"new-rows\": 9}', added_at = now() - interval '2 days'")
    taken = answer("schedule", "run", "--once")
    listed = answer("schedule", "list")
    (one,) = listed["schedules"]
    known = promised("`workbench schedule list --json`")
    assert set(listed) | set(one) | set(added) | set(one["last"]) | set(one["evaluations"][0]) <= known
    (did,) = taken["taken"]
    assert set(taken) | set(did) | set(did["evaluations"][0]) <= promised("`workbench schedule run --once --json`")
    others = promised("`workbench schedule triggers --json`")
    triggers, installed = answer("schedule", "triggers"), answer("schedule", "install", "systemd")
    assert set(triggers) | set(triggers["triggers"][0]) | set(installed) <= others


def test_how_retrainings_stand_is_documented(connection: Connection) -> None:
    run = retraining.queue(connection, "v1", ["complexity_model"], "person", "a test", this_process())
    retraining.start(connection, run, this_process(), {})
    step = retraining.Attempt(run, "03_train_complexity_model", 1)
    retraining.begin_step(connection, step, this_process(), "m" * 32, "/", "0" * 64)
    (found,) = answer("retrain", "--status")["runs"]
    assert (found["id"], found["alive"], found["models"]) == (run, True, ["complexity"])
    assert set(found) | set(found["steps"][0]) <= promised("`workbench retrain --status --json`")


@pytest.mark.parametrize("words", [("schedule", "list"), ("retrain", "--status"), ("schedule", "triggers"), ADD])
def test_people_get_tables(words: tuple[str, ...], database: str, connection: Connection) -> None:
    if words != ADD:
        call(*ADD, "--trigger", "taxonomy")
        connection.execute("UPDATE schedules SET added_at = now() - interval '2 days'")
        take_due(database)
        retraining.queue(connection, "v1", ["complexity_model"], "person", "curiosity", this_process())
    said = call(*words).stdout
    wanted = {
        "list": "has not been retrained on yet",
        "--status": "curiosity",
        "triggers": "new-rows",
        "add": "nightly",
    }
    assert wanted[words[1]] in " ".join(said.replace("│", " ").split())


@pytest.mark.parametrize(
    ("words", "error", "said"),
    [
        (("retrain",), MisuseError, "--dataset-version is missing"),
        (("retrain", "--status", "--anew"), MisuseError, "Give one of --anew, --resume"),
        (("retrain", "--resume"), RetrainUnknown, "newest unfinished"),
        (("retrain", "--resume", "f00"), RetrainUnknown, "'f00' names no retrainings"),
        (("retrain", "--cancel", "f00"), RetrainUnknown, "--status"),
        (("schedule", "remove", "none"), ScheduleUnknown, "There are: none"),
        (("schedule", "run", "--once", "--on-notify"), MisuseError, "Give one of"),
        ((*ADD[:6], "nowhere"), DatasetUnknown, "Known: v1"),
        ((*ADD[:-1], "poetry"), MisuseError, "unknown model 'poetry'"),
    ],
)
def test_misuse_is_named_and_gives_2(words: tuple[str, ...], error: type[MisuseError], said: str) -> None:
    done = call(*words)
    assert isinstance(done.exception, error), done.output
    assert said in str(done.exception)
    assert error.exit_code == 2
