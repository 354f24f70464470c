"""Runs in MLflow: opened and closed by the process that owns them, filled by anybody who knows the id.

Only the client API is used, never an active run: a run that is "active" in a notebook's kernel would be closed as
FINISHED when that kernel ends, however it ends.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from mlflow import MlflowClient
from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, RunTag
from mlflow.exceptions import MlflowException
from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

from workbench.db.owners import is_gone as is_gone
from workbench.db.owners import this_process as this_process
from workbench.errors import RunUnknown
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
from workbench.tracking.views import view_tags

Status = Literal["RUNNING", "FINISHED", "FAILED", "KILLED"]
EXPERIMENT_TAGS = {"mlflow.experimentKind": "custom_model_development"}
OWNER = "workbench.owner"
PARENT = "mlflow.parentRunId"
RETRAINING = "workbench.retraining"
LOGGED_ARTIFACTS = "mlflow.loggedArtifacts"
LONGEST_PARAM = 6000
for noisy in ("alembic", "mlflow.store.db.utils"):
    logging.getLogger(noisy).setLevel(logging.ERROR)


@dataclass(frozen=True)
class OpenRun:
    """A run that is stored as RUNNING, with the process that claimed it (see ``this_process``). ``retraining`` is the
    one that it belongs to, empty where there is none."""

    run_id: str
    name: str
    owner: str
    retraining: str


@dataclass(frozen=True)
class ChildRun:
    run_id: str
    status: Status
    owner: str
    tags: Mapping[str, str]
    metrics: Mapping[str, float]


def prepare(uri: str, artifacts: Path) -> None:
    """Make MLflow's tables where they are missing; one process at a time may. Runs that somebody logs to no experiment
    of theirs keep their files below ``artifacts`` too, not in the working directory."""
    SqlAlchemyStore(uri, artifacts.as_uri())


class Tracker:
    """``uri`` is a database URL for SQLAlchemy, ``artifacts`` the folder of all artifacts."""

    def __init__(self, uri: str, artifacts: Path) -> None:
        self.uri = uri
        self.artifacts = artifacts
        self.client = MlflowClient(tracking_uri=uri, registry_uri=uri)

    def experiment(self, name: str) -> str:
        """The id of an experiment, made on first use and marked as model training for the dashboard."""
        found = self.client.get_experiment_by_name(name)
        if found is not None:
            self._renew_view(found)
            return str(found.experiment_id)
        location = (self.artifacts / name).as_uri()
        try:
            return str(self.client.create_experiment(name, location, EXPERIMENT_TAGS | view_tags(name)))
        except MlflowException:
            return str(self.client.get_experiment_by_name(name).experiment_id)

    def _renew_view(self, experiment: Any) -> None:
        """The view of an experiment that an earlier version of the workbench made."""
        for key, value in view_tags(experiment.name).items():
            if experiment.tags.get(key) != value:
                self.client.set_experiment_tag(experiment.experiment_id, key, value)

    def open(self, experiment: str, name: str, tags: dict[str, str]) -> str:
        """A new run, RUNNING, claimed by this process."""
        return self.open_in(self.experiment(experiment), name, tags)

    def open_in(self, experiment_id: str, name: str, tags: dict[str, str]) -> str:
        owner = {OWNER: this_process(), "mlflow.source.name": "workbench"}
        run = self.client.create_run(experiment_id, run_name=name, tags=tags | owner)
        return str(run.info.run_id)

    def close(self, run_id: str, status: Status) -> None:
        self.client.set_terminated(run_id, status)

    def reopen(self, run_id: str) -> None:
        """A closed run is RUNNING again, claimed by this process."""
        self.client.set_tag(run_id, OWNER, this_process())
        self.client.update_run(run_id, "RUNNING")

    def status(self, run_id: str) -> Status:
        """
        Raises:
            RunUnknown
        """
        status: Status = self._run(run_id).info.status
        return status

    def experiment_of(self, run_id: str) -> str:
        return str(self._run(run_id).info.experiment_id)

    def tags(self, run_id: str) -> dict[str, str]:
        return dict(self._run(run_id).data.tags)

    def metrics(self, run_id: str) -> dict[str, float]:
        return dict(self._run(run_id).data.metrics)

    def parameters(self, run_id: str) -> dict[str, str]:
        return dict(self._run(run_id).data.params)

    def open_runs(self) -> list[OpenRun]:
        """Every run of the workbench's experiments that is stored as RUNNING."""
        experiments = [e.experiment_id for e in self.client.search_experiments()]
        found = self.client.search_runs(experiments, "attributes.status = 'RUNNING'") if experiments else []
        return [_open_run(run) for run in found if OWNER in run.data.tags]

    def children(self, parent: str, experiment_id: str) -> list[ChildRun]:
        """The runs nested in ``parent`` in that experiment, the newest thousand."""
        found = self.client.search_runs([experiment_id], f"tags.`{PARENT}` = '{parent}'")
        return [_child(run) for run in found]

    def _run(self, run_id: str) -> Any:
        try:
            return self.client.get_run(run_id)
        except MlflowException as exc:
            raise RunUnknown(run_id=run_id) from exc

    def log(self, run_id: str, items: Iterable[Item]) -> None:
        """Send ``items`` to the run, in order. Logging an item again replaces it."""
        for item in items:
            self._log(run_id, item)

    def _log(self, run_id: str, item: Item) -> None:
        client = self.client
        match item:
            case Params(values):
                params = [Param(name, str(value)[:LONGEST_PARAM]) for name, value in values.items()]
                client.log_batch(run_id, params=params)
            case Metrics(values, model_id):
                metrics = [Metric(name, float(value), 0, 0, model_id) for name, value in values.items()]
                client.log_batch(run_id, metrics=metrics)
            case Tags(values):
                client.log_batch(run_id, tags=[RunTag(name, value) for name, value in values.items()])
            case Title(text):
                client.update_run(run_id, name=text)
            case Note(markdown):
                client.set_tag(run_id, "mlflow.note.content", markdown)
            case Picture(path, figure):
                client.log_figure(run_id, figure, path)
            case TableItem(path, frame):
                client.log_text(run_id, json.dumps(json.loads(frame.to_json(orient="split", index=False))), path)
                self._mark_table(run_id, path)
            case FileItem(local, folder):
                client.log_artifact(run_id, str(local), folder)
            case DatasetItem():
                client.log_inputs(run_id, [_dataset_input(item)])

    def _mark_table(self, run_id: str, path: str) -> None:
        """Without this mark the dashboard shows the bare JSON."""
        known = json.loads(self.tags(run_id).get(LOGGED_ARTIFACTS, "[]"))
        mark = {"path": path, "type": "table"}
        if mark not in known:
            self.client.set_tag(run_id, LOGGED_ARTIFACTS, json.dumps([*known, mark]))

    def files(self, run_id: str, folder: str) -> set[str]:
        """Names of the files that were logged into ``folder`` of the run."""
        return {Path(file.path).name for file in self.client.list_artifacts(run_id, folder)}

    def read_table(self, run_id: str, path: str, into: Path) -> str:
        """The JSON text of a table that was logged as ``path``; ``into`` is a scratch folder.

        Raises:
            RunUnknown: no such run, or it has no such table.
        """
        try:
            return Path(self.client.download_artifacts(run_id, path, str(into))).read_text(encoding="utf-8")
        except (MlflowException, OSError) as exc:
            raise RunUnknown(run_id=f"{run_id} with {path}") from exc


def _open_run(run: Any) -> OpenRun:
    tags = run.data.tags
    name, retraining = str(tags.get("mlflow.runName", "")), str(tags.get(RETRAINING, ""))
    return OpenRun(run.info.run_id, name, tags[OWNER], retraining)


def _child(run: Any) -> ChildRun:
    tags = run.data.tags
    return ChildRun(run.info.run_id, run.info.status, tags.get(OWNER, ""), dict(tags), dict(run.data.metrics))


def _dataset_input(item: DatasetItem) -> DatasetInput:
    schema = json.dumps({"mlflow_colspec": [{"name": name, "type": "string"} for name in item.columns]})
    dataset = Dataset(
        name=item.name,
        digest=item.digest[:8],
        source_type="workbench",
        source=json.dumps({"source": item.source, "sha256": item.digest}),
        schema=schema,
        profile=json.dumps({"num_rows": item.rows}),
    )
    return DatasetInput(dataset, [InputTag("mlflow.data.context", item.context)])
