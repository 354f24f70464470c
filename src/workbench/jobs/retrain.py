"""Run the notebooks in order. This process, outside every kernel, owns the state of every run."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from workbench.db.connection import connect
from workbench.db.locks import polling
from workbench.errors import NotebookFailed, RetrainBusy
from workbench.jobs import data
from workbench.jobs.describe import best_baseline
from workbench.jobs.embed import Embedded, fill_all
from workbench.jobs.encoder import find_encoder
from workbench.jobs.notebook import check_parameters, execute, render
from workbench.jobs.sweep import sweep
from workbench.jobs.workspace import Workspace
from workbench.records import SHORT_NAMES, ModelType
from workbench.store import effectiveness, performance
from workbench.store.performance import ModelRow
from workbench.tracking.items import FileItem, Item, Note, Tags
from workbench.tracking.runs import Status

LOCK = "workbench.retrain"
PARENT = "retraining"
EFFECTIVENESS = "technique_effectiveness"


@dataclass(frozen=True)
class Step:
    """A notebook and the experiment of its run; steps without one of their own log to the parent run."""

    notebook: str
    experiment: str


TRAINING: dict[ModelType, Step] = {
    "intent_classifier": Step("02_train_intent_classifier", "intent_classifier"),
    "complexity_model": Step("03_train_complexity_model", "complexity_model"),
    "technique_selector": Step("04_train_technique_selector", "technique_selector"),
}
EXPLORE = Step("01_explore_training_data", PARENT)
ESTIMATE = Step("05_estimate_effectiveness", EFFECTIVENESS)
COMPARE = Step("06_compare_and_promote", PARENT)


@dataclass(frozen=True)
class Retrained:
    """``models`` are the rows written, in the order trained; ``runs`` the MLflow run of each notebook."""

    version: str
    folder: Path
    run_id: str
    models: tuple[ModelRow, ...]
    runs: dict[str, str]
    effectiveness_rows: int
    embedded: Embedded
    swept: tuple[str, ...]
    seconds: float


def steps_for(models: Sequence[str], has_history: bool) -> list[Step]:
    """All six notebooks for all models; effectiveness where the selector is trained and there is history to learn
    from."""
    chosen = [SHORT_NAMES[name] for name in SHORT_NAMES if name in models]
    estimate = [ESTIMATE] if has_history and "technique_selector" in chosen else []
    return [EXPLORE, *(TRAINING[model] for model in chosen), *estimate, COMPARE]


def retrain(
    workspace: Workspace, version: str, models: Sequence[str], wait_seconds: float, tell: Callable[[str], None]
) -> Retrained:
    """Embed, run the notebooks, keep what they made.

    Raises:
        RetrainBusy: another retraining held the lock for ``wait_seconds``.
        NotebookFailed: that notebook's run and the parent run are FAILED; what it had not written back is not there.
    """

    told: list[str] = []

    def refused(waited: float, who: str, since: str) -> None:
        if not told:
            told.append(who)
            tell(f"waiting for another retraining ({who}, since {since}) …")
        if waited >= wait_seconds:
            raise RetrainBusy(who=who, since=since, seconds=waited)

    started = time.perf_counter()
    with polling(workspace.url, LOCK, refused):
        swept = sweep(workspace)
        data.check_known(workspace.url, version)
        tell("embedding what is new …")
        embedded = fill_all(workspace.url, find_encoder(workspace.settings), version)
        run_id = workspace.tracker.open(PARENT, f"retrain {version}", {"dataset_version": version})
        folder = _folder(workspace, run_id)
        try:
            runs = _run_steps(workspace, version, models, run_id, folder, tell)
        except BaseException:
            workspace.tracker.close(run_id, "FAILED")
            sweep(workspace)  # a killed kernel leaves the runs of its trials
            raise
        rows = _rows(workspace, runs)
        workspace.tracker.log(run_id, [Note(summary(version, rows))])
        workspace.tracker.close(run_id, "FINISHED")
    estimated = _estimated(workspace, runs)
    seconds = time.perf_counter() - started
    return Retrained(version, folder, run_id, rows, runs, estimated, embedded, tuple(swept), seconds)


def _folder(workspace: Workspace, run_id: str) -> Path:
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    folder = workspace.settings.runs / f"{stamp}-{run_id[:8]}"
    folder.mkdir(parents=True)
    return folder


def _run_steps(
    workspace: Workspace,
    version: str,
    models: Sequence[str],
    parent: str,
    folder: Path,
    tell: Callable[[str], None],
) -> dict[str, str]:
    with connect(workspace.url) as connection:
        steps = steps_for(models, effectiveness.has_outcomes(connection))
    chosen = ",".join(models)
    for step in steps:
        check_parameters(step.notebook, _parameters(step, version, chosen, parent))
    runs: dict[str, str] = {}
    # A page takes as long to render as a kernel to start, so one is rendered while the other starts.
    with ThreadPoolExecutor(1) as keeper:
        kept = []
        for place, step in enumerate(steps, 1):
            tell(f"{place}/{len(steps)} {step.notebook}")
            runs[step.notebook], notebook = _run_step(workspace, step, version, chosen, parent, folder)
            kept.append(keeper.submit(_keep, workspace, step, runs[step.notebook], notebook))
        for each in kept:
            each.result()
    return runs


def _parameters(step: Step, version: str, models: str, run_id: str) -> dict[str, str]:
    parameters = {"dataset_version": version, "run_id": run_id}
    return parameters | ({"models": models} if step == COMPARE else {})


def _run_step(
    workspace: Workspace, step: Step, version: str, models: str, parent: str, folder: Path
) -> tuple[str, Path]:
    tracker = workspace.tracker
    tags = {"dataset_version": version, "mlflow.parentRunId": parent}
    own = step.experiment != PARENT
    run_id = tracker.open(step.experiment, f"retrain {version}", tags) if own else parent
    try:
        notebook = execute(step.notebook, _parameters(step, version, models, run_id), folder)
    except BaseException as exc:
        if isinstance(exc, NotebookFailed):
            tracker.log(run_id, [*_kept(folder, step.notebook), Tags({"workbench.error": str(exc)[:4000]})])
        if own:
            tracker.close(run_id, "FAILED")
        raise
    return run_id, notebook


def _keep(workspace: Workspace, step: Step, run_id: str, notebook: Path) -> None:
    """The executed notebook and its page into the run; a run of the step's own is finished with that."""
    status: Status = "FAILED"
    try:
        files = [path for path in (notebook, render(notebook)) if path]
        workspace.tracker.log(run_id, [FileItem(path, "notebooks") for path in files])
        status = "FINISHED"
    finally:
        if step.experiment != PARENT:
            workspace.tracker.close(run_id, status)


def _kept(folder: Path, notebook: str) -> list[Item]:
    found = sorted(path for path in folder.glob(f"{notebook}.*") if path.suffix in {".ipynb", ".html"})
    return [FileItem(path, "notebooks") for path in found]


def _rows(workspace: Workspace, runs: dict[str, str]) -> tuple[ModelRow, ...]:
    with connect(workspace.url) as connection:
        found = [performance.of_run(connection, runs[s.notebook]) for s in TRAINING.values() if s.notebook in runs]
    return tuple(row for row in found if row is not None)


def _estimated(workspace: Workspace, runs: dict[str, str]) -> int:
    if ESTIMATE.notebook not in runs:
        return 0
    with connect(workspace.url) as connection:
        return effectiveness.rows_of_run(connection, runs[ESTIMATE.notebook])


def summary(version: str, rows: Sequence[ModelRow]) -> str:
    """The Markdown description of the parent run."""
    lines = [f"## Retraining on `{version}`", ""]
    lines += ["| model | version | accuracy | best baseline | live |", "|---|---|---|---|---|"]
    for row in rows:
        accuracy, best = row.metrics["accuracy"], best_baseline(row.metrics["baselines"])[1]
        live = "yes" if row.is_active else "no"
        lines.append(f"| {row.model_type} | {row.model_version} | {accuracy:.3f} | {best:.3f} | {live} |")
    return "\n".join(lines)
