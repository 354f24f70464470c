"""Close what belongs to processes that have ended without closing it: retrainings, and runs in MLflow."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from workbench.db.connection import Connection, connect
from workbench.db.locks import waiting
from workbench.db.owners import application_name, end, this_process
from workbench.errors import AliasNotMoved
from workbench.jobs.aliases import follow
from workbench.jobs.retrain_guard import at_work
from workbench.jobs.workspace import Workspace
from workbench.store import performance, retraining
from workbench.store.retraining import OPEN, Attempt, Failure, RetrainRun, State
from workbench.tracking.items import Tags
from workbench.tracking.leftovers import abandon_models
from workbench.tracking.runs import OpenRun, Status, Tracker, is_gone

# Held by whoever sweeps, and by whoever takes over a retraining that was swept: the two must not mix.
SWEEPING = "workbench.retrain.sweep"
ENDED = "Its process ended without closing it."


def sweep(workspace: Workspace) -> list[str]:
    """FINISHED where the results stand in the database, FAILED where they do not; the names of the runs closed.

    A retraining whose process has ended failed, unless somebody had cancelled it; it can be gone on with.
    """
    with waiting(workspace.url, SWEEPING):
        return sweep_alone(workspace)


def sweep_alone(workspace: Workspace) -> list[str]:
    """The same for whoever holds ``SWEEPING``."""
    with connect(workspace.url, autocommit=True) as connection:
        gone = [run for run in retraining.runs(connection, states=OPEN) if not at_work(run)]
        for run in gone:
            if run.cancel_asked:
                close_retraining(connection, run, "cancelled", None, ENDED)
            else:
                close_retraining(connection, run, "failed", "interrupted", ENDED)
    lost = {run.id for run in gone}
    orphans = [run for run in workspace.tracker.open_runs() if is_gone(run.owner) or run.retraining in lost]
    close_as_written(workspace, orphans)
    with suppress(AliasNotMoved):  # `workbench models verify` tells of it
        follow(workspace)
    return [run.name for run in orphans]


def close_of(workspace: Workspace, retrain_run: str) -> None:
    """Close what this process still has open in MLflow of a retraining that has ended, and what its kernels left."""
    with connect(workspace.url) as connection:
        kernels = {step.kernel for step in retraining.steps(connection, retrain_run)}
    known = workspace.tracker.open_runs()
    own = [run for run in known if run.retraining == retrain_run]
    left = [run for run in known if run.owner in kernels and run not in own and is_gone(run.owner)]
    close_as_written(workspace, [*own, *left])


def close_as_written(workspace: Workspace, orphans: Sequence[OpenRun]) -> None:
    """MLflow says what PostgreSQL says of each run."""
    ids = [run.run_id for run in orphans]
    with connect(workspace.url) as connection:
        written = performance.runs_written(connection, ids) | retraining.finished_mlflow_runs(connection, ids)
        cancelled = retraining.cancelled(connection, [run.retraining for run in orphans])
    for run in orphans:
        missed: Status = "KILLED" if run.retraining in cancelled else "FAILED"
        status = "FINISHED" if run.run_id in written else missed
        if is_gone(run.owner):
            bury(workspace.tracker, run.run_id, status)
        else:
            close(workspace.tracker, run.run_id, status)


def bury(tracker: Tracker, run_id: str, status: Status) -> None:
    """Close a run for a process that has ended."""
    tracker.log(run_id, [Tags({"workbench.ended": "its process ended without closing it"})])
    close(tracker, run_id, status)


def close(tracker: Tracker, run_id: str, status: Status) -> None:
    """Close a run; what it had half saved stays marked as that."""
    if status != "FINISHED":
        abandon_models(tracker, run_id)
    tracker.close(run_id, status)


def close_retraining(
    connection: Connection, run: RetrainRun, state: State, failure: Failure | None, error: str
) -> None:
    """Close it with its open notebooks, once nothing of it works on: not its kernel, which outlives its runner for a
    moment, nor the server for either."""
    open_steps = [step for step in retraining.steps(connection, run.id) if step.state == "running"]
    ended = [step.kernel for step in open_steps if step.kernel]
    for kernel in ended:
        end(kernel)
    ended += [] if run.owner == this_process() else [run.owner]
    retraining.wait_until_silent(connection, [application_name(owner) for owner in ended])
    for step in open_steps:
        attempt = Attempt(run.id, step.notebook, step.attempt)
        own = step.mlflow_run_id != run.mlflow_run_id
        if own and performance.runs_written(connection, [step.mlflow_run_id]):
            retraining.end_step(connection, attempt, "finished")
        else:
            retraining.end_step(connection, attempt, state, failure, error)
    retraining.end(connection, run.id, run.owner, state, failure, error)
