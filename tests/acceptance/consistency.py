"""What must hold of PostgreSQL, MLflow and the files whatever was killed: everything wrong, in words."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from workbench.db.connection import connect
from workbench.jobs.workspace import Workspace
from workbench.records import MODEL_TYPES
from workbench.store import retraining
from workbench.store.retraining import RetrainRun, StepRow
from workbench.tracking.models import file_of_version

MLFLOW_STATE = {"finished": "FINISHED", "failed": "FAILED", "cancelled": "KILLED"}
ROWS = """
    SELECT mlflow_run_id, model_type, model_name, model_version, is_active, artifact_sha256,
           accuracy IS NOT NULL AND metrics <> '{}' AND parameters IS NOT NULL AND precision_scores IS NOT NULL
    FROM ml_model_performance
"""


def wrongs(workspace: Workspace) -> list[str]:
    """Empty when all is well. Call it after the sweeper."""
    with connect(workspace.url) as connection:
        runs = retraining.runs(connection)
        steps = {run.id: retraining.steps(connection, run.id) for run in runs}
        rows = connection.execute(ROWS).fetchall()
    found = [*_retrainings(runs, steps), *_mlflow(workspace, runs, steps, rows), *_rows(workspace, runs, steps, rows)]
    return [*found, *_aliases(workspace, rows), *_files(runs, steps)]


def _retrainings(runs: list[RetrainRun], steps: dict[str, list[StepRow]]) -> Iterator[str]:
    for run in runs:
        if run.state in ("queued", "running"):
            yield f"retraining {run.id} is {run.state} for ever"
        done = Counter(step.notebook for step in steps[run.id] if step.state == "finished")
        if run.state == "finished" and sorted(done.items()) != [(name, 1) for name in sorted(_notebooks(run))]:
            yield f"retraining {run.id} is finished with {dict(done)}"
        for step in steps[run.id]:
            if step.state == "running":
                yield f"{step.notebook} of {run.id} runs for ever"


def _notebooks(run: RetrainRun) -> list[str]:
    own = {"complexity_model": "03_train_complexity_model", "intent_classifier": "02_train_intent_classifier"}
    return ["01_explore_training_data", *(own[model] for model in run.models), "06_compare_and_promote"]


def _mlflow(workspace: Workspace, runs: list[RetrainRun], steps: dict[str, list[StepRow]], rows: Any) -> Iterator[str]:
    client = workspace.tracker.client
    experiments = [experiment.experiment_id for experiment in client.search_experiments()]
    known = {run.info.run_id: run for run in client.search_runs(experiments, max_results=5000)}
    expected = {run.mlflow_run_id: MLFLOW_STATE[run.state] for run in runs if run.mlflow_run_id and run.finished_at}
    for run in runs:
        own = [step for step in steps[run.id] if step.mlflow_run_id != run.mlflow_run_id]
        expected |= {step.mlflow_run_id: MLFLOW_STATE.get(step.state, "RUNNING") for step in own}
    written = {row[0] for row in rows}
    for run_id, run in known.items():
        state = expected.get(run_id, "FAILED")  # what no row names was killed before it was named
        if run.info.status != state:
            yield f"MLflow run {run_id} ({run.info.run_name}) is {run.info.status}, expected {state}"
        trains = run.data.tags.get("model_type") in MODEL_TYPES
        if trains and (run.info.status == "FINISHED") != (run_id in written):
            yield f"MLflow run {run_id} is {run.info.status}, its row is {'there' if run_id in written else 'missing'}"
    for run_id in set(expected) - set(known):
        yield f"PostgreSQL names a run {run_id} that MLflow lacks"
    for run in runs:
        for step in steps[run.id] if run.state == "finished" else []:
            kept = workspace.tracker.files(step.mlflow_run_id, "notebooks")
            if step.state == "finished" and f"{step.notebook}.ipynb" not in kept:
                yield f"{step.notebook} of {run.id} is not in MLflow"
    for model in client.search_logged_models(experiments):
        if str(model.status) not in ("READY", "FAILED"):
            yield f"model {model.model_id} is {model.status}"


def _rows(workspace: Workspace, runs: list[RetrainRun], steps: dict[str, list[StepRow]], rows: Any) -> Iterator[str]:
    trained = [
        step.mlflow_run_id
        for run in runs
        for step in steps[run.id]
        if step.state == "finished" and step.mlflow_run_id != run.mlflow_run_id
    ]
    if sorted(trained) != sorted(row[0] for row in rows):
        yield f"{len(rows)} rows for {len(trained)} trained models"
    for run_id, _, name, version, _, digest, complete in rows:
        if not complete:
            yield f"the row of {run_id} is half-written"
        if hashlib.sha256(file_of_version(workspace.tracker, name, version).read_bytes()).hexdigest() != digest:
            yield f"the file of {name} {version} is another one"


def _aliases(workspace: Workspace, rows: Any) -> Iterator[str]:
    client = workspace.tracker.client
    written = {(name, str(version)) for _, _, name, version, *_ in rows}
    live = {name: str(version) for _, _, name, version, is_active, *_ in rows if is_active}
    for model in client.search_registered_models():
        aliases = {alias: str(version) for alias, version in model.aliases.items()}
        if model.name in MODEL_TYPES and aliases.get("champion") != live.get(model.name):
            yield f"champion of {model.name} is {aliases.get('champion')}, live is {live.get(model.name)}"
        challenger = aliases.get("challenger")
        if challenger is not None and (model.name, challenger) not in written:
            yield f"challenger of {model.name} is {challenger}, which has no row"
        if challenger is not None and challenger == aliases.get("champion"):
            yield f"{model.name} {challenger} challenges itself"


def _files(runs: list[RetrainRun], steps: dict[str, list[StepRow]]) -> Iterator[str]:
    places = Counter(step.output_path for run in runs for step in steps[run.id])
    for path, count in places.items():
        if count > 1:
            yield f"{path} was written {count} times"
    for run in runs:
        for step in steps[run.id]:
            if step.state == "finished" and run.state == "finished":
                yield from _output(Path(step.output_path))


def _output(path: Path) -> Iterator[str]:
    book = json.loads(path.read_text(encoding="utf-8"))
    errors = [o for cell in book["cells"] for o in cell.get("outputs", []) if o["output_type"] == "error"]
    if errors:
        yield f"{path} holds an error"
