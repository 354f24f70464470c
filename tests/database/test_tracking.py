"""Runs, their owners and what is logged to them, on a real MLflow database."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import psycopg
import pytest
import rows
from matplotlib.figure import Figure
from psycopg import sql

from workbench.db.connection import Connection, with_database
from workbench.errors import RunUnknown
from workbench.jobs.sweep import sweep
from workbench.jobs.workspace import Workspace, open_tracker
from workbench.settings import Settings
from workbench.tracking.items import (
    DatasetItem,
    FileItem,
    Item,
    Metrics,
    Note,
    Params,
    Picture,
    TableItem,
    Tags,
    Title,
)
from workbench.tracking.runs import OWNER, Tracker, is_gone, this_process
from workbench.tracking.views import METRICS, TAG


@pytest.fixture(scope="module")
def tracker(server_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tracker]:
    name = f"t_{uuid.uuid4().hex[:16]}"
    settings = Settings(
        home=tmp_path_factory.mktemp("home"), mlflow_database_url=with_database(server_url, lambda _: name)
    )
    yield open_tracker(settings, server_url)
    with psycopg.connect(server_url, autocommit=True) as admin:
        admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def run_id(tracker: Tracker) -> str:
    return tracker.open("intent_classifier", "a run", {"dataset_version": "small"})


@pytest.fixture
def workspace(tracker: Tracker, database: str) -> Workspace:
    return Workspace(Settings(), database, tracker)


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    started = subprocess.Popen(["sleep", "600"])
    yield started
    started.kill()
    started.wait()


def identity(process: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch) -> str:
    """What ``this_process`` says in that process."""
    with monkeypatch.context() as other:
        other.setattr(os, "getpid", lambda: process.pid)
        return this_process()


# who owns a run


def test_a_run_without_an_id_is_opened_and_closed_by_who_claimed_it(workspace: Workspace, tracker: Tracker) -> None:
    run = workspace.claim("intent_classifier", "by hand")
    assert tracker.status(run.run_id) == "RUNNING"
    run.finish()
    assert tracker.status(run.run_id) == "FINISHED"


def test_a_run_whose_id_was_given_is_not_closed_by_who_got_it(workspace: Workspace, tracker: Tracker) -> None:
    given = tracker.open("intent_classifier", "from outside", {})
    workspace.claim("intent_classifier", "notebook", given).finish("FAILED")
    assert tracker.status(given) == "RUNNING"


def test_an_id_that_no_run_has_is_refused(workspace: Workspace) -> None:
    with pytest.raises(RunUnknown, match="workbench mlflow"):
        workspace.claim("intent_classifier", "notebook", "0" * 32)


def test_an_open_run_names_the_process_that_opened_it(tracker: Tracker, run_id: str) -> None:
    (found,) = [run for run in tracker.open_runs() if run.run_id == run_id]
    assert (found.name, found.owner) == ("a run", this_process())


def test_a_living_process_is_not_gone(child: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    assert not is_gone(this_process())
    assert not is_gone(identity(child, monkeypatch))


def test_an_ended_process_is_gone_even_before_it_is_reaped(
    child: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = identity(child, monkeypatch)
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert is_gone(owner)
    child.wait()
    assert is_gone(owner)


def test_a_process_that_got_the_pid_later_is_another() -> None:
    host, pid, started = this_process().rsplit(":", 2)
    assert is_gone(f"{host}:{pid}:{int(started) - 1}")


def test_of_another_machine_nobody_can_say() -> None:
    assert not is_gone(f"not-{socket.gethostname()}:1:1")


def test_the_sweep_closes_the_runs_of_dead_processes_only(
    workspace: Workspace, connection: Connection, child: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    tracker, dead = workspace.tracker, identity(child, monkeypatch)
    names = ("written", "unwritten", "alive")
    runs = {name: tracker.open("complexity_model", name, {}) for name in names}
    rows.model(connection, mlflow_run_id=runs["written"])
    for name in ("written", "unwritten"):
        tracker.log(runs[name], [Tags({OWNER: dead})])
    assert sweep(workspace) == []
    child.kill()
    child.wait()
    assert sorted(sweep(workspace)) == ["unwritten", "written"]
    assert [tracker.status(runs[name]) for name in names] == ["FINISHED", "FAILED", "RUNNING"]
    assert "ended" in tracker.tags(runs["unwritten"])["workbench.ended"]


# what is logged


def test_words_and_numbers_are_logged_and_come_back(tracker: Tracker, run_id: str) -> None:
    items: list[Item] = [Params({"C": 0.5, "long": "x" * 7000}), Metrics({"accuracy": 0.25}), Tags({"a": "b"})]
    tracker.log(run_id, [*items, Note("**good**"), Title("v1 small 0.250")])
    run = tracker.client.get_run(run_id)
    assert run.data.params == {"C": "0.5", "long": "x" * 6000}
    assert tracker.metrics(run_id) == {"accuracy": 0.25}
    assert tracker.tags(run_id).items() >= {"a": "b", "mlflow.note.content": "**good**"}.items()
    assert run.info.run_name == "v1 small 0.250"


def test_a_metric_logged_again_is_one_value(tracker: Tracker, run_id: str) -> None:
    tracker.log(run_id, [Metrics({"accuracy": 0.25, "macro_f1": 0.5})] * 2)
    assert [point.value for point in tracker.client.get_metric_history(run_id, "accuracy")] == [0.25]


def test_figures_and_files_lie_in_their_folders(tracker: Tracker, run_id: str, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("<p>")
    tracker.log(run_id, [Picture("figures/empty.png", Figure()), FileItem(page, "notebooks")])
    found = {item.path for folder in ("figures", "notebooks") for item in tracker.client.list_artifacts(run_id, folder)}
    assert found == {"figures/empty.png", "notebooks/page.html"}


def test_a_table_comes_back_and_is_marked_once_as_one(tracker: Tracker, run_id: str, tmp_path: Path) -> None:
    frame = pd.DataFrame({"label": ["a", "b"], "f1": [0.5, 1.0]})
    tracker.log(run_id, [TableItem("per_class.json", frame), TableItem("other.json", frame)] * 2)
    found = json.loads(tracker.read_table(run_id, "per_class.json", tmp_path))
    assert found == {"columns": ["label", "f1"], "data": [["a", 0.5], ["b", 1.0]]}
    marked = json.loads(tracker.tags(run_id)["mlflow.loggedArtifacts"])
    assert marked == [{"path": name, "type": "table"} for name in ("per_class.json", "other.json")]


def test_both_splits_of_a_dataset_are_named(tracker: Tracker, run_id: str) -> None:
    parts = [("small/train", "training"), ("small/test", "testing")]
    tracker.log(run_id, [DatasetItem(name, "d" * 64, "rows", context, 3, ("a",)) for name, context in parts])
    inputs = tracker.client.get_run(run_id).inputs.dataset_inputs
    assert {(found.dataset.name, found.tags[0].value) for found in inputs} == set(parts)


# where it is kept


def test_an_experiment_is_made_once_and_opens_in_the_reviewers_view(tracker: Tracker) -> None:
    assert tracker.experiment("technique_selector") == tracker.experiment("technique_selector")
    found = tracker.client.get_experiment_by_name("technique_selector")
    assert found.tags["mlflow.experimentKind"] == "custom_model_development"
    columns = json.loads(found.tags[TAG])["selectedColumns"]
    assert {f"metrics.`{name}`" for name in METRICS["technique_selector"]} < set(columns)


def test_a_view_of_an_earlier_version_is_renewed_and_leaves_the_trials_out(tracker: Tracker) -> None:
    identity = tracker.experiment("intent_classifier")
    tracker.client.set_experiment_tag(identity, TAG, json.dumps({"selectedColumns": []}))
    tracker.experiment("intent_classifier")
    view = json.loads(tracker.client.get_experiment(identity).tags[TAG])
    model, trial = (tracker.open("intent_classifier", "a run", tags) for tags in ({}, {"workbench.trial": "0"}))
    shown = {run.info.run_id for run in tracker.client.search_runs([identity], view["searchFilter"])}
    assert model in shown
    assert trial not in shown
    assert view["selectedColumns"]


def test_nothing_is_kept_outside_the_home(tracker: Tracker) -> None:
    tracker.experiment("complexity_model")
    places = {experiment.artifact_location for experiment in tracker.client.search_experiments()}
    assert all(place.startswith(tracker.artifacts.as_uri()) for place in places), places
