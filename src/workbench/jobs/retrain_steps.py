"""The notebooks of a retraining, each until it succeeds or trying again makes no sense."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from workbench.db.connection import Connection, connect
from workbench.db.owners import identity, this_process
from workbench.errors import NotebookFailed, RetrainLost
from workbench.jobs import notebook
from workbench.jobs.patience import patiently, wait_for_database
from workbench.jobs.retrain_guard import Guard
from workbench.jobs.retrain_plan import Plan, Step
from workbench.jobs.retrain_watch import Watch
from workbench.jobs.sweep import close
from workbench.jobs.workspace import Workspace
from workbench.store import retraining
from workbench.store.retraining import Attempt, Failure, State, StepRow
from workbench.tracking.items import FileItem, Item, Tags
from workbench.tracking.runs import PARENT, RETRAINING, Status

_IN_MLFLOW: dict[State, Status] = {"cancelled": "KILLED", "failed": "FAILED"}
# Where trying again may help; a notebook that raised would raise again.
RETRYABLE: tuple[Failure, ...] = ("dead kernel", "timeout", "database away")


@dataclass(frozen=True)
class Flight:
    """A retraining under way: ``run`` is its id, ``parent`` its run in MLflow, ``folder`` where its notebooks go."""

    workspace: Workspace
    plan: Plan
    run: str
    parent: str
    folder: Path
    guard: Guard
    watch: Watch
    tell: Callable[[str], None]

    def write(self, change: Callable[[Connection], bool]) -> None:
        """A change of the retraining's own rows, whatever the database goes through.

        Raises:
            RetrainLost: the row says otherwise; somebody else has closed it or works on it.
        """
        if not patiently(self.workspace, lambda: _committed(self.workspace.url, change)):
            raise RetrainLost(run=self.run, reason="it was closed or taken over")


def _committed(url: str, change: Callable[[Connection], bool]) -> bool:
    with connect(url) as connection:
        return change(connection)


def run_steps(flight: Flight) -> dict[str, str]:
    """Run what is not finished yet; the MLflow run of each notebook.

    Raises:
        NotebookFailed, RetrainCancelled, RetrainLost, DatabaseUnreachable
    """
    with connect(flight.workspace.url) as connection:
        finished = {row.notebook: row for row in retraining.steps(connection, flight.run) if row.state == "finished"}
    runs: dict[str, str] = {}
    kept: list[Future[None]] = []
    # A page takes as long to render as a kernel to start, so one is rendered while the other starts.
    with ThreadPoolExecutor(1) as keeper:
        for place, step in enumerate(flight.plan.steps, 1):
            row = finished.get(step.notebook)
            flight.tell(f"{place}/{len(flight.plan.steps)} {step.notebook}" + (", finished before" if row else ""))
            if row is None:
                runs[step.notebook], output = _until_done(flight, step)
            else:
                runs[step.notebook], output = row.mlflow_run_id, Path(row.output_path)
            kept.append(keeper.submit(_keep, flight, step, runs[step.notebook], output))
        for each in kept:
            each.result()
    return runs


def _until_done(flight: Flight, step: Step) -> tuple[str, Path]:
    retries = flight.workspace.settings.retrain_retries
    for again in range(retries + 1):
        try:
            return _try(flight, step)
        except NotebookFailed as exc:
            failure = exc.fields["failure"]
            if again == retries or failure not in RETRYABLE:
                raise
            flight.tell(f"{step.notebook} is tried again ({again + 1} of {retries}), since: {failure}. {exc}")
            if failure == "database away":
                wait_for_database(flight.workspace)
    raise AssertionError("the last try returns or raises")


def _try(flight: Flight, step: Step) -> tuple[str, Path]:
    flight.watch.check()
    patiently(flight.workspace, flight.guard.ensure)
    attempt, run_id, folder = _begin(flight, step)

    def told(pid: int) -> None:
        kernel = identity(pid)
        flight.watch.kernel_started(kernel)
        flight.write(lambda connection: retraining.kernel_started(connection, attempt, kernel))

    settings = flight.workspace.settings
    flight.watch.time_limit(settings.retrain_notebook_seconds)
    try:
        parameters = flight.plan.parameters(step, run_id)
        output = notebook.execute(step.notebook, parameters, folder, settings.retrain_cell_seconds, told)
    except NotebookFailed as exc:
        failed = _explained(flight, exc)
        _write_down(flight, step, attempt, run_id, failed)
        flight.watch.check()
        raise failed from exc
    finally:
        flight.watch.kernel_ended()
    flight.write(lambda connection: retraining.end_step(connection, attempt, "finished"))
    return run_id, output


def _begin(flight: Flight, step: Step) -> tuple[Attempt, str, Path]:
    """The run in MLflow first, then the row that names it; each attempt has a folder of its own."""
    number = 1 + len([row for row in _rows(flight) if row.notebook == step.notebook])
    attempt = Attempt(flight.run, step.notebook, number)
    folder = flight.folder if number == 1 else flight.folder / f"attempt-{number}"
    folder.mkdir(parents=True, exist_ok=True)
    run_id = patiently(flight.workspace, lambda: _open(flight, step)) if step.has_own_run else flight.parent
    output, source = str(folder / f"{step.notebook}.ipynb"), notebook.digest(step.notebook)
    flight.write(lambda it: retraining.begin_step(it, attempt, this_process(), run_id, output, source))
    return attempt, run_id, folder


def _rows(flight: Flight) -> list[StepRow]:
    def read() -> list[StepRow]:
        with connect(flight.workspace.url) as connection:
            return retraining.steps(connection, flight.run)

    return patiently(flight.workspace, read)


def _open(flight: Flight, step: Step) -> str:
    tags = {"dataset_version": flight.plan.version, PARENT: flight.parent, RETRAINING: flight.run}
    return flight.workspace.tracker.open(step.experiment, f"retrain {flight.plan.version}", tags)


def _explained(flight: Flight, exc: NotebookFailed) -> NotebookFailed:
    """Why a kernel died, where it was ended from here; and what an error says of an outage."""
    limit = flight.workspace.settings.retrain_notebook_seconds
    if flight.watch.verdict == "timeout":
        return NotebookFailed(**exc.fields | {"reason": f"it took longer than {limit} seconds.", "failure": "timeout"})
    if flight.watch.verdict == "lost":
        return NotebookFailed(**exc.fields | {"failure": "lost"})
    # Whatever the notebook made of it: the server went away meanwhile, and with it the session that held the lock.
    away = exc.fields["failure"] == "error" and not flight.guard.held()
    return NotebookFailed(**exc.fields | {"failure": "database away"}) if away else exc


def _write_down(flight: Flight, step: Step, attempt: Attempt, run_id: str, failed: NotebookFailed) -> None:
    """Why it failed, and what there is of it."""
    cancelled = flight.watch.verdict == "cancelled"
    state: State = "cancelled" if cancelled else "failed"
    failure: Failure | None = None if cancelled else failed.fields["failure"]  # type: ignore[assignment]
    text = str(failed)
    flight.write(lambda connection: retraining.end_step(connection, attempt, state, failure, text))
    items = [*_files(Path(str(failed.fields["output"]))), Tags({"workbench.error": text[:4000]})]
    patiently(flight.workspace, lambda: flight.workspace.tracker.log(run_id, items))
    if step.has_own_run:
        patiently(flight.workspace, lambda: close(flight.workspace.tracker, run_id, _IN_MLFLOW[state]))


def _keep(flight: Flight, step: Step, run_id: str, output: Path) -> None:
    """The executed notebook and its page into the run; a run of the step's own is finished with that."""
    workspace = flight.workspace
    if output.name not in patiently(workspace, lambda: workspace.tracker.files(run_id, "notebooks")):
        notebook.render(output)
        patiently(workspace, lambda: workspace.tracker.log(run_id, _files(output)))
    if step.has_own_run:
        patiently(workspace, lambda: workspace.tracker.close(run_id, "FINISHED"))


def _files(output: Path) -> list[Item]:
    """The notebook and its page, as far as they are there."""
    found = [path for path in (output.with_suffix(".ipynb"), output.with_suffix(".html")) if path.is_file()]
    return [FileItem(path, "notebooks") for path in found if path.stat().st_size]
